// The list of the review: a line for each result and question, what runs below them, and what is selected.

import { queuePath, taskPath } from "../api.js";
import { goneFact } from "../chat.js";
import { checkOf } from "../check.js";
import { h } from "../dom.js";
import { options } from "../options.js";
import { atWork, button, lateKind, listed, longList, row, runningFacts, section } from "../rows.js";
import { markOf, stateOf } from "../statuses.js";
import { changeSize, clockTime, counted, dayOf, digits, ago } from "../words.js";

const MOST_NOTES = 8;
const MOST_OF_THE_NEWEST = 1000;

/** What did not end well, or said more after its end: accepting it is another decision. */
export const isFailure = (task) => task.status !== "succeeded" || Boolean(task.late);

export const isLate = (task) => Boolean(task.late) && lateKind(task) === "late result";

export function drawList(data, page) {
	const { inbox, items, asked, running, detail } = data;
	return h(
		"div.list@list",
		{ class: page.selected.size ? "selecting" : "" },
		h(
			"header.list-head@list-head",
			h("div.line", h("h1", "Inbox"), h("span.count", digits(inbox.total + inbox.questions_total))),
			digestLine(data.digest),
			page.selected.size ? bulkBar(data, page) : chips(data),
		),
		items.length
			? longList(
					"To review",
					items,
					({ id }) => [detail?.task?.id === id, page.selected.has(id), asked],
					(task) => item(task, data, page),
				)
			: h("p.soft@none", asked.show || asked.queue ? "Nothing here." : "Nothing to review."),
		more(data),
		needsYou(data),
		running.length > 0 &&
			listed(
				"Running now",
				running.map((task) => row(task, page, { selectable: false, facts: runningFacts(task) })),
			),
		items.length > 0 && atWork(data.assignments),
		overRest(inbox.over_rest),
		purges(inbox.purge),
	);
}

const DIGEST = [
	["succeeded", "done", "succeeded"],
	["failed", "failed", "failed"],
	["timed_out", "timed out", "timeout"],
	["asked", "asked", "held"],
];

/** What happened since you were here, reviewed or not, in one line. */
function digestLine(counts) {
	const parts = DIGEST.filter(([name]) => counts[name] > 0).map(([name, label, state]) =>
		h("span", { "data-state": state }, `${digits(counts[name])} ${label}`),
	);
	return h(
		"p.digest",
		{ "aria-label": "Since you were here" },
		Date.parse(counts.since) > 0 ? ["Since ", clockTime(counts.since), ": "] : "So far: ",
		parts.length ? parts : "nothing new",
		" ",
		h("a", { href: "#/today" }, "Today"),
	);
}

function chips({ asked, inbox, items, queues }) {
	const { show, queue, newest } = asked;
	const chip = (value, label, count) =>
		h(
			`button.chip@chip-${value}`,
			{ "data-act": "show", "data-value": value, "aria-pressed": String(show === value) },
			label,
			count > 0 && h("span.count", ` ${digits(count)}`),
		);
	const withNews = queues.filter(({ name, unreviewed, held }) => unreviewed + held > 0 || name === queue);
	return h(
		"div.chips@chips",
		{ role: "group", "aria-label": "Show" },
		chip("", "All", 0),
		chip("failed", "Failed", show ? 0 : items.filter((task) => task.status !== "held" && isFailure(task)).length),
		inbox.questions_total > 0 && chip("questions", "Questions", inbox.questions_total),
		withNews.length > 1 &&
			h(
				"select@queue",
				{ "data-filter": "queue", "aria-label": "Queue" },
				options([["", "all queues"], ...withNews.map(({ name }) => [name, name])], queue),
			),
		button("sort", newest ? "Newest first" : "Oldest first", { class: "chip" }),
	);
}

function bulkBar(data, page) {
	const { size } = page.selected;
	return h(
		"div.bulk@bulk",
		{ role: "group", "aria-label": "Selected" },
		button("accept-selected", `Accept ${size}`, { class: "primary" }),
		button("requeue", `Send ${size} back …`),
		button("all", "Select none"),
	);
}

function item(task, { detail, asked }, page) {
	const { id } = task;
	const open = detail?.task?.id === id;
	const selected = page.selected.has(id);
	const isQuestion = task.status === "held" && task.question;
	const address = new URLSearchParams(
		Object.entries({ ...asked, id: null, tab: null, newest: null }).filter(([, value]) => value),
	);
	if (asked.newest) address.set("sort", "newest");
	const query = address.toString();
	return h(
		`li.item@task-${id}`,
		{ "data-id": id, class: [open && "open", selected && "selected"].filter(Boolean).join(" ") },
		!isQuestion &&
			h("input.pick", {
				type: "checkbox",
				"data-act": "pick",
				"data-id": id,
				checked: selected,
				"aria-label": `Select #${id}`,
			}),
		h(
			"a.what",
			{ href: `#/inbox/${id}${query ? `?${query}` : ""}`, "data-row": id, "aria-current": open ? "true" : null },
			h(
				"span.line",
				h("span.title", task.title),
				h("span.age", ago(task.asked_at ?? task.finished_at ?? task.late?.at, "short")),
			),
			h("span.summary", summaryOf(task)),
			h("span.facts", factsOf(task)),
		),
	);
}

/** The beginning of a text without its Markdown, which would be noise in one line. */
const plain = (text) =>
	text
		.replace(/^#+ |[*`]{1,3}/gm, "")
		.replace(/\s+/g, " ")
		.trim();

const summaryOf = (task) => plain(task.question ?? (isLate(task) ? task.late_text : task.summary) ?? "");

function factsOf(task) {
	const { name, label, mark } = stateOf(task);
	return [
		name === "succeeded"
			? h("span.state", { "data-state": name, role: "img", "aria-label": label }, mark)
			: h("span.state", { "data-state": name }, h("span", { "aria-hidden": "true" }, mark), " ", label),
		h("span.id", `#${task.id}`),
		h("span", task.queue),
		task.attempts > 1 && h("span", `round ${task.attempts}`),
		task.late && h("span.late", lateKind(task)),
		h("span", changeSize(task.changed)),
		task.putOff && h("span", "later"),
		checkOf(task.check),
	];
}

function more({ inbox, asked }) {
	if (asked.show === "questions" || inbox.total <= inbox.tasks.length) return null;
	const rest = counted(inbox.total - inbox.tasks.length, "more task");
	return h(
		"p.more@more",
		!asked.newest || inbox.tasks.length < MOST_OF_THE_NEWEST
			? button("more", `Show ${rest}`, { id: "reveal" })
			: `${rest}. Sort the oldest first to see all.`,
	);
}

function needsYou({ running, queues }) {
	const notes = [
		...running.filter((task) => task.chat_closed_at).map(goneNote),
		...running.filter((task) => task.stale).map(staleNote),
		...queues.filter((queue) => queue.status === "ended" && queue.queued).map(endedNote),
	];
	return notes.length > 0 && section("Needs you", null, h("ul.notes", notes.slice(0, MOST_NOTES)));
}

const staleNote = ({ id, worker_id: worker }) =>
	note(
		`stale-${id}`,
		taskPath(id),
		`${markOf("stale")} #${id} is stale: ${worker} has been silent for longer than the timeout.`,
	);

const goneNote = (task) =>
	note(`gone-${task.id}`, taskPath(task.id), [`#${task.id} is running, but `, goneFact(task), "."]);

const endedNote = ({ name, queued }) =>
	note(`ended-${name}`, queuePath(name), `${name} has ended with ${counted(queued, "task")} still queued.`);

const note = (key, path, text) => h(`li@${key}`, h("a", { href: `#${path}` }, text));

/** Verdicts that you gave neither here nor in a terminal: a model with a shell can give one. */
function overRest(given) {
	if (!given) return null;
	const line = ({ id, friendly_id: name, verdict, by, title }) =>
		note(
			`rest-${id}`,
			`/tasks/${id}`,
			`${name} was ${verdict} over REST${by ? ` by ${by}` : ""}, not on the page: ${title}`,
		);
	return h("ul.notes@over-rest", { "aria-label": "Verdicts over REST" }, given.slice(0, 10).map(line));
}

/** What purges deleted lately, and what the next ones will delete unread. */
function purges(purge) {
	if (!purge) return null;
	const { next_unreviewed: unread, next_at: next, deleted, unreviewed } = purge;
	return h(
		"ul.notes@purges",
		{ "aria-label": "Purges" },
		unread &&
			h(
				"li@purge-next",
				`${counted(unread, "unread result")} will be purged, not before `,
				dayOf(next),
				". Review what is unread, or keep a copy: sparkq export FILE",
			),
		deleted &&
			h(
				"li@purge-last",
				`${counted(deleted, "task")} purged in the last 7 days, ${digits(unreviewed)} of them unreviewed.`,
			),
	);
}
