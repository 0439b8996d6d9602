// What several views show alike: a task as one line of a list, sections, buttons.

import { queuePath, taskPath } from "./api.js";
import { goneFact } from "./chat.js";
import { checkOf } from "./check.js";
import { h, kept } from "./dom.js";
import { isUnclaimed, markOf } from "./statuses.js";
import { ago, changeSize, counted, clockTime, costOf, dayOf, duration, secondsSince, stateLabel } from "./words.js";

/**
 * The time since the last sign of a running task, against its timeout. Between two answers of the server the page
 * counts on: a task turns stale when its timeout is over, and fails only after the server's warning.
 */
export function timeoutBar(task) {
	const silent = secondsSince(task.heartbeat_at ?? task.claimed_at);
	const left = -secondsSince(task.deadline);
	const kind = kindOf(task, silent, left);
	const share = Math.min(100, (100 * silent) / task.timeout);
	return h(
		"span.age",
		{ "data-kind": kind },
		h("svg.track", { "aria-hidden": "true" }, h("rect", { width: `${share.toFixed(1)}%`, height: "100%" })),
		h(
			"span.words",
			kind !== "in-time" && h("span", { "aria-hidden": "true" }, `${markOf(kind === "stale" ? "stale" : "failed")} `),
			`${duration(silent)} of ${duration(task.timeout)}`,
			task.stale && (left <= 0 ? ", fails now" : `, fails in ${duration(left)}`),
		),
	);
}

function kindOf(task, silent, left) {
	if (task.stale && left <= 0) return "over";
	return task.stale || silent >= task.timeout ? "stale" : "in-time";
}

/** Until when a running task waits for the usage limit of its chat, null if it does not. */
export const limitOf = ({ limit_until: until }) => (until ? h("span.late", "until ", clockTime(until)) : null);

/** A task as one line; `facts` follow its state, `actions` are buttons. */
export function row(task, page, options = {}) {
	const { facts = [], actions = [], summary, later, showQueue = true, draggable = false, selectable = true } = options;
	const { id } = task;
	const selected = page.selected.has(id);
	return h(
		`li.row@task-${id}`,
		{ "data-id": id, draggable: draggable ? "true" : null, class: selected ? "selected" : selectable ? "" : "plain" },
		selectable && checkbox(id, selected),
		h(
			"div.what",
			h("a.title", { href: `#${taskPath(id)}`, "data-row": id }, h("span.id", `#${id}`), " ", task.title),
			task.check && h("p.checked", checkOf(task.check)),
			summary && h("p.summary", summary),
			later && h("p.summary", h("strong.late", `${saidLater(task)}: `), later),
		),
		h(
			"div.facts",
			stateLabel(task),
			showQueue && h("a.queue", { href: `#${queuePath(task.queue)}` }, task.queue),
			facts.map((fact) => fact && h("span", fact)),
		),
		actions.length > 0 && h("div.actions", actions),
	);
}

export const purgedRow = (task) =>
	h(
		`li.row.plain@purged-${task.id}`,
		h(
			"div.what",
			h("a.title", { href: `#${taskPath(task.id)}` }, h("span.id", `#${task.id}`), " ", task.title),
			task.summary && h("p.summary", task.summary),
		),
		h(
			"div.facts",
			stateLabel(task),
			h("span.queue", task.queue),
			changeSize(task.changed) && h("span", changeSize(task.changed)),
			h("span", "purged on ", dayOf(task.purged_at)),
		),
	);

const checkbox = (id, checked) =>
	h("input.pick", { type: "checkbox", "data-act": "pick", "data-id": id, checked, "aria-label": `Select #${id}` });

export const runningFacts = (task) => [limitOf(task) ?? timeoutBar(task), goneFact(task) ?? task.worker_id];

export const outcomeFacts = (task) => [
	task.late && h("span.late", lateKind(task)),
	Number.isFinite(task.duration_s) && duration(task.duration_s),
	changeSize(task.changed),
	costOf(task.usage),
	ago(task.finished_at),
];

export const button = (act, label, attributes = {}) =>
	h(`button@${keyFor(act, attributes)}`, { "data-act": act, ...attributes }, label);

/** A button never becomes another one under the finger or the focus. */
const keyFor = (act, of) => [act, of["data-id"] ?? of["data-name"] ?? of["data-value"]].filter(Boolean).join("-");

/** A late result can become the outcome, a late text cannot: the task has succeeded, or the text reports a failure. */
export const lateKind = ({ late, status }) =>
	late?.outcome === "succeeded" && status !== "succeeded" ? "late result" : "late text";

export function acceptLabel(task) {
	if (lateKind(task) === "late result") return "Take the late result";
	return isUnclaimed(task) ? "Seen" : "Accept";
}

/** Who said the late text of a task, and what it reports. */
export const saidLater = ({ late, attempts }) =>
	`${late.attempt === attempts ? "Its worker" : `The worker of attempt ${late.attempt}`} said later (${late.outcome})`;

/** The buttons of a queue, those that are rarely needed in a menu; `addClass` is the class of the first. */
export function queueButtons({ name, status, paused_at: paused }, addClass = null) {
	const of = { "data-name": name };
	return h(
		"div.actions",
		status === "active" && button("add", "Add tasks …", { ...of, class: addClass }),
		status !== "archived" && (paused ? button("resume", "Resume", of) : button("pause", "Pause", of)),
		status === "ended" && button("reopen", "Reopen", of),
		status === "archived" && button("unarchive", "Unarchive", of),
		menu(`More of ${name}`, [
			button("instructions", "Instructions …", of),
			button("review-limit", "Review limit …", of),
			button("check", "Check …", of),
			button("rename", "Rename …", of),
			status === "active" && button("end", "End", of),
			status !== "archived" && button("archive", "Archive", of),
		]),
	);
}

export const menu = (label, buttons) =>
	h("details.menu@menu", h("summary", { "aria-label": label, title: "More" }, "⋯"), h("div.items", buttons));

/** The status of a queue or session where it is not active, whether a queue is paused, and its session. */
export const badges = ({ status, paused_at: paused, review_limit: limit, check_command: check, session }) => [
	status !== "active" && h("span.badge", status),
	paused && h("span.badge", { title: "It hands out no tasks until you resume it." }, "paused"),
	limit && h("span.badge", { title: limitTitle(limit) }, limit === 1 ? "strict" : `at most ${limit} unreviewed`),
	check && h("span.badge", { title: `A task is checked by: ${check}` }, "checked"),
	session && h("span.badge", session),
];

const limitTitle = (limit) => `It hands out at most ${counted(limit, "task")} that you have not reviewed.`;

/** Why a queue hands out no tasks until you review; null if it hands out tasks, or has none. */
export function waitsForReview({ review_limit: limit, queued, running, unreviewed }) {
	if (!limit || !queued || !unreviewed || running + unreviewed < limit) return null;
	return `waits for your review: ${unreviewed} of ${limit}`;
}

export const list = (label, rows) => h(`ul.rows@list-${label}`, { "aria-label": label }, rows);

/** Some task in a hundred begins a part of a long list: which it is does not change when others come and go. */
const begins = ({ id }) => (id * 2654435761) % 4294967296 < 42949673;

/**
 * A long list of tasks in parts: one that is as it was is neither made nor laid out again. A row is made again if
 * `factsOf` its task have changed, and at every drawing while it is running.
 */
export function longList(label, tasks, factsOf, rowOf) {
	const parts = [];
	for (const [index, task] of tasks.entries()) {
		if (!index || begins(task)) parts.push([]);
		const facts = [task, task.status === "running" && Date.now(), ...factsOf(task, index)];
		parts.at(-1).push({ task, index, facts });
	}
	return h(
		`div.rows@list-${label}`,
		parts.map((part, number) => {
			const key = `part-before-${parts[number + 1]?.[0].task.id ?? "end"}`;
			const name = number ? `${label}, continued` : label;
			const rows = () => part.map(({ task, index, facts }) => kept(`task-${task.id}`, facts, () => rowOf(task, index)));
			const facts = part.map((row) => row.facts);
			return kept(key, [name, facts], () => h(`ul@${key}`, { "aria-label": name }, rows()));
		}),
	);
}

export const empty = (title, text, command = null) =>
	h("div.empty", h("p", h("strong", title)), h("p", text), command && h("pre", command));

export const section = (title, more, ...children) =>
	h(`section@section-${title}`, h("header", h("h2", title), more), children);

export const listed = (title, rows, more = null) => section(title, more, list(title, rows));

export const head = (heading, ...actions) =>
	h("header.head@head", heading, actions.length > 0 && h("div.actions", actions));

export const fact = (name, ...value) => h("div", h("dt", name), h("dd", value));

/** The chats that work a queue until it is empty. */
export const atWork = (assignments) =>
	assignments.length > 0 &&
	h(
		"ul.at-work@at-work",
		{ "aria-label": "Chats at work" },
		assignments.map(({ text }) => h("li", text)),
	);
