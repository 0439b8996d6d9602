// What a user does with tasks, from any view. Each verb asks where it must, says how it went, and refreshes the view.

import { change, get, getQueues, post, query, remove, taskPath } from "../api.js";
import { say } from "../dialogs.js";
import { ask, confirmed, edited } from "../forms.js";
import { classOptions, nameOptions } from "../options.js";
import { isUnclaimed } from "../statuses.js";
import { counted } from "../words.js";
import { labelOf, sayUndoable, seenOf } from "./verdict.js";

const MOST_REASONS = 3;

/**
 * Make a call for each task, and say that they are `done`. Refused tasks are named with the reason, the others are
 * done; the refusal of a single task is thrown.
 */
async function forEach(page, ids, call, done, { refresh = page.refresh, undoable = false } = {}) {
	const refusals = [];
	const changed = [];
	for (const id of ids) {
		try {
			await call(id);
			changed.push(id);
		} catch (error) {
			if (ids.length === 1) throw error;
			refusals.push(`#${id}: ${error.message}`);
		}
	}
	if (changed.length) {
		const text = `${ids.length === 1 ? `#${ids[0]}` : counted(changed.length, "task")} ${done}.`;
		if (undoable) sayUndoable(page, text, changed);
		else say(text);
	}
	if (refusals.length) sayRefusals(refusals);
	page.selected.clear();
	await refresh();
}

function sayRefusals(refusals) {
	const rest = refusals.length - MOST_REASONS;
	const message = refusals.slice(0, MOST_REASONS).join(" ");
	say(rest > 0 ? `${message} and ${rest} more` : message, { problem: true });
}

/** Of which edition of a task a draft is: another one would replace what was changed meanwhile. */
const editionOf = (task) => task.events.findLast(({ kind }) => kind === "edited")?.id ?? 0;

export async function requeue(page, ids) {
	const seen = new Map(ids.map((id) => [id, page.task(id) && seenOf(page.task(id))]));
	await ask({
		title: `Requeue ${labelOf(ids)}`,
		text: ids.length === 1 ? page.task(ids[0])?.title : "All tasks get the same feedback.",
		submitLabel: "Requeue",
		draft: `requeue-${ids.join("-")}`,
		fields: [
			{
				name: "feedback",
				label: "Feedback for the next worker",
				kind: "area",
				hint: "Optional. The worker sees it with the earlier outcome.",
			},
			{ name: "front", label: "Move to the front of the queue", kind: "check" },
		],
		submit({ feedback, front }) {
			const body = { feedback: feedback.trim() || null, front, again: true };
			return forEach(
				page,
				front ? inLine(page, ids).reverse() : inLine(page, ids),
				(id) => post(`${taskPath(id)}/requeue`, { ...body, seen: seen.get(id) }),
				"queued again",
				{ undoable: true },
			);
		},
	});
}

export async function requeueWithPrompt(page, id) {
	const task = await get(taskPath(id));
	await ask({
		title: `Requeue #${id} with another prompt`,
		submitLabel: "Requeue",
		draft: `requeue-with-prompt-${id}-${editionOf(task)}`,
		fields: [
			{ name: "prompt", label: "Prompt", kind: "area", value: task.prompt, hint: "The earlier prompt is kept." },
			{ name: "feedback", label: "Feedback for the next worker" },
		],
		submit({ prompt, feedback }) {
			const body = {
				prompt: edited(task.prompt, prompt) ? prompt : null,
				feedback: feedback.trim() || null,
				again: true,
				seen: seenOf(task),
			};
			return forEach(page, [id], () => post(`${taskPath(id)}/requeue`, body), "queued again", { undoable: true });
		},
	});
}

/** Edit a queued or held task; a finished one is requeued with another prompt instead. */
export async function edit(page, id) {
	const [task, { tools }, { task_classes: classes }] = await Promise.all([
		get(taskPath(id)),
		get("/tools"),
		get("/task-classes"),
	]);
	if (task.status === "running") return say(`#${id} cannot be edited: it is running.`, { problem: true });
	if (!isUnclaimed(task)) return requeueWithPrompt(page, id);
	const own = (taskClass) => (taskClass.name === task.task_class ? { ...taskClass, timeout: task.timeout } : taskClass);
	await ask({
		title: `Edit #${id}`,
		draft: `edit-${id}-${editionOf(task)}`,
		fields: [
			{
				name: "prompt",
				label: "Prompt",
				kind: "area",
				value: task.prompt,
				hint: "Earlier prompts are kept as revisions.",
			},
			task.attempts > 0 && {
				name: "feedback",
				label: "Feedback for the next worker",
				kind: "area",
				value: task.feedback ?? "",
				hint: "Leave it empty to withdraw it.",
			},
			{ name: "tool_name", label: "Tool", value: task.tool_name, options: nameOptions(tools) },
			{
				name: "task_class",
				label: "Task class",
				value: task.task_class,
				options: classOptions(classes.map(own)),
			},
		].filter(Boolean),
		async submit(answers) {
			const changes = changesOf(task, answers);
			if (!Object.keys(changes).length) return;
			await change(taskPath(id), { ...changes, revision: task.prompt_revision });
			say(`#${id} changed.`);
			await page.refresh();
		},
	});
}

/**
 * What a form has changed of a task. Tool and class go together: without the class the tool would decide it, and
 * without the timeout the class would.
 */
function changesOf(task, { prompt, feedback = "", tool_name: tool, task_class: taskClass }) {
	const changes = edited(task.prompt, prompt) ? { prompt } : {};
	if (edited(task.feedback ?? "", feedback)) changes.feedback = feedback.trim();
	if (tool === task.tool_name && taskClass === task.task_class) return changes;
	Object.assign(changes, { tool_name: tool, task_class: taskClass });
	if (taskClass === task.task_class) changes.timeout = task.timeout;
	return changes;
}

export async function cancel(page, ids) {
	await ask({
		title: `Cancel ${labelOf(ids)}`,
		text: "A cancelled task is not handed out. You can requeue it later.",
		submitLabel: ids.length === 1 ? "Cancel the task" : "Cancel the tasks",
		fields: [{ name: "reason", label: "Reason (optional)" }],
		submit: ({ reason }) => forEach(page, ids, (id) => post(`${taskPath(id)}/cancel`, { reason }), "cancelled"),
	});
}

/** Delete tasks as the page shows them when it asks, and none that has changed since. */
export async function deleteTasks(page, ids) {
	const seen = new Map(ids.map((id) => [id, page.task(id)]));
	if (
		!(await confirmed(
			`Delete ${labelOf(ids)}?`,
			"Prompt, results and history are deleted too. This cannot be undone.",
			"Delete",
		))
	)
		return;
	const call = (id) => remove(`${taskPath(id)}${query(shownOf(seen.get(id)))}`);
	await page.whileDeleting(() => forEach(page, ids, call, "deleted", { refresh: () => page.refreshWithout(ids) }));
}

const shownOf = (task) => (task ? { ...seenOf(task), status: task.status } : {});

/** As the page shows them, however they were selected; the oldest first where it shows the newest first. */
function inLine(page, ids) {
	const line = page.tasks().map((task) => task.id);
	if (page.view.isNewestFirst?.(page.data)) line.reverse();
	return [...ids].sort((first, second) => line.indexOf(first) - line.indexOf(second));
}

/** Move tasks to the front of their queue, all of them or none. They keep their order. */
export async function moveToFront(page, ids) {
	await post("/tasks/place", { tasks: inLine(page, ids), front: true });
	say(`${labelOf(ids)} moved to the front.`);
	page.selected.clear();
	await page.refresh();
}

/** Move waiting tasks to another queue, all of them or none; `wanted` is the queue that is offered first. */
export async function moveToQueue(page, ids, wanted = null) {
	const { queues } = await getQueues();
	const sources = new Set(ids.map((id) => page.task(id)?.queue));
	const isTarget = ({ name, status }) => status === "active" && !(sources.size === 1 && sources.has(name));
	const targets = queues.filter(isTarget);
	if (!targets.length) return say("No other queue accepts tasks. Create one first, in Queues.");
	const first = targets.some(({ name }) => name === wanted) ? wanted : targets[0].name;
	await ask({
		title: `Move ${labelOf(ids)} to another queue`,
		text: ids.length === 1 ? page.task(ids[0])?.title : "They keep their order.",
		submitLabel: "Move",
		fields: [
			{ name: "queue", label: "Queue", value: first, options: nameOptions(targets) },
			{ name: "front", label: "Put it at the front of the queue", kind: "check" },
		],
		async submit({ queue, front }) {
			const { tasks } = await post("/tasks/move", { tasks: inLine(page, ids), queue, front });
			say(`${labelOf(ids)} moved to ${queue}${gateOf(tasks[0])}.`);
			page.selected.clear();
			await page.refresh();
		},
	});
}

/** Why the queue of a task hands out no tasks for now. */
function gateOf({ paused, waiting_for_review: unreviewed }) {
	if (paused) return ", which is paused";
	return unreviewed === undefined ? "" : ", which waits for your review";
}

/** Fail the attempt that the page shows, and no later one. */
export async function fail(page, id) {
	const attempt = page.task(id)?.attempts;
	await ask({
		title: `Fail #${id}`,
		text: "Use this when the worker is gone. Its claim ends, and the task waits for your review.",
		submitLabel: "Fail the task",
		danger: true,
		fields: [{ name: "error", label: "Reason", value: "The worker is gone.", required: true }],
		async submit({ error: message }) {
			const body = { error_message: message, attempt, keep_late: false };
			try {
				await forEach(page, [id], () => post(`${taskPath(id)}/fail`, body), "failed");
			} catch (error) {
				if (error.code !== "claim_lost") throw error;
				say(`#${id} was not failed: the attempt that you saw has ended.`, { problem: true });
				await page.refresh();
			}
		},
	});
}
