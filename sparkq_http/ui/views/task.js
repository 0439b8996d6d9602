// One task on a page of its own.

import { taskPath } from "../api.js";
import { h } from "../dom.js";
import { detailOf, drawDetail, openTab, readings } from "../review/detail.js";
import { fact } from "../rows.js";
import { verdictActs } from "../verbs/review.js";
import { ago, changeSize, dayOf, stateLabel } from "../words.js";

export const keys = [
	...readings.slice(2),
	["e", "edit, or send back with another prompt"],
	["f", "move to the front"],
	["m", "move to another queue"],
	["c", "cancel"],
];

export async function load(route, { before }) {
	const detail = await detailOf(route.path[1], route.query.get("tab"), before?.detail).catch(purgedOf);
	return detail.purged ? detail : { detail, task: detail.task };
}

/** What is left of a task that was purged. */
function purgedOf(refusal) {
	if (refusal.purged) return { purged: refusal.purged };
	throw refusal;
}

export const affects = (touched, data) =>
	!data || data.purged || touched.has(data.task.id) || touched.has(data.detail.queue.id);
export const tasks = (data) => (data.purged ? [] : [data.task]);

export function draw({ detail, purged }, page) {
	if (purged) return drawPurged(purged);
	return [drawDetail(detail, page, { whole: true })];
}

const drawPurged = (task) => [
	h("h1@head", h("span.id", `#${task.id}`), " ", task.title),
	h("p@purged", "This task was purged on ", dayOf(task.purged_at), ". This is what is left of it."),
	h(
		"dl.facts@facts",
		fact("Status", stateLabel(task), task.reviewed_at && " (reviewed)"),
		fact("Queue", task.queue),
		fact("Attempts", String(task.attempts)),
		task.finished_at && fact("Finished", ago(task.finished_at)),
		changeSize(task.changed) && fact("Changed", changeSize(task.changed)),
	),
	task.summary &&
		h(
			"section@outcome",
			h("header", h("h2", task.status === "failed" ? "Error" : "Result")),
			h("pre", { id: "text-outcome", tabindex: "0" }, task.summary),
		),
];

export const acts = {
	...verdictActs((page) => page.refresh()),
	tab: (page, element, { key } = {}) =>
		openTab(page, element?.dataset.tab ?? key, (tab) => `${taskPath(page.data.task.id)}?tab=${tab}`),
};
