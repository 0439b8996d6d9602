// The list of views, with what waits in each: a rail on a wide screen, a bar at the bottom of a phone.

import { queuePath } from "./api.js";
import { h } from "./dom.js";
import { digits } from "./words.js";

/** What the bar of a phone has room for; its other views are under More. */
const FIRST = ["inbox", "running", "queues", "today"];
const MOST_QUEUES = 30;

/** The title of each view and its drawing, in lines of a 16 by 16 field. */
export const VIEWS = {
	inbox: ["Inbox", "M2 9h4l1 2h2l1-2h4M2 9l2-6h8l2 6v4H2z"],
	running: ["Running", "M5 3l8 5-8 5z"],
	board: ["Board", "M2 3h3v10H2zM6.5 3h3v7h-3zM11 3h3v4h-3z"],
	today: ["Today", "M8 2a6 6 0 1 0 .1 0zM8 5v3l2 2"],
	queues: ["Queues", "M2 4h12M2 8h12M2 12h8"],
	tasks: ["Tasks", "M2 4l1 1 2-2M2 11l1 1 2-2M8 4h6M8 12h6"],
	sessions: ["Sessions", "M2 3h8v7H2zM6 10v3h8V6h-4"],
	scripts: ["Scripts", "M5 4L1 8l4 4M11 4l4 4-4 4"],
	settings: ["Settings", "M2 5h7M12 5h2M2 11h2M7 11h7M10.500 3v4M5.500 9v4"],
};

const DETAIL_VIEWS = { queues: "queue", tasks: "task" };

/** The name of the view that an address leads to. */
export function viewAt([first, second]) {
	if (second && Object.hasOwn(DETAIL_VIEWS, first)) return DETAIL_VIEWS[first];
	return Object.hasOwn(VIEWS, first) ? first : "nowhere";
}

/** What a view is called: the name of its queue, the number of its task, or its title. */
export function viewTitle(name, { path: [, of] }) {
	if (name === "queue") return of;
	if (name === "task") return `#${of}`;
	return VIEWS[name]?.[0] ?? "Page not found";
}

export function viewLinks(here, counts) {
	const links = Object.keys(VIEWS).map((name) => link(name, name === here, counts[name]));
	const isInMore = here in VIEWS && !FIRST.includes(here);
	return [...links, h("li.more-views@more", moreButton(isInMore))];
}

const link = (name, isHere, count) =>
	h(
		`li@${name}`,
		{ class: FIRST.includes(name) ? "" : "rest" },
		h(
			"a",
			{ href: `#/${name}`, "aria-current": isHere ? "page" : null },
			drawing(VIEWS[name][1]),
			h("span", VIEWS[name][0]),
			count > 0 && h("span.count", " ", digits(count)),
		),
	);

const drawing = (lines) => h("svg.drawing", { viewBox: "0 0 16 16", "aria-hidden": "true" }, h("path", { d: lines }));

const moreButton = (isHere) =>
	h(
		"button",
		{ "data-act": "more-views", "aria-current": isHere ? "true" : null },
		drawing("M3 8h.1M8 8h.1M13 8h.1"),
		h("span", "More"),
	);

export function queueLinks(queues, route) {
	const shown = queues.filter(({ status }) => status === "active").slice(0, MOST_QUEUES);
	if (!shown.length) return [];
	return [
		h("h2@heading", "Queues"),
		h(
			"ul@queues",
			shown.map((queue) => queueLink(queue, route)),
		),
	];
}

function queueLink({ name, queued, running, unreviewed, held }, { path: [view, shown] }) {
	const waiting = unreviewed + held;
	const title = `${digits(waiting)} to review, ${digits(running)} running, ${digits(queued)} queued`;
	return h(
		`li@${name}`,
		h(
			"a",
			{ href: `#${queuePath(name)}`, "aria-current": view === "queues" && shown === name ? "page" : null, title },
			h("span", name),
			waiting > 0 && h("span.count", " ", digits(waiting)),
		),
	);
}
