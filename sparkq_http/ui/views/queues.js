// Every queue with its counts, how long its next task has waited, and how long its tasks take.

import { get, getQueues, queuePath } from "../api.js";
import { h } from "../dom.js";
import { atWork, badges, button, empty, head, queueButtons, waitsForReview } from "../rows.js";
import { BEGUN, countOf, FINISHED, STATUSES, totalOf } from "../statuses.js";
import { digits, duration, secondsSince } from "../words.js";

export const keys = [["n", "add tasks"]];

export async function load(route) {
	const archived = route.query.get("archived") === "1";
	const [{ queues, assignments }, heads, statistics] = await Promise.all([
		getQueues(archived),
		get("/heads?limit=1"),
		get("/statistics"),
	]);
	const next = Object.fromEntries(heads.queues.map((queue) => [queue.name, queue.heads[0]]));
	return { queues, assignments, archived, statistics, next };
}

export function draw({ queues, assignments, archived, statistics, next }) {
	const paces = Object.fromEntries(statistics.queues.map((record) => [record.queue, record]));
	const states = STATUSES.filter((state) => !state.rare || queues.some((queue) => countOf(queue, state)));
	return [
		head(h("h1", "Queues"), button("create-queue", "New queue …", { class: "primary" }), showArchived(archived)),
		atWork(assignments),
		queues.length
			? h(
					"ul.lines@cards",
					{ "aria-label": "Queues", "data-columns": states.length },
					queues.map((queue) => card(queue, { states, pace: paces[queue.name], next: next[queue.name] })),
				)
			: empty(
					"No queues yet.",
					"A queue is a named line of tasks. Create one here, or in a terminal:",
					"sparkq queue create backend",
				),
	];
}

const showArchived = (checked) =>
	h("label.check", h("input", { type: "checkbox", "data-act": "archived", checked }), h("span", "Show archived"));

/** A queue as a line of a table; `states` are those that any of the queues has. */
function card(queue, { states, pace, next }) {
	return h(
		`li.card@queue-${queue.name}`,
		{ class: queue.status },
		h(
			"header",
			h("h2", h("a", { href: `#${queuePath(queue.name)}`, "data-row": queue.name }, queue.name)),
			badges(queue),
			shares(queue),
			h(
				"p.facts",
				queue.unreviewed > 0 && h("strong", waitsForReview(queue) ?? `${digits(queue.unreviewed)} to review`),
				next && h("span", waitingSince(next.created_at)),
				pace && paceOf(pace),
			),
		),
		h(
			"dl.counts",
			states.map((state) => stateCount(state, countOf(queue, state))),
		),
		queueButtons(queue),
	);
}

function shares(queue) {
	const total = totalOf(queue, STATUSES);
	let x = 0;
	const bars = BEGUN.map((status) => {
		const width = total && (100 * countOf(queue, status)) / total;
		x += width;
		return h("rect", { "data-state": status.name, x: `${x - width}%`, width: `${width}%`, height: "100%" });
	});
	return h("svg.share", { role: "img", "aria-label": `${totalOf(queue, FINISHED)} of ${total} finished` }, bars);
}

const stateCount = ({ name, label, short = label }, count) =>
	h("div", { "data-state": name, class: count ? "" : "none" }, h("dt", short), h("dd", digits(count)));

const waitingSince = (iso) =>
	h("time", { datetime: iso, title: new Date(iso).toLocaleString() }, `next has waited ${duration(secondsSince(iso))}`);

const paceOf = ({ median_s: median, p90_s: most }) =>
	median != null &&
	h("span", { title: `nine of ten at most ${duration(most)}` }, `half take at most ${duration(median)}`);

export const acts = { archived: (page) => page.go(page.data.archived ? "/queues" : "/queues?archived=1") };
