// What is not needed on arrival. Each part comes when it is first used, and all of them in the quiet after the first
// view: then nothing waits for them, and the page works on while the server is gone.

import { Refusal } from "./api.js";
import { h } from "./dom.js";

/** Each part with the styles that it needs beside those of the document. */
const PARTS = {
	"views/running": "views",
	"views/board": "views",
	"views/today": "views",
	"views/queues": "views",
	"views/queue": "views",
	"views/tasks": "views",
	"views/task": "views",
	"views/sessions": "views",
	"views/scripts": "views",
	"views/settings": "views",
	"views/nowhere": "views",
	"review/changes": "task",
	"review/rounds": "task",
	forms: null,
	"verbs/add": null,
	"verbs/queues": null,
	"verbs/tasks": null,
};

const loaded = new Map();

/** A part that is there already. */
export const loadedPart = (name) => loaded.get(name);

/** Take a module that came on arrival as the part of this name. */
export const hasPart = (name, module) => loaded.set(name, module);

/** A part, as soon as it is there. */
export async function part(name) {
	if (!loaded.has(name)) {
		const [module] = await Promise.all([import(`./${name}.js`), PARTS[name] && styles(PARTS[name])]).catch(refuse);
		loaded.set(name, module);
	}
	return loaded.get(name);
}

const sheets = new Map();

/** Add styles to the page, once. */
function styles(name) {
	if (!sheets.has(name)) sheets.set(name, new Promise((resolve, reject) => addSheet(name, resolve, reject)));
	return sheets.get(name);
}

function addSheet(name, resolve, reject) {
	const sheet = h("link", { rel: "stylesheet", href: new URL(`./${name}.css`, import.meta.url) });
	sheet.addEventListener("load", resolve);
	sheet.addEventListener("error", (event) => {
		sheet.remove();
		sheets.delete(name); // so that it is tried again
		reject(event);
	});
	document.head.append(sheet);
}

function refuse(cause) {
	throw cause instanceof SyntaxError ? cause : new Refusal(0);
}

let coming = 0;

/** True while a part comes that was called. */
export const isComing = () => coming > 0;

/** A function of a part, which is loaded when it is first called. */
export const later =
	(name, verb) =>
	async (...given) => {
		coming += 1;
		const module = await part(name).finally(() => (coming -= 1));
		return module[verb](...given);
	};

const quiet = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve));

export async function loadInQuiet() {
	for (const name of Object.keys(PARTS)) {
		await quiet();
		await part(name).catch(() => {}); // it is asked for again when it is used
	}
}
