// Notifications of the browser: what happened while you did something else.

import { notifies } from "./preferences.js";
import { totalOf, UNFINISHED } from "./statuses.js";
import { counted } from "./words.js";

const sum = (queues, count) => queues.reduce((total, queue) => total + queue[count], 0);

/** Notify of what the counts do not say. */
export function notifyOfKinds(kinds) {
	if (notifies() && kinds.includes("chat closed")) tell("gone", "A chat has closed", "A task of it still runs");
}

/** Notify of queues whose last open task has finished, of questions and of failures, by the counts before and now. */
export function notifyOf(before, now) {
	if (!notifies()) return;
	const openBefore = Object.fromEntries(before.map((queue) => [queue.name, totalOf(queue, UNFINISHED)]));
	for (const queue of now) if (openBefore[queue.name] > 0 && totalOf(queue, UNFINISHED) === 0) notifyFinished(queue);
	const held = sum(now, "held");
	if (held > sum(before, "held")) tell("asked", "A worker asks you", `${counted(held, "question")} to answer`);
	const failed = sum(now, "failed") - sum(before, "failed");
	if (failed > 0) tell("failed", `${counted(failed, "task")} failed`, `${sum(now, "unreviewed")} to review`);
}

const notifyFinished = ({ name, unreviewed }) =>
	tell(`finished-${name}`, `All tasks of ${name} have finished`, `${unreviewed} to review`);

/** A later notification of the same tag takes the place of the earlier one. */
function tell(tag, title, body) {
	const notification = new Notification(title, { body, tag });
	notification.onclick = () => window.focus();
}
