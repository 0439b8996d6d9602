// The statuses of a task, and the states within them that a reader tells apart: declared here, coloured in shell.css.
// A cancelled task is finished without an outcome; a held one waits for your answer.

const timedOut = (task) => task.error_type === "timeout";

const STATES = [
	{ name: "queued", mark: "○", stage: "waiting" },
	{ name: "held", label: "needs your answer", short: "asks", mark: "❓", stage: "waiting", rare: true },
	{ name: "running", mark: "◐", stage: "running" },
	{
		name: "limit",
		label: "waits for its usage limit",
		mark: "⏳",
		within: "running",
		holds: (task) => task.limit_until,
	},
	{ name: "stale", mark: "⚠️", within: "running", holds: (task) => task.stale },
	{ name: "succeeded", mark: "✓", stage: "finished" },
	{ name: "failed", mark: "🔴", stage: "finished" },
	{ name: "timeout", label: "timed out", mark: "💀", within: "failed", holds: timedOut, count: "timed_out" },
	{ name: "cancelled", mark: "⊘", stage: "finished", rare: true },
].map((state) => ({ label: state.name, ...state }));

export const STATUSES = STATES.filter((state) => state.stage);
export const FINISHED = STATUSES.filter((status) => status.stage === "finished");
export const UNFINISHED = STATUSES.filter((status) => status.stage !== "finished");
export const BEGUN = [...FINISHED, ...STATUSES.filter((status) => status.stage === "running")];
export const OUTCOMES = STATES.filter((state) => (state.stage === "finished" && !state.rare) || state.count);

/** True for a task that no worker has: it can be edited and cancelled. */
export const isUnclaimed = ({ status }) => status === "queued" || status === "held";

/** A question as the task that waits for its answer. */
export const heldTask = (question) => ({ ...question, status: "held", attempts: question.attempt });

/** The state of a task or an attempt: its status, or the state within it that says more. */
export function stateOf(task) {
	return (
		STATES.find((state) => state.within === task.status && state.holds(task)) ??
		STATUSES.find((status) => status.name === task.status) ?? { name: task.status, label: task.status, mark: "" }
	);
}

export const markOf = (name) => STATES.find((state) => state.name === name).mark;

export const countOf = (counts, state) => counts[state.count ?? state.name] ?? 0;

export const totalOf = (counts, states) => states.reduce((sum, state) => sum + countOf(counts, state), 0);
