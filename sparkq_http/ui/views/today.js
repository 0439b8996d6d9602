// What happened on a day, in the time zone of the server: its numbers, and one line for each attempt that ended.

import { get, query, queuePath, taskPath } from "../api.js";
import { chart } from "../chart.js";
import { copy, openSheet } from "../dialogs.js";
import { h, kept } from "../dom.js";
import { button, empty } from "../rows.js";
import { changeSize, clockTime, counted, digits, duration, stateLabel } from "../words.js";

const LINES = 500;
const TALLIES = [
	["succeeded", "succeeded"],
	["failed", "failed"],
	["timeout", "timed out", "timed_out"],
	["held", "asked", "asked"],
];

export async function load({ query: asked }) {
	const day = asked.get("day") ?? "";
	const report = await get(`/report${query({ day, limit: LINES })}`);
	return { day, byQueue: asked.get("by") === "queue", report, earlier: report.days.at(-2)?.date };
}

export function draw({ day, byQueue, report, earlier }) {
	const shownDay = report.days.at(-1)?.date ?? day;
	return [
		h(
			"header.head@head",
			h("h1", nameOf(shownDay, day)),
			h(
				"div.actions",
				earlier &&
					h(
						"a.button",
						{ href: address({ day: earlier, byQueue }) },
						`‹ ${dayName(earlier, { weekday: "short", month: "short" })}`,
					),
				day && h("a.button", { href: address({ byQueue }) }, "Today"),
				h("a.button", { href: address({ day, byQueue: !byQueue }) }, byQueue ? "By hour" : "By queue"),
				button("copy-report", "Copy as Markdown"),
			),
		),
		numbers(report),
		report.days.some(({ succeeded, failed, timed_out: late }) => succeeded + failed + late > 0) &&
			chart(report.days.slice(-7)),
		report.total
			? groups(report, byQueue)
			: empty("Nothing ended on this day.", "Each result is listed here when it comes."),
		report.next_cursor && h("p.more@rest", `The latest ${LINES} of ${digits(report.total)} are shown.`),
	];
}

const address = ({ day = "", byQueue }) => `#/today${query({ day, by: byQueue ? "queue" : "" })}`;

const dayName = (date, form) => new Date(`${date}T12:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", ...form });

/** "Today", or a day such as "Sunday, 29 November". */
const nameOf = (date, chosen) => (chosen ? dayName(date, { weekday: "long", month: "long" }) : "Today");

const numbers = (report) =>
	h(
		"dl.numbers@numbers",
		TALLIES.map(([state, label, key = state]) => number(label, digits(report[key]), state)),
		number("reviewed", digits(report.reviewed)),
		number("of work", duration(report.worked_s)),
		report.cost_usd && number("spent", `$${report.cost_usd.toFixed(2)}`),
	);

const number = (label, value, state = null) =>
	h("div", { "data-state": state, class: /^0( s)?$/.test(value) ? "none" : "" }, h("dt", label), h("dd", value));

/** The attempts under the hour or the queue that they belong to, the latest first. */
function groups({ ended, hours, queues }, byQueue) {
	const parts = byQueue
		? queues.map(({ queue, ...tally }) => [queue, tally, ended.filter((line) => line.queue === queue)])
		: [...hours].reverse().map(({ at, hour, ...tally }) => [hour, tally, ended.filter(within(at))]);
	return parts
		.filter(([, , lines]) => lines.length)
		.map(([name, tally, lines]) =>
			h(
				`section.happened@part-${name}`,
				h("header", h("h2", byQueue ? h("a", { href: `#${queuePath(name)}` }, name) : name), inWords(tally)),
				h("ul.rows", lines.map(line)),
			),
		);
}

const HOUR_MS = 3_600_000;

const within = (start) => {
	const from = Date.parse(start);
	return ({ at }) => Date.parse(at) >= from && Date.parse(at) < from + HOUR_MS;
};

const inWords = (tally) =>
	h(
		"span.soft",
		TALLIES.map(([state, label, key = state]) => [tally[key], label])
			.filter(([count]) => count)
			.map(([count, label]) => `${digits(count)} ${label}`)
			.join(", "),
	);

const STATES = { timed_out: { status: "failed", error_type: "timeout" }, asked: { status: "held" } };

/** An attempt as one line: when, how it ended, the task, and the first line of what it said. */
function line(record) {
	const { id, attempt, outcome, queue, title: name, line: said, duration_s: took, changed, reviewed, purged } = record;
	const build = () =>
		h(
			`li.event@${id}.${attempt}`,
			h("span.when", clockTime(record.at)),
			stateLabel(STATES[outcome] ?? { status: outcome }, outcome === "asked" ? outcome : undefined),
			h(
				"span.what",
				h("a.title", { href: `#${taskPath(id)}`, "data-row": id }, h("span.id", `#${id} `), name),
				said && h("span.soft", said),
			),
			h(
				"span.facts",
				[queue, took > 0 && duration(took), changeSize(changed), purged ? "purged" : reviewed && "reviewed"].map(
					(fact) => fact && h("span", fact),
				),
			),
		);
	return kept(`${id}.${attempt}`, record, build);
}

async function copyReport(page) {
	const { markdown } = await get(`/report${query({ day: page.data.day, markdown: true, limit: LINES })}`);
	const text = h("textarea", { rows: 16, readonly: true, "aria-label": "Markdown" }, markdown);
	const select = () => {
		openSheet("Copy as Markdown", text);
		text.select();
	};
	await copy(markdown, select, `Copied: ${counted(page.data.report.total, "attempt")} as Markdown.`);
}

export const acts = { "copy-report": copyReport };
