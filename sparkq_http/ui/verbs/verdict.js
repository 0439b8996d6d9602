// Verdicts on tasks from any view, and the way back.

import { post } from "../api.js";
import { say } from "../dialogs.js";
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

/** Accept the attempts and late texts that the page shows, and none that came since. */
export async function accept(page, ids) {
	const verb = ids.every((id) => acceptLabel(page.task(id)) === "Seen") ? "seen" : "accepted";
	const seen = ids.map((id) => ({ id, ...seenOf(page.task(id)) }));
	for (let from = 0; from < seen.length; from += MOST_AT_ONCE)
		await post("/inbox/accept", { tasks: seen.slice(from, from + MOST_AT_ONCE) });
	sayUndoable(page, `${labelOf(ids)} ${verb}.`, ids);
	page.selected.clear();
	await page.refresh();
}
