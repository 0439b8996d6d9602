// What buttons and keys do.

import { copy, say, sayError, selectText } from "./dialogs.js";
import { byId } from "./dom.js";
import { draw, focusedRow, main, page } from "./page.js";
import { later } from "./parts.js";
import { project } from "./project.js";
import { nextTheme, notifies, setLetters, setNotifies, theme, usesLetters } from "./preferences.js";
import { APPLIES } from "./review/verdict.js";
import { accept, undo } from "./verbs/verdict.js";

/** The ids of the tasks that an action is for. `button` is the one that was clicked, if any. */
function targets(button) {
	const act = button?.dataset.act;
	if (button?.dataset.id) return [Number(button.dataset.id)];
	if (page.selected.size) return [...page.selected].filter((id) => !APPLIES[act] || APPLIES[act][1](page.task(id)));
	if (page.data?.detail?.task) return page.isThere() ? [page.data.detail.task.id] : [];
	const row = focusedTask() ?? firstSelectable();
	return row ? [Number(row.dataset.id)] : [];
}

const focusedTask = () => document.activeElement?.closest("[data-id]");

/** In the inbox this is the first result: running and queued tasks are above it, and have no checkbox. */
const firstSelectable = () => main.querySelector(".row:has(.pick)");

/** A verb for tasks. With a `name` it is for those that it applies to. */
const onTasks = (verb, name) => (_, button) => {
	const all = targets(button);
	const ids = all.filter((id) => !name || !page.task(id) || APPLIES[name][1](page.task(id)));
	if (ids.length) return verb(page, ids);
	const [id, more] = all;
	return say(id ? `That is not possible for ${more ? "these tasks" : `#${id}`} now.` : "No task is selected.");
};

const onOneTask = (verb) => onTasks((_, ids) => verb(page, ids[0]));

/** Verbs for the queue that a button names, each by the name of its function. */
const onQueues = (verbs) =>
	Object.fromEntries(
		Object.entries(verbs).map(([act, name]) => {
			const verb = later("verbs/queues", name);
			return [act, (_, button) => verb(page, button?.dataset.name)];
		}),
	);

const QUEUE_MOVES = ["end", "pause", "resume", "reopen", "archive", "unarchive"];
const moveTo = later("verbs/queues", "moveTo");

const addTasks = later("verbs/add", "addTasks");

const ACTS = {
	accept: (_, button) => (button ? onTasks(accept)(_, button) : say("Open a result to review it.")),
	undo,
	requeue: onTasks(later("verbs/tasks", "requeue"), "requeue"),
	cancel: onTasks(later("verbs/tasks", "cancel"), "cancel"),
	delete: onTasks(later("verbs/tasks", "deleteTasks"), "delete"),
	front: onTasks(later("verbs/tasks", "moveToFront"), "front"),
	move: onTasks(later("verbs/tasks", "moveToQueue"), "move"),
	edit: onOneTask(later("verbs/tasks", "edit")),
	"requeue-with-prompt": onOneTask(later("verbs/tasks", "requeueWithPrompt")),
	fail: onOneTask(later("verbs/tasks", "fail")),
	add: (_, button) => addTasks(page, { queue: queueFor(button), script: button?.dataset.script }),
	...onQueues({
		"create-queue": "createQueue",
		instructions: "editInstructions",
		rename: "renameQueue",
		"review-limit": "limitReviews",
		check: "changeCheck",
	}),
	...Object.fromEntries(QUEUE_MOVES.map((move) => [move, (_, button) => moveTo(page, button.dataset.name, move)])),
	pick: (_, checkbox, how) => select(Number(checkbox.dataset.id), how?.range),
	copy: (_, button) => copyText(button),
	theme: changeTheme,
	notify: toggleNotifications,
	letters: () => (setLetters(!usesLetters()), draw()),
	skip: () => main.focus(),
	palette: later("help", "palette"),
	sheet: later("help", "keys"),
	"more-views": later("help", "views"),
	"dismiss-first": dismissFirst,
};

const queueFor = (button) => button?.dataset.name ?? (page.name === "queue" ? page.route.path[1] : null);

let lastSelected = null;

/** Select a task or not; with Shift all from the last one to this. */
function select(id, range = false) {
	if (!main.querySelector(`.pick[data-id="${id}"]`)) return;
	const shown = (page.view.selectable?.(page.data) ?? page.tasks()).map((task) => task.id);
	const ends = [shown.indexOf(lastSelected), shown.indexOf(id)].sort((first, second) => first - second);
	if (range && ends[0] >= 0) for (const one of shown.slice(ends[0], ends[1] + 1)) page.selected.add(one);
	else if (!page.selected.delete(id)) page.selected.add(id);
	lastSelected = id;
	draw();
}

function copyText({ dataset: { copies } }) {
	return copy(byId(copies).textContent, () => selectText(copies));
}

function changeTheme() {
	nextTheme();
	draw();
	say(`Theme: ${theme()}.`);
}

async function toggleNotifications() {
	if (notifies()) setNotifies(false);
	else if (!("Notification" in window)) say("This browser does not support notifications.", { problem: true });
	else if ((await Notification.requestPermission()) === "granted") setNotifies(true);
	else say("The browser blocks notifications of this page.", { problem: true });
	draw();
}

const underWay = new Set();
const REPEATED = new Set(["more"]); // changes nothing: what was asked for twice is shown once

/** Do what a button or a key means; not once more while the same is still being done. */
export async function act(name, element, how) {
	const action = page.view?.acts?.[name] ?? ACTS[name];
	const doing = JSON.stringify([name, (element ?? focusedTask())?.dataset]);
	if (underWay.has(doing) && !REPEATED.has(name)) return;
	underWay.add(doing);
	await tried(() => action?.(page, element, how));
	underWay.delete(doing);
}

/** Do it, and say what refuses it. */
export async function tried(run) {
	try {
		await run();
	} catch (error) {
		sayError(error);
		page.refresh();
	}
}

/** Go to the next row: where a result is open beside the list, the next one is opened. */
function moveFocus(step) {
	if (page.view.move?.(page, step)) return;
	const rows = [...main.querySelectorAll("[data-row]")];
	if (!rows.length) return;
	const index = rows.indexOf(focusedRow());
	const next = rows[Math.max(0, Math.min(rows.length - 1, index < 0 ? 0 : index + step))];
	next.focus();
	next.scrollIntoView({ block: "nearest" });
}

function selectFocused({ shift }) {
	const asked = `[data-id="${Number(page.route.path[1])}"]`; // it may not have come yet
	const row = focusedTask() ?? main.querySelector(asked) ?? main.querySelector("[data-id]:has([aria-current])");
	if (row) act("pick", row, { range: shift });
}

const SEEN_AGAIN = 0.86; // of the window, from one step of reading to the next

function readOn({ shift }) {
	const bar = main.querySelector(".verdict")?.offsetHeight ?? 0;
	scrollBy(0, (shift ? -1 : 1) * SEEN_AGAIN * (innerHeight - bar));
}

function clearSelection() {
	if (!page.selected.size) {
		document.activeElement?.blur();
		return;
	}
	page.selected.clear();
	draw();
}

export function search() {
	const field = byId("search");
	if (field) {
		field.focus();
		field.select();
		return;
	}
	page.go("/tasks");
	const look = setInterval(() => byId("search") && (clearInterval(look), search()), 30);
	setTimeout(() => clearInterval(look), 3000);
}

/** Keys that some views have a use for. */
const keysOf = (acts) =>
	Object.fromEntries(Object.entries(acts).map(([key, name]) => [key, { run: (how) => act(name, null, how) }]));

/** What each key does. `tasks`: it needs a task in the view; `asks`: it opens a dialog. */
export const KEYS = {
	j: { run: () => moveFocus(1), label: "next row", repeats: true },
	k: { run: () => moveFocus(-1), label: "previous row", repeats: true },
	ArrowDown: { run: () => moveFocus(1), repeats: true },
	ArrowUp: { run: () => moveFocus(-1), repeats: true },
	" ": { run: readOn, repeats: true },
	x: { run: selectFocused, label: "select, with Shift up to here" },
	X: { run: selectFocused },
	a: { run: () => act("accept"), label: "accept what is open", tasks: true },
	r: { run: () => act(page.view.acts?.write ? "write" : "requeue"), label: "feedback", tasks: true, asks: true },
	...keysOf({ s: "later", u: "raw", v: "viewed", ">": "quote", 1: "tab", 2: "tab", 3: "tab", 4: "tab" }),
	z: { run: () => act("undo"), label: "undo the last verdict" },
	e: { run: () => act("edit"), label: "edit", tasks: true, asks: true },
	c: { run: () => act("cancel"), label: "cancel", tasks: true, asks: true },
	f: { run: () => act("front"), label: "move to the front", tasks: true },
	m: { run: () => act("move"), label: "move to another queue", tasks: true, asks: true },
	...keysOf({ K: "sooner", J: "later" }),
	n: { run: () => act("add"), label: "add tasks", asks: true },
	"/": { run: search, label: "search" },
	t: { run: () => act("theme"), label: "change the theme" },
	"?": { run: () => act("sheet"), label: "show this list" },
	Escape: { run: clearSelection },
};

export const GO = {
	i: "/inbox",
	r: "/running",
	b: "/board",
	d: "/today",
	q: "/queues",
	t: "/tasks",
	s: "/sessions",
	c: "/scripts",
	o: "/settings",
};

function dismissFirst() {
	project.worker = null;
	draw();
}
