// The server's REST API. A refusal is thrown as an error with a message and a hint for the reader.

import { loadedFrom } from "./served.js";

const OFFLINE = { error: "offline", message: "The server does not answer.", hint: "Is it running? sparkq start" };

export class Refusal extends Error {
	constructor(status, body = OFFLINE) {
		super(body.message ?? OFFLINE.message);
		this.status = status;
		this.code = body.error ?? OFFLINE.error;
		this.hint = (this.code !== "wrong_state" && body.hint) || ""; // it names the verbs of workers too
		this.purged = body.purged ?? null;
	}
}

async function request(method, path, body, options = {}) {
	const response = await send(method, path, body, options);
	const answer = parsed(await response.text());
	if (!response.ok) throw new Refusal(response.status, answer);
	return answer;
}

/** Another project's server refuses a request that names the project of this page. */
const naming = () => (loadedFrom.project ? { "SparkQ-Project": loadedFrom.project } : {});

/** The timeline of a task says by which door each verdict was given. */
const DOOR = { "SparkQ-Door": "page" };

async function send(method, path, body, options) {
	try {
		return await fetch(`/api${path}`, {
			method,
			headers: method === "GET" ? naming() : { ...naming(), ...DOOR, "Content-Type": "application/json" },
			body: body === undefined ? undefined : JSON.stringify(body),
			...options,
		});
	} catch (error) {
		if (error.name === "AbortError") throw error;
		throw new Refusal(0);
	}
}

function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		return {};
	}
}

const asking = new Map();

/** Get an answer; those who ask the same at the same moment share it. */
export function get(path) {
	if (!asking.size) setTimeout(() => asking.clear());
	if (!asking.has(path)) asking.set(path, request("GET", path));
	return asking.get(path);
}

export const post = (path, body, options) => request("POST", path, body, options);
export const change = (path, body) => request("PATCH", path, body);
export const put = (path, body) => request("PUT", path, body);
export const remove = (path) => request("DELETE", path);

/** The query string of those values that are set: `?queue=backend&limit=50`, or nothing. */
export function query(values) {
	const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
	return set.length ? `?${new URLSearchParams(set)}` : "";
}

export const getQueues = (archived = false) =>
	get(`/queues${query({ include_archived: archived, include_instructions: false })}`);

/** Where a queue or a task is, in the API and behind the `#` of the page. */
export const queuePath = (name) => `/queues/${encodeURIComponent(name)}`;
export const taskPath = (id) => `/tasks/${encodeURIComponent(id)}`;
