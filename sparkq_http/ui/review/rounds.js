// The rounds of a task: each attempt with its outcome, and what you said in between; two of them side by side. Below
// them the facts about the task, and its timeline.

import { copyable } from "../chat.js";
import { h, still } from "../dom.js";
import { button, fact, lateKind, limitOf } from "../rows.js";
import { ago, between, changeSize, clockTime, duration, moment, stateLabel, usageOf } from "../words.js";
import { attemptOf } from "./detail.js";
import { built, version } from "./markdown.js";
import { isFinished } from "./verdict.js";

/** What you and others said between the attempts: answers are with the attempt that asked. */
const saidAfter = ({ events }, attempt, before) =>
	events.filter(
		({ kind, text, id }) =>
			text && ["requeued", "released"].includes(kind) && id > (attempt?.last ?? 0) && (!before || id < before),
	);

export const draw = (detail, level) => [drawRounds(detail, level), about(detail), timeline(detail.task, level)];

function drawRounds(detail, level) {
	const { task, rendered } = detail;
	const compared = detail.compared ?? [];
	const rounds = roundsOf(task);
	if (!rounds.length) return h("p.soft@no-rounds", "No worker has had it yet.");
	if (compared.length === 2)
		return sideBySide(
			rounds.filter(({ attempt }) => compared.includes(attempt.attempt)),
			rendered,
			level,
		);
	return h(
		"ol.rounds@rounds",
		rounds.map((round) =>
			h(
				`li@round-${round.attempt.attempt}`,
				drawRound(round, rendered, level, rounds.length > 1 && compareButton(round, compared)),
				round.said.map(drawSaid),
			),
		),
	);
}

function roundsOf(task) {
	const claims = task.events.filter(({ kind }) => kind === "claimed" || kind === "resumed").map(({ id }) => id);
	return task.history.map((attempt, index) => ({
		attempt,
		said: saidAfter(task, { last: claims[index] }, claims[index + 1]),
	}));
}

const compareButton = ({ attempt }, compared) =>
	button("compare", "Compare", {
		class: "quiet",
		"data-value": attempt.attempt,
		"aria-pressed": String(compared.includes(attempt.attempt)),
	});

const sideBySide = (rounds, rendered, level) =>
	h(
		"div.side-by-side@compared",
		h("p", button("compare", "Show all rounds")),
		rounds.map((round) => h(`section@round-${round.attempt.attempt}`, drawRound(round, rendered, level))),
	);

function drawRound({ attempt }, rendered, level, more) {
	const { attempt: number, outcome, late } = attempt;
	const answer = rendered.find?.((one) => one?.attempt === number);
	const text = attempt.result_summary ?? attempt.error_message;
	return [
		h(
			"header",
			h(`h${level + 1}`, `Round ${number}`),
			stateLabel({ status: outcome ?? "running", error_type: attempt.error_type }),
			h("span.soft", roundFacts(attempt)),
			more,
		),
		text && (answer ? bodyOf(`round-text-${number}`, answer, level + 1) : h("pre", text)),
		checkRuns(attempt.checks),
		attempt.question && h("div.said", h("strong", "Asked: "), attempt.question),
		attempt.answer && h("div.said.you", h("strong", "You: "), attempt.answer),
		late &&
			h("div.said", h("strong.late", `${lateKind({ late, status: outcome })}, `), moment(late.at), ": ", late.text),
	];
}

const bodyOf = (id, answer, level) => still("div.md", id, `${version(answer)}`, () => built(answer, level));

function roundFacts(attempt) {
	const { claimed_at: claimed, finished_at: finished, git_after: after } = attempt;
	const client = [attempt.client, attempt.client_version, attempt.model].filter(Boolean).join(" ");
	return [
		attempt.worker_id,
		client && `, ${client}`,
		finished && `, ${between(claimed, finished)}`,
		changeSize(after) && `, ${changeSize(after)}`,
		after && placeOf(after),
		attempt.usage && `, ${usageOf(attempt.usage)}`,
		attempt.accepted_at && ", accepted",
	];
}

/** Where an attempt worked: ", in .claude/worktrees/x, on main" or ", detached at 1a2b3c4". */
function placeOf({ branch, head, work_tree: folder }) {
	const inFolder = folder && folder !== "." ? `, in ${folder}` : "";
	const onBranch = branch ? `, on ${branch}` : head ? `, detached at ${head.slice(0, 7)}` : "";
	return inFolder + onBranch;
}

const drawSaid = ({ id, kind, text, worker_id: worker }) =>
	h(
		`div.said@said-${id}`,
		{ class: kind === "requeued" ? "you" : "" },
		h("strong", kind === "requeued" ? "You: " : `${worker ?? "Its worker"} gave it back: `),
		text,
	);

/** Choose a round to compare; the second choice shows both. Without one, all are shown again. */
export function compare(page, button) {
	const { detail } = page.data;
	const number = Number(button.dataset.value);
	const chosen = detail.compared ?? [];
	if (!number) detail.compared = [];
	else if (chosen.includes(number)) detail.compared = chosen.filter((other) => other !== number);
	else detail.compared = [...chosen.slice(-1), number];
	page.draw();
}

/** The runs of a check for an attempt, each with the end of what it printed. */
const checkRuns = (runs = []) =>
	runs.map((run) =>
		h(
			`details@check-${run.number}`,
			h("summary", `Check ${run.number}: ${run.command}, ${run.outcome}, ${duration(run.duration_s)}`),
			h("pre", { tabindex: "0" }, run.tail || "It printed nothing."),
		),
	);

function about({ task }) {
	const { claimed_at: claimed, finished_at: finished } = task;
	return h(
		"dl.facts@facts",
		fact("Status", stateLabel(task), task.reviewed_at && " (reviewed)"),
		task.limit_until && fact("Waits", limitOf(task), ", then it goes back to its queue"),
		fact("Tool", task.tool_name),
		fact("Class", `${task.task_class}, timeout ${duration(task.timeout)}`),
		task.worker_id && fact("Worker", task.worker_id),
		fact("Enqueued", ago(task.created_at), ` by ${task.source}`),
		claimed && fact("Claimed", ago(claimed)),
		isFinished(task) && fact("Finished", ago(finished), claimed && `, after ${between(claimed, finished)}`),
		changed(task),
		used(task),
		task.key && fact("Key", task.key),
		task.chat && h("div.wide@chat", h("dt", "Chat"), h("dd", chatOf(task.chat))),
	);
}

/** "claude-code, 21:04–23:40", and the command that opens it again, to copy. */
const chatOf = (chat) => [
	`${chat.client}, `,
	...timeOf(chat),
	chat.closed_at && [", closed at ", clockTime(chat.closed_at)],
	chat.resume ? copyable("resume-command", chat.resume, "Copy the command") : h("p.soft", chat.resume_problem),
];

function timeOf({ first_at: first, last_at: last }) {
	const sameMinute = first.slice(0, 16) === last.slice(0, 16);
	return sameMinute ? [clockTime(first)] : [clockTime(first), "–", clockTime(last)];
}

function changed(task) {
	const after = attemptOf(task)?.git_after;
	return after && changeSize(after) && fact("Changed", changeSize(after), placeOf(after));
}

function used(task) {
	const usage = attemptOf(task)?.usage;
	return usage && fact("Used", usageOf(usage), usage.model && ` (${usage.model})`);
}

/** By which door a verdict or a move came. */
const DOORS = { terminal: " in a terminal", page: " on the page", REST: " over REST" };

const timeline = ({ events }, level) =>
	h("section@timeline", h("header", h(`h${level + 1}`, "Timeline")), h("ol.timeline", events.map(eventItem)));

const eventItem = (event) =>
	h(
		`li@event-${event.id}`,
		moment(event.at),
		" ",
		h("strong", event.kind),
		event.attempt && ` (attempt ${event.attempt})`,
		event.door && DOORS[event.door],
		event.worker_id && ` by ${event.worker_id}`,
		event.text && h("span.said", `: ${event.text}`),
	);
