// What you decide about the open result, and about the selected ones. A verdict names the attempt that the page shows.

import { byId } from "../dom.js";
import { post, taskPath } from "../api.js";
import { copy, say, sayError, selectText } from "../dialogs.js";
import { draftOf, forgetDraft, keepDraft } from "../drafts.js";
import { later } from "../parts.js";
import { writtenOf } from "../review/detail.js";
import { isFailure, isLate } from "../review/list.js";
import { appendFeedback, closeLabel, feedbackKey, inInbox, isFinished, laterKey } from "../review/verdict.js";
import { counted } from "../words.js";
import { acceptTasks, mustBeRead, sayUndoable, seenOf, undo as undoTasks } from "./verdict.js";

const ask = later("forms", "ask");

let isDeciding = false; // a double click, or a key that is held, is one verdict

const written = () => byId("feedback")?.value.trim() ?? "";

/** Give a verdict on the open task. If it has changed since it was shown, show it again and say what came. */
async function decide(page, openNext, call, done) {
	const { task } = page.data.detail;
	if (isDeciding) return;
	isDeciding = true;
	try {
		await call(task);
		forgetDraft(feedbackKey(task));
		byId("feedback")?.blur(); // what is typed now is for the next one
		page.unseen = null;
		page.selected.delete(task.id);
		if (done.undoable === false) say(`#${task.id} ${done.text}.`);
		else sayUndoable(page, `#${task.id} ${done.text}.`, [task.id]);
		await openNext(page, [task.id]);
	} catch (error) {
		if (error.code !== "unseen") throw error;
		page.unseen = { id: task.id, text: `${error.message} Nothing was decided. This is how it is now.` };
		sayError(error);
		await page.refresh();
	} finally {
		isDeciding = false;
	}
}

const DONE = { "Close as failed": "closed as failed", "Close as cancelled": "closed as cancelled", Seen: "seen" };

/** The acts of a view that shows a task open in `page.data.detail`. `openNext` leads on after a verdict. */
export function verdictActs(openNext) {
	const openTask = (page) => (page.isThere() ? page.data?.detail?.task : null);
	return {
		accept(page) {
			const task = openTask(page);
			if (!task) return say(page.isThere() ? "Open a result to review it." : "The next result is on its way.");
			if (!inInbox(task)) return say(`#${task.id} does not wait for a review.`);
			if (written()) return say("Your feedback would be lost. Send it back, or empty the field.", { problem: true });
			const call = () => post("/inbox/accept", { tasks: [{ id: task.id, ...seenOf(task) }] });
			return decide(page, openNext, call, { text: DONE[closeLabel(task)] ?? "accepted" });
		},
		"send-back"(page) {
			const task = openTask(page);
			if (!task || !isFinished(task)) return null;
			const feedback = written();
			if (!feedback && task.status === "succeeded") {
				byId("feedback")?.focus();
				return say("Say what is missing, for the next worker.");
			}
			const body = { feedback: feedback || null, again: true, seen: seenOf(task) };
			return decide(page, openNext, () => post(`${taskPath(task.id)}/requeue`, body), { text: "sent back" });
		},
		answer(page) {
			const task = openTask(page);
			if (task?.status !== "held") return say("No question is open.");
			const answer = written();
			if (!answer) return byId("feedback")?.focus();
			const body = { answer, attempt: task.attempts };
			return decide(page, openNext, () => post(`${taskPath(task.id)}/answer`, body), {
				text: "answered",
				undoable: false,
			});
		},
		later(page) {
			const task = openTask(page);
			if (!task) return null;
			putOff(page, task);
			return openNext(page, [task.id]);
		},
		"swipe-accept"(page, row) {
			const task = page.task(Number(row.dataset.id));
			return mustBeRead(task) || acceptAll(page, [task], openNext);
		},
		"swipe-later": (page, row) => putOff(page, page.task(Number(row.dataset.id))),
		"accept-selected": (page) => acceptSelected(page, openNext),
		async write(page) {
			if (!page.isThere()) await page.arrival();
			byId("feedback")?.focus();
		},
		quote,
		undo: async (page, button) => page.view.afterUndo?.(page, await undoTasks(page, button)),
		comment: later("review/changes", "comment"),
		viewed: later("review/changes", "markViewed"),
		"more-files": later("review/changes", "moreFiles"),
		"more-lines": later("review/changes", "moreLines"),
		compare: later("review/rounds", "compare"),
		revision(page, button) {
			page.data.detail.revision = Number(button.dataset.value);
			return page.refresh();
		},
		raw(page) {
			const { detail } = page.data;
			if (!detail?.task) return;
			detail.raw = !detail.raw;
			page.draw();
		},
		"copy-text": (page, { dataset: { copies } }) =>
			copy(writtenOf(page.data.detail)[copies], () => selectText(`text-${copies}`)),
		menu: () => {},
	};
}

/** What is put off comes last, until it is put off again. */
function putOff(page, { id, attempts }) {
	const key = laterKey({ id, attempts });
	const isOff = draftOf(key) !== null;
	keepDraft(key, isOff ? null : true);
	say(`#${id} ${isOff ? "is back at its place" : "comes last now"}.`);
	return page.refresh();
}

function quote() {
	const text = getSelection().toString().trim();
	if (!text) return say("Select words to quote first.");
	return appendFeedback(`${text.replace(/^/gm, "> ")}\n`);
}

/** Accept what is selected. Where failures or late results are among it, ask which of it is meant. */
async function acceptSelected(page, openNext) {
	const chosen = [...page.selected].map((id) => page.task(id));
	const plain = chosen.filter((task) => !isFailure(task));
	const rest = chosen.length - plain.length;
	if (!rest) return acceptAll(page, chosen, openNext);
	const late = chosen.filter(isLate).length;
	const kinds = [rest > late && counted(rest - late, "failure"), late && counted(late, "late result")].filter(Boolean);
	return ask({
		title: `Accept ${counted(chosen.length, "task")}?`,
		text:
			`${kinds.join(" and ")} ${rest === 1 ? "is" : "are"} among them. ` +
			"A failure would be closed as failed, and a late result would become the result.",
		submitLabel: "Accept",
		fields: [
			{ name: "plain", label: `Only the ${plain.length} that succeeded`, kind: "check", value: plain.length > 0 },
		],
		submit: ({ plain: only }) => acceptAll(page, only ? plain : chosen, openNext),
	});
}

async function acceptAll(page, tasks, openNext) {
	if (!tasks.length || isDeciding) return;
	isDeciding = true;
	try {
		const open = page.data.detail?.task?.id;
		const ids = await acceptTasks(page, tasks);
		if (ids.includes(open)) await openNext(page, ids);
	} finally {
		isDeciding = false;
	}
}
