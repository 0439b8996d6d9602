// How an outcome was checked, and the dialog for the check of a queue.

import { get, put, queuePath } from "./api.js";
import { say } from "./dialogs.js";
import { h } from "./dom.js";
import { ask } from "./forms.js";
import { counted, duration } from "./words.js";

const WHERE = { true: "on this very tree", false: "on another tree", undefined: "files not compared" };

/** "✓ make test, exit 0, 41 s, on this very tree", and what to look at twice; nothing if there is nothing to say. */
export const checkOf = (check) =>
	check && [
		h("span.check", { "data-state": STATES[check.outcome], title: check.command }, said(check)),
		check.touched && h("span.check", { "data-state": "late" }, `! changed what it reads: ${check.touched.join(", ")}`),
	];

const STATES = { passed: "succeeded", failed: "failed", changed: "failed", missing: "none" };

function said({ outcome, command, exit_code: code, duration_s: seconds, same_tree: same, failed, runs }) {
	if (outcome === "missing") return `– not checked: ${command}`;
	if (outcome === "failed") return `✗ ${command}, exit ${code}: ${failed} of ${runs} failed`;
	if (outcome === "changed") return `✗ ${command}: files changed while it ran`;
	const before = failed ? `, after ${counted(failed, "failure")}` : "";
	return `✓ ${command}, exit 0, ${duration(seconds)}, ${WHERE[same]}${before}`;
}

/** The runs of a check for an attempt, each with the end of what it printed. */
export const checkRuns = (runs = []) =>
	runs.map((run) =>
		h(
			`details@check-${run.number}`,
			h("summary", `Check ${run.number}: ${run.command}, ${run.outcome}, ${duration(run.duration_s)}`),
			h("pre", { tabindex: "0" }, run.tail || "It printed nothing."),
		),
	);

export async function changeCheck(page, name) {
	const { queue } = await get(queuePath(name));
	await ask({
		title: `Check of ${name}`,
		fields: [
			{
				name: "command",
				label: "Command that proves a task done",
				value: queue.check_command ?? "",
				hint: "Such as make test. Its worker runs it before it completes a task. Empty: no check.",
			},
			{
				name: "most",
				label: "How often an attempt may fail it",
				kind: "number",
				value: queue.max_checks ?? 3,
				min: 1,
				hint: queue.review_limit
					? "A task is completed only after it has passed on the files as they are."
					: "Without a review limit, a result is accepted all the same, and the inbox says whether it has passed.",
			},
		],
		async submit({ command, most }) {
			const wanted = { command: command.trim() || null, max_checks: most ? Number(most) : null };
			const { queue: changed } = await put(`${queuePath(name)}/check`, wanted);
			say(changed.check_command ? `${name}: its check is ${changed.check_command}` : `${name} has no check.`);
			await page.refresh();
		},
	});
}
