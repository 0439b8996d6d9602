// The rounds of a task: each attempt with its outcome, and what you said in between; two of them side by side.

import { checkRuns } from "../check.js";
import { h, still } from "../dom.js";
import { button, lateKind } from "../rows.js";
import { between, changeSize, moment, stateLabel, usageOf } from "../words.js";
import { built, version } from "./markdown.js";

/** What you and others said between the attempts: answers are with the attempt that asked. */
const saidAfter = ({ events }, attempt, before) =>
	events.filter(
		({ kind, text, id }) =>
			text && ["requeued", "released"].includes(kind) && id > (attempt?.last ?? 0) && (!before || id < before),
	);

export function drawRounds(detail, level) {
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
export function placeOf({ branch, head, work_tree: folder }) {
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
