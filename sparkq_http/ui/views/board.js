// The board: what waits in each queue, what runs, what is to review, and what you have reviewed today.

import { get, post, queuePath, taskPath } from "../api.js";
import { goneFact } from "../chat.js";
import { say } from "../dialogs.js";
import { h, kept } from "../dom.js";
import { inInbox } from "../review/verdict.js";
import { badges, button, timeoutBar } from "../rows.js";
import { heldTask } from "../statuses.js";
import { moveToQueue, requeue } from "../verbs/tasks.js";
import { acceptTasks, mustBeRead } from "../verbs/verdict.js";
import { ago, counted, digits, duration, stateLabel } from "../words.js";

const HEADS = 5;

export const keys = [
	["K", "move a waiting task up"],
	["J", "move a waiting task down"],
	["f", "move it to the front"],
	["m", "move it to another queue"],
	["r", "send a result back"],
	["a", "accept a result"],
];

export const load = () => get(`/board?limit=50&heads=${HEADS}`);
export const tasks = ({ queues, running, review, done, questions }) => [
	...queues.flatMap(({ heads }) => heads),
	...running,
	...questions.map(heldTask),
	...review,
	...done,
];

export function draw(data) {
	const { queues, running, review, done, questions } = data;
	const waiting = queues.filter(({ queued }) => queued);
	return [
		h("h1@title", "Board"),
		h(
			"div.board@board",
			column("Waiting", data.queued_total, waiting.map(waitingOf), "No task waits."),
			column("Running", data.running_total, tiles(running, runningFacts), "No task is running."),
			column(
				"To review",
				data.review_total + data.questions_total,
				[tiles(questions.map(heldTask), askedFacts), tiles(review, finishedFacts, { draggable: true })],
				"Nothing waits for you.",
			),
			column("Done today", data.done_total, tiles(done, doneFacts), "You have reviewed nothing today."),
		),
	];
}

const column = (name, total, parts, nothing) =>
	h(
		`section.column@${name}`,
		{ "data-drop": name === "Waiting" ? "back" : null },
		h("header", h("h2", name), h("span.count", digits(total))),
		total ? parts : h("p.soft", nothing),
		total > MOST_TILES && name !== "Waiting" && h("p.soft", `The first ${MOST_TILES} are shown.`),
	);

const MOST_TILES = 50;

/** A queue's next tasks; dragged ones go before that on which they are dropped. */
const waitingOf = (queue) =>
	h(
		`div.waiting@${queue.name}`,
		h("h3", h("a", { href: `#${queuePath(queue.name)}` }, queue.name), badges({ ...queue, session: null })),
		tiles(queue.heads, (task) => [task.tool_name], { draggable: true, "data-queue": queue.name }),
		queue.queued > queue.heads.length && h("p.soft", `and ${counted(queue.queued - queue.heads.length, "more task")}`),
	);

const tiles = (tasks, factsOf, attributes = {}) =>
	tasks.length > 0 &&
	h(
		`ul@tiles-${tasks[0].status}`,
		tasks.map((task) =>
			task.status === "running"
				? tile(task, factsOf, attributes)
				: kept(`tile-${task.id}`, task, () => tile(task, factsOf, attributes)),
		),
	);

const tile = (task, factsOf, { draggable = false, ...attributes }) =>
	h(
		`li.tile@tile-${task.id}`,
		{ ...attributes, "data-id": task.id, "data-status": task.status, draggable: draggable ? "true" : null },
		h("a.title", { href: `#${taskPath(task.id)}`, "data-row": task.id }, task.title),
		h(
			"p.facts",
			h("span.id", `#${task.id}`),
			factsOf(task).map((fact) => fact && h("span", fact)),
		),
	);

const runningFacts = (task) => [task.queue, timeoutBar(task), goneFact(task), task.note && h("span.note", task.note)];

const askedFacts = (task) => [
	task.queue,
	stateLabel(task),
	button("answer", "Answer …", { "data-id": task.id, class: "quiet" }),
];

const finishedFacts = (task) => [
	stateLabel(task),
	task.queue,
	Number.isFinite(task.duration_s) && duration(task.duration_s),
	ago(task.finished_at),
];

const doneFacts = (task) => [stateLabel(task), task.queue, ago(task.reviewed_at)];

/** Put a waiting task at a place among those that are shown of its queue. */
async function place(page, id, index) {
	const { heads } = page.data.queues.find((queue) => queue.heads.some((task) => task.id === id));
	const others = heads.map((task) => task.id).filter((other) => other !== id);
	const next = others[Math.max(0, index)];
	if (others.length)
		await post("/tasks/place", { tasks: [id], ...(next ? { before: next } : { after: others.at(-1) }) });
	say("Moved.");
	await page.refresh();
}

function shift(step) {
	return (page) => {
		const tile = document.activeElement?.closest(".tile[data-queue]");
		if (!tile) return say("No waiting task has the focus.");
		const places = [...tile.parentElement.children];
		return place(page, Number(tile.dataset.id), places.indexOf(tile) + step);
	};
}

/** A tile was dropped: a result goes back to its queue, a waiting task before the tile there, or to its queue. */
export function drop(page, id, target) {
	const task = page.task(id);
	if (task?.status !== "queued") return requeue(page, [id]);
	const tile = target.closest(".tile[data-queue]");
	if (!tile) return say(`#${id} stays in ${task.queue}.`);
	if (tile.dataset.queue !== task.queue) return moveToQueue(page, [id], tile.dataset.queue);
	const places = [...tile.parentElement.children].filter(({ dataset }) => dataset.id !== String(id));
	return place(page, id, places.indexOf(tile));
}

export const acts = {
	sooner: shift(-1),
	later: shift(1),
	accept(page) {
		const task = page.task(Number(document.activeElement?.closest(".tile")?.dataset.id));
		if (!task || !inInbox(task)) return say("No result has the focus.");
		return mustBeRead(task) || acceptTasks(page, [task]);
	},
};
