// The one chart that says something: what finished on each of the last days. Its parts differ without colour too.

import { h } from "./dom.js";
import { countOf, OUTCOMES, totalOf } from "./statuses.js";

const HEIGHT = 96;
const WIDTH = 64;
const TOP = 16;

/** The chart of `days`, each { date, succeeded, failed, timed_out }: one bar a day, in the colours of the outcomes. */
export function chart(days) {
	const most = Math.max(...days.map((day) => totalOf(day, OUTCOMES)), 1);
	const bars = days.map((day, index) => bar(day, index * WIDTH, HEIGHT / most));
	const label = days.map(inWords).join("; ");
	return h(
		"figure.chart@chart",
		h("svg", { viewBox: `0 0 ${WIDTH * days.length} ${HEIGHT + 36}`, role: "img", "aria-label": label }, bars),
		h("figcaption", OUTCOMES.map(legend)),
	);
}

const legend = ({ name, label }) =>
	h("span", h("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, part({ name }, 1, 1, 10, 10)), label);

const inWords = (day) =>
	`${day.date}: ${OUTCOMES.map((outcome) => `${countOf(day, outcome)} ${outcome.label}`).join(", ")}`;

function bar(day, left, scale) {
	const total = totalOf(day, OUTCOMES);
	const middle = left + WIDTH / 2;
	let top = HEIGHT + TOP;
	const parts = OUTCOMES.map((outcome) => {
		const height = scale * countOf(day, outcome);
		top -= height;
		return height > 0 && part(outcome, left + 12, top, WIDTH - 24, height);
	});
	return h(
		`g@${day.date}`,
		h("title", inWords(day)),
		parts,
		total > 0 && h("text.number", { x: middle, y: top - 4, "text-anchor": "middle" }, total),
		h("text", { x: middle, y: HEIGHT + 2 * TOP, "text-anchor": "middle" }, weekday(day.date)),
	);
}

const part = ({ name }, x, y, width, height) => h("rect", { x, y, width, height, rx: 2, "data-state": name });

const weekday = (date) => new Date(`${date}T12:00:00Z`).toLocaleDateString("en", { weekday: "short" });
