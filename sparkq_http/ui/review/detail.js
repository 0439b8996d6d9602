// One task as it is reviewed: what came out, what changed, what was asked for, and the rounds so far.

import { get, query, queuePath, taskPath } from "../api.js";
import { goneFact } from "../chat.js";
import { checkOf } from "../check.js";
import { h, still } from "../dom.js";
import { loadedPart, part } from "../parts.js";
import { button, lateKind, limitOf, menu, saidLater, timeoutBar } from "../rows.js";
import { isUnclaimed } from "../statuses.js";
import { ago, between, costOf, stateLabel } from "../words.js";
import { built, version } from "./markdown.js";
import { isFinished, verdictBar } from "./verdict.js";

const MOST_ROUNDS = 20; // that are rendered
const MOST_TEXTS = 100; // that are kept
const TABS = ["result", "changes", "prompt", "rounds"];

export const readings = [
	["j", "the next"],
	["k", "the one before"],
	["Space", "read on"],
	["1", "result"],
	["2", "changes"],
	["3", "prompt"],
	["4", "rounds"],
	["a", "accept, or close"],
	["r", "write feedback or an answer"],
	["Ctrl ↵", "send back, or answer"],
	[">", "quote what is selected"],
	["s", "later"],
	["v", "file viewed"],
	["u", "as it was written"],
];

/** A task with all that the open tab shows. `before` is what was shown, of this task or another. */
export async function detailOf(id, tab, before) {
	const path = taskPath(id);
	const [task, { prompts }] = await Promise.all([get(path), get(`${path}/prompts`)]);
	const same = before?.task?.id === task.id ? before : null;
	const attempt = attemptOf(task)?.attempt;
	const detail = {
		task,
		prompts,
		attempt,
		asked: tab,
		tab: tab ?? firstTab(task),
		raw: same?.raw ?? false,
		compared: same?.compared,
	};
	detail.revision = same?.revision && same.prompts.length === prompts.length ? same.revision : task.prompt_revision;
	const [{ queue }, rendered, changes] = await Promise.all([
		get(queuePath(task.queue)),
		textsOf(detail),
		detail.tab === "changes" && attempt ? loadChanges(task, same?.changes) : same?.changes,
		detail.tab === "rounds" && part("review/rounds"),
	]);
	return { ...detail, queue, rendered, changes };
}

async function loadChanges(task, shown) {
	const { load } = await part("review/changes");
	return load(task, attemptOf(task), shown);
}

/** The attempt whose outcome counts: the last one, or that whose late result was accepted. */
export function attemptOf({ status, history }) {
	const last = history.at(-1);
	return status === "succeeded" && last.outcome !== "succeeded" ? history.findLast((one) => one.accepted_at) : last;
}

const firstTab = (task) => (outcomeOf(task) || task.late || task.status === "held" ? "result" : "prompt");

const outcomeOf = ({ result_summary: result, error_message: error }) => result ?? error;

const texts = new Map();

/** A text as the server has rendered it; `stamp` is another one when the text has changed. */
function rendered(task, values, stamp) {
	const key = JSON.stringify([task.id, values, stamp]);
	if (texts.size > MOST_TEXTS) texts.clear();
	if (!texts.has(key)) texts.set(key, get(`${taskPath(task.id)}/rendered${query(values)}`));
	return texts.get(key).catch(() => texts.delete(key) && null);
}

/** The rendered texts of the open tab, null for what there is not. */
async function textsOf({ task, tab, revision }) {
	const stamp = [task.status, task.attempts, outcomeOf(task)?.length];
	if (tab === "prompt") return { prompt: await rendered(task, { part: "prompt", revision }) };
	if (tab === "rounds") {
		const ended = task.history.filter(outcomeOf).slice(-MOST_ROUNDS);
		return Promise.all(ended.map(({ attempt }) => rendered(task, { attempt }, stamp)));
	}
	const late = task.late && rendered(task, { part: "late" }, task.late.at);
	return { result: outcomeOf(task) && (await rendered(task, {}, stamp)), late: await late };
}

/** Draw a task with its tabs and the bar for verdicts. `level` is that of its heading. */
export function drawDetail(detail, page, { position = null, level = 1, back = null, whole = false } = {}) {
	const { task, tab } = detail;
	return h(
		`article.detail@detail-${task.id}`,
		{ "aria-label": `#${task.id}` },
		h(
			"header.detail-head@detail-head",
			h(
				"div.line",
				back && h("a.back@back", { href: `#${back}`, "aria-label": "Back to the list" }, "‹"),
				h("p.meta", metaOf(task)),
				position && h("span.position", position),
				!whole && verbs(task),
			),
			h(`h${level}`, h("span.id", `#${task.id}`), " ", task.title),
			whole && verbs(task, whole),
			h(
				"nav.tabs",
				{ "aria-label": "Parts" },
				TABS.map((name, index) => tabButton(name, index, detail)),
			),
		),
		page.unseen?.id === task.id && h("p.notice@unseen", { role: "status" }, page.unseen.text),
		h(`div.part@part-${tab}`, PARTS[tab]?.(detail, page, level) ?? PARTS.result(detail, page, level)),
		verdictBar(task),
	);
}

function tabButton(name, index, { task, tab }) {
	const size = attemptOf(task)?.git_after?.files;
	const counts = { changes: size, rounds: task.history.length > 1 ? task.history.length : null };
	return button(
		"tab",
		[
			name[0].toUpperCase() + name.slice(1),
			counts[name] ? h("span.count", ` ${counts[name]}`) : null,
			h("kbd", { "aria-hidden": "true" }, index + 1),
		],
		{ "data-tab": name, "aria-current": tab === name ? "true" : null, "data-key": `tab-${name}` },
	);
}

function metaOf(task) {
	const attempt = attemptOf(task);
	return [
		stateLabel(task),
		task.reviewed_at && h("span", "reviewed"),
		h("a", { href: `#${queuePath(task.queue)}` }, task.queue),
		task.session && h("span.extra", task.session),
		task.late && h("span.late", lateKind(task)),
		task.review_state && h("span", task.review_state),
		checkOf(task.check),
		task.status === "running" && (limitOf(task) ?? timeoutBar(task)),
		task.worker_id && h("span.extra", goneFact(task) ?? task.worker_id),
		isFinished(task) && attempt && h("span", between(attempt.claimed_at, task.finished_at)),
		attempt?.usage && h("span", costOf(attempt.usage)),
		isFinished(task) && h("span", ago(task.finished_at)),
	];
}

/** What else can be done with a task: on its own page as buttons, in the review in a menu. */
function verbs(task, whole) {
	const of = { "data-id": task.id };
	const dangerous = { ...of, class: "danger" };
	const buttons = [
		isUnclaimed(task) && button("edit", "Edit …", of),
		isFinished(task) && button("requeue-with-prompt", "Send back with another prompt …", of),
		isFinished(task) && button("requeue", "Send back to the front …", of),
		task.status === "queued" && button("front", "To the front", of),
		isUnclaimed(task) && button("move", "Move to a queue …", of),
		isUnclaimed(task) && button("cancel", "Cancel …", of),
		task.status === "running" && button("fail", "Fail …", dangerous),
		task.status !== "running" && button("delete", "Delete …", dangerous),
	];
	if (whole) return h("div.actions@actions", buttons);
	return menu("More", [h("a@page", { href: `#${taskPath(task.id)}` }, "Open its own page"), buttons]);
}

const PARTS = {
	result(detail, page, level) {
		const { task, rendered, raw } = detail;
		const error = task.status === "cancelled" ? "Cancelled" : "Error";
		const { result_summary: result, error_message: message, result_data: data } = task;
		const isPresent = data !== null && data !== undefined;
		const empty = !outcomeOf(task) && !task.late && task.status !== "held";
		return [
			task.status === "held" && block("question", "Its worker asks you", task.question, null, level),
			task.late &&
				block(
					"late",
					saidLater(task),
					task.events.findLast(({ kind }) => kind === "late").text,
					!raw && rendered.late,
					level,
				),
			result && block("outcome", "Result", result, !raw && rendered.result, level),
			message && block("error", error, message, !raw && rendered.result, level),
			isPresent && block("data", "Data", JSON.stringify(data, null, 2), null, level),
			task.answer &&
				task.status !== "held" &&
				block("answer", "Your answer", `${task.question}\n\n${task.answer}`, null, level),
			empty && h("p.soft@no-outcome", "No result yet."),
		];
	},
	changes: (detail) =>
		detail.attempt ? loadedPart("review/changes").draw(detail) : h("p.soft", "No worker has had it yet."),
	prompt(detail, page, level) {
		const { task, prompts, rendered, revision, raw, queue } = detail;
		const shown = prompts.find((prompt) => prompt.revision === revision) ?? prompts.at(-1);
		return [
			block(
				"prompt",
				prompts.length > 1 ? `Prompt, revision ${shown.revision} of ${prompts.length}` : "Prompt",
				shown.text,
				!raw && rendered.prompt?.revision === shown.revision && rendered.prompt,
				level,
				prompts.length > 1 && revisions(prompts, shown),
			),
			task.feedback && block("feedback", "Feedback for the next worker", task.feedback, null, level),
			queue.instructions && instructions(queue),
		];
	},
	rounds: (detail, page, level) => loadedPart("review/rounds").draw(detail, level),
};

/** What people and workers say to each other, in their own words. */
const PROSE = ["question", "answer", "feedback"];

/** A text under its heading, as the server has rendered it, or as it was written. */
function block(key, heading, raw, answer, level, more = null) {
	const id = `text-${key}`;
	const tag = `h${level + 1}`;
	return h(
		`section.text@${key}`,
		h("header", h(tag, heading), more, button("copy-text", "Copy", { class: "quiet", "data-copies": key })),
		answer
			? still("div.md", id, `${version(answer)}`, () => built(answer, level + 1))
			: h(PROSE.includes(key) ? "div.said" : "pre", { id }, raw),
	);
}

const revisions = (prompts, shown) =>
	h(
		"div.actions",
		{ role: "group", "aria-label": "Revisions" },
		prompts.map(({ revision, created_at: at }) =>
			button("revision", String(revision), {
				"data-value": revision,
				"aria-pressed": String(revision === shown.revision),
				title: new Date(at).toLocaleString(),
			}),
		),
	);

const instructions = (queue) =>
	h("details.instructions@instructions", h("summary", `Instructions of ${queue.name}`), h("pre", queue.instructions));

export function openTab(page, tab, pathOf) {
	const name = TABS[Number(tab) - 1] ?? tab;
	if (!page.data.detail?.task || !TABS.includes(name)) return;
	page.go(pathOf(name), { replace: true });
	// After a key, Tab leads from the tab into its part.
	if (name !== tab) document.querySelector(`.tabs [data-tab=${name}]`).focus({ preventScroll: true });
}

/** The texts of a task as they were written, by the name of their section. */
export const writtenOf = ({ task, prompts, revision }) => ({
	outcome: task.result_summary,
	error: task.error_message,
	question: task.question,
	feedback: task.feedback,
	answer: task.answer,
	prompt: prompts.find((prompt) => prompt.revision === revision)?.text,
	late: task.events.findLast(({ kind }) => kind === "late")?.text,
	data: JSON.stringify(task.result_data, null, 2),
});
