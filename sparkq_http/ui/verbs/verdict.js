// Verdicts on tasks from any view, and the way back.

import { post } from "../api.js";
import { say } from "../dialogs.js";
import { isFailure } from "../review/list.js";
import { acceptLabel } from "../rows.js";
import { counted } from "../words.js";

const MOST_AT_ONCE = 1000; // by one call

export const labelOf = (ids) => (ids.length === 1 ? `#${ids[0]}` : counted(ids.length, "task"));

/** Say what was decided, with a way back; the key for it undoes the last that was said. */
export function sayUndoable(page, text, ids) {
	page.decided = ids;
	say(text, { act: ["Undo", "undo", ids] });
}

/** Undo what the line of the clicked button says, else what was last decided here, else the last of any door. */
export async function undo(page, button) {
	const ids = button?.dataset.ids?.split(",").map(Number) ?? page.decided ?? [];
	page.decided = null;
	button?.closest(".toast")?.remove();
	const undone = [];
	let from = 0;
	do {
		const some = ids.slice(from, from + MOST_AT_ONCE);
		undone.push(...(await post("/undo", some.length ? { tasks: some } : undefined)).tasks);
		from += MOST_AT_ONCE;
	} while (from < ids.length);
	say(`${labelOf(undone.map(({ id }) => id))} ${undone.length === 1 ? "is" : "are"} as before: verdict undone.`);
	await page.refresh();
	return undone.map(({ id }) => id);
}

/** The attempt and the late text of a task that the page shows. A list of tasks shows no texts. */
export function seenOf(task) {
	const late = (task.late_text || task.events) && task.late;
	return { attempt: task.attempts, late: Boolean(late), late_at: late?.at };
}

/** True for a result that is not accepted from its line alone, which is then said. */
export function mustBeRead(task) {
	if (isFailure(task)) say(`#${task.id} has to be read: it did not just succeed.`);
	return isFailure(task);
}

export const accept = (page, ids) =>
	acceptTasks(
		page,
		ids.map((id) => page.task(id)),
	);

/** Accept the attempts and late texts of tasks as they were shown, and none that came since. Return their ids. */
export async function acceptTasks(page, tasks) {
	const ids = tasks.map(({ id }) => id);
	const verb = tasks.every((task) => acceptLabel(task) === "Seen") ? "seen" : "accepted";
	const seen = tasks.map((task) => ({ id: task.id, ...seenOf(task) }));
	for (let from = 0; from < seen.length; from += MOST_AT_ONCE)
		await post("/inbox/accept", { tasks: seen.slice(from, from + MOST_AT_ONCE) });
	sayUndoable(page, `${labelOf(ids)} ${verb}.`, ids);
	page.selected.clear();
	await page.refresh();
	return ids;
}
