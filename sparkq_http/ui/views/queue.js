// One queue: next up in its order, running, finished.

import { get, query, queuePath } from "../api.js";
import { h } from "../dom.js";
import { project } from "../project.js";
import {
	badges,
	button,
	empty,
	head,
	listed,
	longList,
	outcomeFacts,
	queueButtons,
	row,
	runningFacts,
	section,
	waitsForReview,
} from "../rows.js";
import { selectionButtons } from "../review/verdict.js";
import { digits } from "../words.js";
import { fetchTasks, showMore } from "./tasks.js";

const SHOWN = 50;

export const keys = [
	["f", "move a queued task to the front"],
	["m", "move it to another queue"],
	["e", "edit a queued task"],
];

export async function load({ path: [, asked] }, { before, place, touched }) {
	const renamed = before && project.all?.find(({ id }) => id === before.queue.id);
	const name = renamed?.name ?? asked;
	const tasksBy = (filter) => get(`/tasks${query({ queue: name, ...filter })}`);
	const [queue, queued, running, finished] = await Promise.all([
		queueOf(name, touched && before?.queue),
		fetchTasks({ queue: name, status: "queued" }, place.shown ?? SHOWN),
		tasksBy({ status: "running", limit: 50 }),
		tasksBy({ sort: "finished", limit: 20 }),
	]);
	return { queue, queued, running: running.tasks, finished: finished.tasks };
}

/** A queue with its instructions, which are known if `before` has the same revision of them. */
async function queueOf(name, before) {
	const known = before && project.all?.find((queue) => queue.name === name);
	if (known && known.instructions_revision === before.instructions_revision)
		return { ...known, instructions: before.instructions };
	return (await get(queuePath(name))).queue;
}

export const tasks = (data) => [...data.queued.tasks, ...data.running, ...data.finished];

export function draw({ queue, queued, running, finished }, page) {
	return [
		head(h("h1", queue.name, badges(queue)), queueButtons(queue, "primary")),
		waitsForReview(queue) && h("p@waits", h("strong", `${queue.name} ${waitsForReview(queue)}`)),
		queue.instructions && instructions(queue),
		running.length > 0 &&
			listed(
				"Running",
				running.map((task) => ofQueue(task, page, runningFacts(task))),
			),
		nextUp(queue, queued, page),
		finished.length > 0 && recentlyFinished(queue, finished, page),
	];
}

const instructions = (queue) =>
	h(
		"details.instructions@instructions",
		h("summary", "Instructions for every worker"),
		h("pre", { tabindex: "0" }, queue.instructions),
	);

function nextUp(queue, { tasks: queued, total }, page) {
	return section(
		"Next up",
		h("span.count", digits(total)),
		page.selected.size > 0 && h("div.bulk", selectionButtons(page.tasks(), page.selected)),
		queued.length
			? [
					h("div.drop@drop", { "data-drop": "front" }, "Drop here to make it next"),
					longList(
						"Next up",
						queued,
						({ id }, index) => [page.selected.has(id), index === 0],
						(task, index) => queuedRow(task, index, page),
					),
				]
			: nothingQueued(queue),
		total > queued.length && h("p.more", button("more", "Show more")),
	);
}

function queuedRow(task, index, page) {
	const of = { "data-id": task.id };
	return row(task, page, {
		showQueue: false,
		draggable: true,
		facts: [index === 0 && "next", task.tool_name],
		actions: [
			index > 0 && button("front", "To the front", of),
			button("edit", "Edit …", of),
			button("cancel", "Cancel …", of),
		],
	});
}

function nothingQueued({ name, status }) {
	const title = "No tasks are queued.";
	if (status !== "active") return empty(title, "It accepts no new tasks.");
	const command = `sparkq enqueue "What Claude should do" --queue ${name}`;
	return empty(title, "Add tasks here (press n), or in a terminal:", command);
}

const ofQueue = (task, page, facts) => row(task, page, { showQueue: false, facts });

const recentlyFinished = (queue, finished, page) =>
	listed(
		"Recently finished",
		finished.map((task) => ofQueue(task, page, [review(task), ...outcomeFacts(task)])),
		h("a", { href: `#/tasks${query({ queue: queue.name })}` }, "show all"),
	);

const review = (task) => (task.reviewed_at ? "reviewed" : h("strong", "to review"));

export const acts = { more: (page) => showMore(page, page.data.queued.tasks.length) };
