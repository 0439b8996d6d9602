// How times, states and amounts read.

import { h } from "./dom.js";
import { stateOf } from "./statuses.js";

const UNITS = [
	{ seconds: 86_400, name: "d" },
	{ seconds: 3600, name: "h" },
	{ seconds: 60, name: "min" },
	{ seconds: 1, name: "s" },
];

/** Seconds as one or two units: 42 s, 3 min, 1 h 20 min. */
export function duration(seconds) {
	const whole = Math.max(0, Math.round(seconds));
	const index = UNITS.findIndex((unit) => whole >= unit.seconds);
	if (index < 0) return "0 s";
	const [unit, smaller] = UNITS.slice(index);
	const rest = unit.seconds >= 3600 ? Math.floor((whole % unit.seconds) / smaller.seconds) : 0;
	return `${Math.floor(whole / unit.seconds)} ${unit.name}${rest ? ` ${rest} ${smaller.name}` : ""}`;
}

export const secondsSince = (iso) => (Date.now() - Date.parse(iso)) / 1000;

export const between = (start, end) => duration((Date.parse(end) - Date.parse(start)) / 1000);

/** How an age reads: "40 min ago", or in short "40 min". */
const AGES = {
	long(seconds) {
		return seconds < 5 ? "just now" : `${duration(seconds)} ago`;
	},
	short(seconds) {
		const [number, unit] = duration(seconds).split(" ");
		return unit === "s" ? "now" : `${number} ${unit}`;
	},
};

/** A moment as its age, with the moment itself in the tooltip. */
export function ago(iso, form = "long") {
	const title = new Date(iso).toLocaleString();
	return iso ? h("time", { datetime: iso, title, "data-ages": form }, AGES[form](secondsSince(iso))) : null;
}

/** Bring the ages within `host` up to date. */
export function refreshAges(host) {
	for (const time of host.querySelectorAll("time[data-ages]")) {
		const text = AGES[time.dataset.ages](secondsSince(time.dateTime));
		if (time.textContent !== text) time.firstChild.data = text;
	}
}

export function moment(iso) {
	return h(
		"time",
		{ datetime: iso, title: iso },
		new Date(iso).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" }),
	);
}

/** A moment by the clock, with its day if that is another one: "02:13". The moment itself is in the tooltip. */
export function clockTime(iso) {
	const at = new Date(iso);
	const isToday = at.toDateString() === new Date().toDateString();
	const day = isToday ? "" : `${at.getDate()} ${at.toLocaleDateString("en", { month: "short" })} `;
	return h("time", { datetime: iso, title: iso }, day + at.toLocaleTimeString("en-GB", { timeStyle: "short" }));
}

/** The day of a moment, with the moment itself in the tooltip. */
export const dayOf = (iso) =>
	h("time", { datetime: iso, title: iso }, new Date(iso).toLocaleDateString([], { dateStyle: "long" }));

export const digits = (number) => number.toLocaleString("en");

export const counted = (number, noun) => `${digits(number)} ${noun}${number === 1 ? "" : "s"}`;

/** The state of a task or an attempt as mark and word, and in a strict queue what became of its outcome. */
export function stateLabel(task, label = stateOf(task).label) {
	const { name, mark } = stateOf(task);
	const reviewed = task.review_state && ` (${task.review_state})`;
	return h("span.state", { "data-state": name }, h("span.mark", { "aria-hidden": "true" }, mark), " ", label, reviewed);
}

/** What an attempt cost, in short: "$0.05", or "12,681 tokens" if its client prints no money. */
export function costOf(usage) {
	if (!usage) return null;
	const { cost_usd: cost, input_tokens: sent, output_tokens: out } = usage;
	return cost === undefined ? `${digits(sent + out)} tokens` : `$${cost.toFixed(2)}`;
}

/** What an attempt cost: "12,671 tokens in, 10 out, $0.05". */
export function usageOf(usage) {
	if (!usage) return null;
	const cost = usage.cost_usd === undefined ? "" : `, $${usage.cost_usd.toFixed(2)}`;
	const tasks = usage.tasks ? `, of a chat with ${usage.tasks} tasks` : "";
	return `${digits(usage.input_tokens)} tokens in, ${digits(usage.output_tokens)} out${cost}${tasks}`;
}

/** How much an attempt changed: "3 files, +40 −12", and where that is not exactly its own. */
export function changeSize(change) {
	const leftOut = change?.skipped ? `, ${counted(change.skipped, "file")} not compared` : "";
	if (!change?.files) return change?.exact ? `nothing changed${leftOut}` : null;
	const about = change.exact ? "" : "about ";
	const before = change.changed_before ? " with changes from before" : "";
	const shared = change.shared ? `, shared with ${change.shared.map((id) => `#${id}`).join(", ")}` : "";
	return `${about}${counted(change.files, "file")}, +${change.insertions} −${change.deletions}${before}${shared}`;
}
