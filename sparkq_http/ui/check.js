// How an outcome was checked.

import { h } from "./dom.js";
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
