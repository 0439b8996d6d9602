// What the workers do now: the last note of each, its age against the timeout, its chat, and how long that works.

import { get, queuePath } from "../api.js";
import { h, kept } from "../dom.js";
import { atWork, badges, button, empty, list, row, runningFacts, section, waitsForReview } from "../rows.js";
import { ago, counted } from "../words.js";

export const load = () => get("/board?limit=100&heads=1");
export const tasks = ({ running, queues }) => [...running, ...queues.flatMap(({ heads }) => heads)];

export function draw({ running, running_total: total, queues, assignments }, page) {
	const waiting = queues.filter(({ heads }) => heads.length);
	return [
		h("h1@title", "Running"),
		atWork(assignments),
		total
			? list(
					"Running",
					running.map((task) => runningRow(task, page)),
				)
			: nothingRuns(waiting),
		total > running.length && h("p.more", `${counted(total - running.length, "more task")} running.`),
		waiting.length > 0 && section("Next up", null, nextRows(waiting, page)),
	];
}

export const runningRow = (task, page) =>
	row(task, page, {
		selectable: false,
		summary: task.note && h("span.note", task.note, " ", h("small", ago(task.noted_at))),
		facts: [...runningFacts(task), task.client !== task.worker_id && task.client, untilOf(task)],
		actions: [button("fail", "Fail …", { "data-id": task.id, class: "quiet" })],
	});

const untilOf = ({ assignment }) => assignment && h("strong", assignment.text);

function nothingRuns(waiting) {
	if (!waiting.length) return empty("No task is running.", "None is queued either. Add tasks here (press n).");
	const [{ name }] = waiting;
	return empty(
		"No task is running.",
		"Say this in Claude Code, in a chat of this folder:",
		`Work through queue ${name}.`,
	);
}

const nextRows = (waiting, page) =>
	list(
		"Next up",
		waiting.map((queue) => {
			const [task] = queue.heads;
			const behind = queue.queued > 1 && `${counted(queue.queued - 1, "task")} behind it`;
			const build = () =>
				row(task, page, { selectable: false, showQueue: false, facts: [queueName(queue), whyWaits(queue), behind] });
			return kept(`task-${task.id}`, [task, queue], build);
		}),
	);

const queueName = (queue) => [h("a.queue", { href: `#${queuePath(queue.name)}` }, queue.name), badges(queue)];

export const whyWaits = (queue) => (queue.paused_at ? null : waitsForReview(queue));
