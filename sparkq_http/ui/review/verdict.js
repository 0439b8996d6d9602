// The bar below a result: what you say about it, and the verdicts that it can get.

import { byId, h } from "../dom.js";
import { draftOf, forgetDraft, keepDraft } from "../drafts.js";
import { acceptLabel, button } from "../rows.js";
import { isUnclaimed } from "../statuses.js";

export const feedbackKey = ({ id, attempts, status }) =>
	`${status === "held" ? "answer" : "feedback"}-${id}-${attempts}`;

export const laterKey = ({ id, attempts }) => `later-${id}-${attempts}`;

export const isFinished = (task) => Boolean(task.finished_at);

/** True for a task that waits for a review: it has finished, or nobody has it and a late text came. */
export const inInbox = (task) => (isFinished(task) || (isUnclaimed(task) && task.late)) && !task.reviewed_at;

/** To which tasks each verb applies that several can get at once, and its name. */
export const APPLIES = {
	accept: ["Accept", (task) => isFinished(task) && !task.reviewed_at && !task.late, "primary"],
	front: ["Move", ({ status }) => status === "queued"],
	move: ["Move", isUnclaimed],
	requeue: ["Requeue", isFinished],
	cancel: ["Cancel", isUnclaimed],
	delete: ["Delete", ({ status }) => status !== "running", "danger"],
};

const ENDS = { accept: "", front: " to the front", move: " to a queue …" };

/** The verbs that apply to something of what is selected, each with how many tasks it is for. */
export function selectionButtons(tasks, selected) {
	const verb = ([act, [label, applies, kind]]) => {
		const count = tasks.filter((task) => selected.has(task.id) && applies(task)).length;
		return count > 0 && button(act, `${label} ${count}${ENDS[act] ?? " …"}`, { class: kind });
	};
	return Object.entries(APPLIES).map(verb);
}

/** True for an outcome that was not wanted: sending it back is the likelier verdict. */
const failed = ({ status }) => status === "failed" || status === "cancelled";

export function closeLabel(task) {
	const label = acceptLabel(task);
	if (label !== "Accept" || !failed(task)) return label;
	return task.status === "failed" ? "Close as failed" : "Close as cancelled";
}

export function verdictBar(task) {
	const isQuestion = task.status === "held";
	if (!isQuestion && !isFinished(task) && !inInbox(task)) return null;
	const isOpen = inInbox(task);
	const backFirst = failed(task) && closeLabel(task).startsWith("Close");
	return h(
		`form.verdict@verdict-${feedbackKey(task)}`,
		{ "aria-label": "Verdict" },
		feedbackField(task),
		h(
			"div.buttons",
			isQuestion
				? verb("answer", "Answer", "Ctrl ↵", "primary")
				: [
						isFinished(task) && verb("send-back", "Send back", "Ctrl ↵", backFirst || !isOpen ? "primary" : null),
						isOpen && verb("accept", closeLabel(task), "a", backFirst ? null : "primary"),
					],
		),
	);
}

const verb = (act, label, key, kind) =>
	button(act, [label, h("kbd", { "aria-hidden": "true" }, key)], {
		class: kind,
		"data-verdict": true,
		"aria-label": label,
	});

function feedbackField(task) {
	const isQuestion = task.status === "held";
	const label = isQuestion ? "Your answer" : "Feedback";
	const area = h("textarea", {
		id: "feedback",
		name: "feedback",
		rows: 1,
		"data-draft": feedbackKey(task),
		"aria-label": label,
		placeholder: isQuestion ? "Your answer (r)" : "Feedback for the next worker (r)",
		spellcheck: "true",
	});
	takeOver(task);
	area.value = draftOf(feedbackKey(task)) ?? "";
	fit(area);
	return area;
}

/** What was written about an earlier attempt and never sent is for this one. */
function takeOver(task) {
	const key = feedbackKey(task);
	for (let attempts = task.attempts - 1; attempts > 0 && draftOf(key) === null; attempts -= 1) {
		const earlier = feedbackKey({ ...task, attempts });
		keepDraft(key, draftOf(earlier));
		forgetDraft(earlier);
	}
}

const MOST_ROWS = 12;

/** Browsers without `field-sizing` get as many rows as there are lines. */
export function fit(area) {
	area.rows = Math.min(MOST_ROWS, area.value.split("\n").length);
}

/** Add lines at the end of the feedback, and go on there. */
export function appendFeedback(text) {
	const area = byId("feedback");
	if (!area) return;
	area.value = area.value.replace(/\s*$/, "") ? `${area.value.replace(/\s*$/, "")}\n${text}` : text;
	area.dispatchEvent(new Event("input", { bubbles: true }));
	fit(area);
	area.focus();
	area.setSelectionRange(area.value.length, area.value.length);
	area.scrollTop = area.scrollHeight;
}
