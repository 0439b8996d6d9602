// All tasks: filters in the address, search, order; more are loaded as the list is scrolled.

import { get, query } from "../api.js";
import { h } from "../dom.js";
import { nameOptions, options } from "../options.js";
import { allQueues } from "../project.js";
import { button, empty, list, longList, outcomeFacts, purgedRow, row, runningFacts, section } from "../rows.js";
import { selectionButtons } from "../review/verdict.js";
import { STATUSES, totalOf } from "../statuses.js";
import { counted, digits } from "../words.js";

const FIRST_SHOWN = 50;
const MOST_ADDED = 400; // when more are shown
const MOST_FETCHED = 1000; // by one call
const FILTERS = ["status", "queue", "session", "tool", "worker", "reviewed", "search", "sort", "since", "until"];
/** With these filters nothing counts the tasks of each status. */
const UNCOUNTED = ["session", "tool", "worker", "reviewed", "search", "since", "until"];
const REVIEWS = [
	["", "any review"],
	["false", "to review"],
	["true", "reviewed"],
];
const AGES = [
	["", "any age"],
	["1", "last day"],
	["7", "last 7 days"],
	["30", "last 30 days"],
];
const ORDERS = [
	["", "usual order"],
	["newest", "newest first"],
	["oldest", "oldest first"],
];

export const keys = [
	["/", "search"],
	["e", "edit, or requeue with another prompt"],
	["c", "cancel"],
];

export async function load({ query: asked, address }, { before, place, touched }) {
	const filters = Object.fromEntries(FILTERS.map((name) => [name, asked.get(name) ?? ""]));
	const days = asked.get("days") ?? "";
	if (days) filters.since = daysAgo(Number(days));
	const known = touched && before; // the sessions and tools are the same
	const [queues, { sessions }, { tools }, list] = await Promise.all([
		allQueues(),
		known || get("/sessions"),
		known || get("/tools"),
		fetchTasks(filters, place.shown ?? FIRST_SHOWN),
	]);
	return { address, filters, days, queues, sessions, tools, ...list };
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The moment so many days ago, in whole minutes so that the same filter stays the same request. */
function daysAgo(days) {
	const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
	return new Date(minute - days * DAY_MS).toISOString();
}

/** The first tasks that match, how many match in all, and whether there are more. */
export async function fetchTasks(filters, wanted) {
	const tasks = [];
	const purged = [];
	const snippets = {};
	let cursor = null;
	let total = 0;
	let purgedTotal = 0;
	let indexing = false;
	do {
		const limit = Math.min(MOST_FETCHED, wanted - tasks.length - purged.length);
		const answer = await get(`/tasks${query({ ...filters, limit, cursor })}`);
		tasks.push(...answer.tasks);
		purged.push(...(answer.purged ?? []));
		for (const snippet of answer.snippets ?? []) snippets[snippet.id] = snippet;
		purgedTotal = answer.purged_total ?? 0;
		indexing = answer.indexing ?? false;
		cursor = answer.next_cursor ?? null;
		total = answer.total;
	} while (cursor && tasks.length + purged.length < wanted);
	return { tasks, purged, snippets, total, purgedTotal, indexing, more: cursor !== null };
}

export const tasks = (data) => data.tasks;
export const isNewestFirst = ({ filters: { sort, queue, status } }) =>
	sort === "newest" || (!sort && !(queue && status === "queued"));

export function draw(data, page) {
	const { filters, tasks, purged, snippets, total, purgedTotal, indexing, more } = data;
	const filtered = FILTERS.some((name) => filters[name] && name !== "sort");
	return [
		h("h1@title", "Tasks"),
		h(
			"div.filters@filters",
			{ role: "search" },
			searchField(filters.search),
			statusFilters(data),
			otherFilters(data),
			filtered && h("a", { href: "#/tasks" }, "Clear"),
		),
		h(
			"p.total@total",
			{ "aria-live": "polite" },
			counted(total, "task"),
			filtered && (total === 1 ? " matches" : " match"),
			purgedTotal > 0 && `, and ${counted(purgedTotal, "purged task")}`,
			indexing && ". Some tasks are not indexed yet and cannot be found. Search again in a moment.",
		),
		h(
			"div.bulk@bulk",
			tasks.length > 0 && button("all", page.selected.size ? "Select none" : "Select all"),
			selectionButtons(tasks, page.selected),
		),
		tasks.length
			? longList(
					"Tasks",
					tasks,
					({ id }) => [page.selected.has(id), snippets[id]?.text],
					(task) => row(task, page, { facts: factsOf(task), summary: marked(snippets[task.id]) }),
				)
			: !purged.length && noTask(filtered),
		purged.length > 0 && section("Purged", null, list("Purged tasks", purged.map(purgedRow))),
		more && h("p.more@more", button("more", "Show more", { id: "reveal" })),
	];
}

/** The place of a task that the search matches, with its words marked. The marks count whole characters. */
function marked(snippet) {
	if (!snippet) return null;
	const letters = [...snippet.text];
	const part = (start, end) => letters.slice(start, end).join("");
	const ends = [0, ...snippet.marks.map(([, end]) => end)];
	const matches = snippet.marks.map(([start, end], at) => [part(ends[at], start), h("mark", part(start, end))]);
	return [...matches, part(ends.at(-1))];
}

const searchField = (value) =>
	h("input", {
		type: "search",
		id: "search",
		"data-filter": "search",
		value,
		placeholder: 'Search words or "a phrase"',
		"aria-label": "Search in title, prompt and outcome",
	});

function statusFilters({ filters, queues }) {
	const shown = queues.filter(({ name }) => !filters.queue || name === filters.queue);
	const isCounted = UNCOUNTED.every((name) => !filters[name]);
	const count = (statuses) => (isCounted ? shown.reduce((sum, queue) => sum + totalOf(queue, statuses), 0) : null);
	return h(
		"div.states",
		{ role: "group", "aria-label": "Status" },
		statusFilter("", "all", count(STATUSES), filters.status),
		STATUSES.map((status) => statusFilter(status.name, status.short ?? status.label, count([status]), filters.status)),
	);
}

const statusFilter = (status, label, count, chosen) =>
	h(
		"button",
		{ "data-act": "status", "data-value": status, "aria-pressed": String(status === chosen) },
		`${label} `,
		count !== null && h("span.count", digits(count)),
	);

function otherFilters({ filters, days, queues, sessions, tools }) {
	return [
		choice("queue", "Queue", filters.queue, [["", "all queues"], ...nameOptions(queues)]),
		sessions.length > 0 &&
			choice("session", "Session", filters.session, [["", "all sessions"], ...nameOptions(sessions)]),
		choice("tool", "Tool", filters.tool, [["", "all tools"], ...nameOptions(tools)]),
		choice("reviewed", "Review", filters.reviewed, REVIEWS),
		choice("days", "Age", days, AGES),
		choice("sort", "Order", filters.sort, ORDERS),
		workerField(filters.worker),
	];
}

const choice = (name, label, chosen, pairs) =>
	h(`select@filter-${name}`, { "data-filter": name, "aria-label": label }, options(pairs, chosen));

const workerField = (value) =>
	h("input", { type: "text", "data-filter": "worker", value, placeholder: "Worker", "aria-label": "Worker", size: 12 });

const factsOf = (task) => (task.status === "running" ? runningFacts(task) : [task.worker_id, ...outcomeFacts(task)]);

const noTask = (filtered) =>
	filtered
		? empty("No tasks match.", "Remove a filter, or clear them all.")
		: empty("No tasks yet.", "Add tasks here (press n), or in a terminal:", 'sparkq enqueue "What Claude should do"');

export function filter(page, name, value) {
	const filters = new URLSearchParams(page.route.query);
	if (value) filters.set(name, value);
	else filters.delete(name);
	const text = filters.toString();
	page.place.shown = null;
	page.go(`/tasks${text ? `?${text}` : ""}`, { replace: true });
}

/** Show more than these, which are shown. */
export function showMore(page, shown) {
	page.place.shown = shown + Math.min(MOST_ADDED, shown);
	return page.refresh();
}

export const acts = {
	status: (page, button) => filter(page, "status", button.dataset.value),
	all: (page) => page.toggleSelection(page.data.tasks),
	more: (page) => showMore(page, page.data.tasks.length + page.data.purged.length),
};
