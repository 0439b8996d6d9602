// The review: what waits for you as a list, and the open result beside it; on a narrow screen one at a time.

import { get, query } from "../api.js";
import { h } from "../dom.js";
import { draftOf } from "../drafts.js";
import { allQueues } from "../project.js";
import { since } from "../review/absence.js";
import { detailOf, drawDetail, openTab, readings } from "../review/detail.js";
import { drawList, isFailure } from "../review/list.js";
import { laterKey } from "../review/verdict.js";
import { atWork, empty } from "../rows.js";
import { heldTask } from "../statuses.js";
import { verdictActs } from "../verbs/review.js";

const FIRST_SHOWN = 100;
const MOST_FETCHED = 1000; // by one call, and in all of the newest, which have no cursor

export const keys = readings;

const wide = matchMedia("(min-width: 60rem)");

/** What the address asks for: which tasks, in which order, and which of them is open, in which part. */
function askedBy({ path, query: asked }) {
	const [, id] = path;
	return {
		id: id ? Number(id) : null,
		show: asked.get("show") ?? "",
		queue: asked.get("queue") ?? "",
		newest: asked.get("sort") === "newest",
		tab: asked.get("tab"),
	};
}

export async function load(route, { before, place, touched }) {
	const asked = askedBy(route);
	const shown = (place.shown ??= before?.shown ?? FIRST_SHOWN);
	const { queue, newest } = asked;
	const wanted = asked.show === "failed" ? Math.max(MOST_FETCHED, shown) : shown;
	const list = Promise.all([
		fetchInbox({ queue, sort: newest ? "newest" : null }, wanted),
		get("/board?limit=50&heads=0"),
		allQueues(),
		since(),
	]);
	const open = (id) => openedAs((route.opened = id), asked.tab, before?.detail, touched);
	const id = asked.id ?? route.opened; // what has opened by itself stays open
	const [[inbox, { running: all, assignments }, queues, digest], detail] = await Promise.all([list, id && open(id)]);
	const running = all.filter((task) => !queue || task.queue === queue);
	const data = { asked, inbox, queues, assignments, digest, shown, running };
	data.items = itemsOf(data);
	const first = wide.matches && (!id || (detail.gone && !asked.id)) ? data.items[0] : null;
	data.detail = first ? await open(first.id) : detail;
	return data;
}

/** What waits for you, with the first of its tasks. */
async function fetchInbox(filters, wanted) {
	const tasks = [];
	let inbox = {};
	do {
		const limit = Math.min(MOST_FETCHED, wanted - tasks.length);
		inbox = await get(`/inbox${query({ ...filters, limit, cursor: inbox.next_cursor })}`);
		tasks.push(...inbox.tasks);
	} while (inbox.next_cursor && tasks.length < wanted);
	return { ...inbox, tasks };
}

/** The open task; it is as it was `before`, if neither it nor its queue was touched. */
function openedAs(id, tab, before, touched) {
	const { task, queue } = before ?? {};
	const isSame = task?.id === id && before.asked === tab && touched && !touched.has(id) && !touched.has(queue.id);
	return isSame ? before : detailOf(id, tab, before).catch(missing);
}

/** An open task that was deleted meanwhile leaves an empty place, and the list stays. */
function missing(refusal) {
	if (refusal.status === 404) return { gone: refusal };
	throw refusal;
}

/** Questions first, because a worker waits; what you put off comes last. */
function itemsOf({ asked: { show }, inbox }) {
	const questions = show === "failed" ? [] : inbox.questions.map(heldTask);
	const results = show === "questions" ? [] : inbox.tasks.filter((task) => !show || isFailure(task));
	const items = [...questions, ...results];
	const putOff = (task) => draftOf(laterKey(task)) !== null;
	return [...items.filter((task) => !putOff(task)), ...items.filter(putOff).map((task) => ({ ...task, putOff: true }))];
}

export const tasks = ({ items, running, detail }) =>
	detail?.task ? [detail.task, ...items.filter(({ id }) => id !== detail.task.id), ...running] : [...items, ...running];

export const isNewestFirst = ({ asked }) => asked.newest;

/** In the order of the list, as a range is selected. */
export const selectable = ({ items }) => items.filter(({ status }) => status !== "held");

export function draw(data, page) {
	const { detail, items } = data;
	return [
		h(
			"div.review@review",
			{ "data-open": Boolean(detail) },
			(wide.matches || !detail) && drawList(data, page),
			detail && drawOpen(data, page),
			wide.matches && !detail && !items.length && h("div.detail@nothing", nothing(data)),
		),
	];
}

function drawOpen(data, page) {
	const { detail, items, inbox } = data;
	if (detail.gone) return h("div.detail@gone", empty(detail.gone.message, detail.gone.hint));
	const index = items.findIndex(({ id }) => id === detail.task.id);
	const position = index < 0 ? null : `${index + 1} of ${Math.max(items.length, inbox.total)}`;
	return drawDetail(detail, page, { position, level: wide.matches ? 2 : 1, back: inboxPath(page, null) });
}

const nothing = ({ assignments }) => [
	empty("Nothing waits for your review.", "Results appear here when a worker completes or fails a task."),
	atWork(assignments),
];

export function inboxPath({ data }, id, changes = {}) {
	const { show, queue, newest } = { ...data.asked, ...changes };
	return `/inbox${id ? `/${id}` : ""}${query({ show, queue, sort: newest ? "newest" : null, tab: changes.tab })}`;
}

/** Open the next or an earlier one of the list; on a narrow screen the list has the focus. */
export function move(page, step) {
	const { items, detail } = page.data;
	const asked = Number(page.route.path[1]); // it may not have come yet
	const index = items.findIndex(({ id }) => id === (asked || detail?.task?.id));
	const next = items[Math.max(0, Math.min(items.length - 1, index + step))];
	if (!detail || !next) return false;
	if (next !== items[index]) openItem(page, next.id);
	return true;
}

export function openItem(page, id) {
	page.go(inboxPath(page, id), { replace: true });
	const row = document.querySelector(`#main [data-row="${id}"]`);
	row?.scrollIntoView({ block: "nearest" });
	if (document.activeElement?.closest(".list")) row?.focus({ preventScroll: true });
}

/** After a verdict the next one is open, in the order of the list, and what was put off at the end. */
function openNext(page, decided) {
	const { items, detail } = page.data;
	const index = items.findIndex(({ id }) => id === (detail?.task?.id ?? decided[0]));
	const rest = [...items.slice(index + 1), ...items.slice(0, Math.max(0, index))];
	const left = rest.filter(({ id }) => !decided.includes(id));
	const next = left.find((task) => !task.putOff) ?? left[0];
	return page.go(inboxPath(page, next?.id ?? null), { replace: true });
}

export function afterUndo(page, [id]) {
	if (wide.matches || page.data.detail) page.go(inboxPath(page, id), { replace: true });
}

const filtered = (change) => (page) => page.go(inboxPath(page, null, change(page.data.asked)), { replace: true });

export const filter = (page, name, value) => page.go(inboxPath(page, null, { [name]: value }), { replace: true });

export const acts = {
	...verdictActs(openNext),
	tab: (page, element, { key } = {}) => openTab(page, element?.dataset.tab ?? key, (tab) => inboxPathOf(page, tab)),
	show: (page, button) => page.go(inboxPath(page, null, { show: button.dataset.value }), { replace: true }),
	sort: filtered(({ newest }) => ({ newest: !newest })),
	all: (page) => page.toggleSelection(selectable(page.data)),
	more(page) {
		const { length } = page.data.inbox.tasks;
		page.place.shown = length + Math.min(MOST_FETCHED, 3 * length);
		return page.refresh();
	},
};

const inboxPathOf = (page, tab) => inboxPath(page, page.data.detail.task.id, { tab });

wide.addEventListener("change", () => dispatchEvent(new Event("hashchange")));
