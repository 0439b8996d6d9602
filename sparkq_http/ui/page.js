// What is shown: the view at the address, its data, and the counts in the navigation, the title and the icon.

import { get, queuePath } from "./api.js";
import { dialogIsOpen, focusedNow, giveFocus, sayError } from "./dialogs.js";
import { byId, h, patch } from "./dom.js";
import { firstSteps } from "./first.js";
import { queueLinks, viewAt, viewLinks, viewTitle } from "./navigation.js";
import { notifyOf } from "./notify.js";
import { hasPart, loadedPart, loadInQuiet, part } from "./parts.js";
import { placeNow } from "./places.js";
import { remember, remembered } from "./preferences.js";
import { fetchCounts, project, takeChanges } from "./project.js";
import { BEGUN, totalOf } from "./statuses.js";
import * as inbox from "./views/inbox.js";

export const main = byId("main");

const ON_THE_WAY = {};

hasPart("views/inbox", inbox);

export const page = {
	name: null, // of the view, such as "inbox"
	view: null, // its module
	route: null,
	data: null,
	selected: new Set(),
	place: {}, // in this entry of the history: { y, row, shown }
	go(path, { replace = false } = {}) {
		if (!replace) {
			location.hash = path;
			return null;
		}
		// Another task begins at its top, and nobody has come back to a row.
		if (pathIn(path) !== pathIn(location.hash.slice(1))) Object.assign(page.place, { y: 0, row: null });
		history.replaceState(history.state, "", `#${path}`);
		return navigate();
	},
	tasks: () => (page.data && page.view.tasks?.(page.data)) ?? [],
	task: (id) => page.tasks().find((shown) => shown.id === id),
	draw,
	/** Select these tasks, or none if any is selected. */
	toggleSelection(tasks) {
		if (page.selected.size) page.selected.clear();
		else for (const { id } of tasks) page.selected.add(id);
		draw();
	},
	refresh: load,
	/** False while what is at the address is on its way: what is shown is what was left. */
	isThere: () => page.route.returned || page.data?.detail?.task?.id === Number(page.route.path[1]),
	/** Wait for what is on its way. */
	arrival: () => current?.done,
	/** Load nothing while tasks are being deleted: one of them may be open. */
	async whileDeleting(run) {
		deletion = new Promise((resolve) => (goOn = resolve));
		await run().finally(goOn);
	},
	/** Refresh after these tasks were deleted; the view of one of them gives way to its queue. */
	refreshWithout(ids) {
		const { task: shown } = page.data ?? {};
		goOn();
		if (ids.includes(page.route.opened)) page.route.opened = null;
		if (page.name !== "task" || !ids.includes(shown?.id)) return load();
		return page.go(queuePath(shown.queue), { replace: true });
	},
};

const pathIn = (address) => address.split("?")[0];

function decoded(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function currentRoute() {
	const [path, query] = (location.hash.slice(1) || "/inbox").split("?");
	const parts = path.split("/").filter(Boolean).map(decoded);
	return { path: parts, address: location.hash, query: new URLSearchParams(query ?? "") };
}

export function navigate() {
	const route = currentRoute();
	if (!route.path.length) {
		location.replace("#/inbox");
		return null;
	}
	const name = viewAt(route.path);
	const same = name === page.name && areaOf(name, route) === areaOf(name, page.route);
	page.place = placeNow();
	page.name = name;
	page.view = loadedPart(`views/${name}`) ?? ON_THE_WAY;
	page.route = route;
	if (!same) {
		page.data = null;
		page.selected.clear();
	}
	drawNavigation();
	return load();
}

/** What a view shows whole: at another address of the same area it keeps its rows and its selection. */
const areaOf = (name, route) => name === "inbox" || route.path.join("/");

let deletion = null; // what waits until tasks have been deleted
let goOn = () => {};
let current = null; // the load under way: { route, touched, done, next, nextTouched }
let isBehind = false; // the last load failed
let listAddress = "";

/**
 * Load the view, one load at a time. During one, all who ask wait for the next, which sees what they have done.
 * `touched` are the ids of the tasks and queues that have changed, null if anything may have.
 */
function load(touched = null) {
	const { route } = page;
	const before = current;
	if (before?.route === route) {
		before.nextTouched = before.next ? merged(before.nextTouched, touched) : touched;
		return (before.next ??= before.done.then(() => page.route === route && load(before.nextTouched)));
	}
	const mine = { route, touched };
	current = mine;
	mine.done = loadView(mine).finally(() => {
		if (current === mine) current = null;
	});
	return mine.done;
}

export const merged = (touched, more) => touched && more && new Set([...touched, ...more]);

async function loadView(mine) {
	const overtaken = () => current !== mine;
	const entering = page.data === null;
	const { name, route } = page;
	if (entering) main.setAttribute("aria-busy", "true");
	if (entering && !arrived) patch(main, [h("p.loading@loading", "Loading …")]);
	try {
		const touched = isBehind || entering ? null : mine.touched;
		const [view] = await Promise.all([part(`views/${name}`), deletion]);
		if (overtaken()) return;
		page.view = view;
		const loading = view.load(route, { before: page.data, place: page.place, touched });
		const [data] = await Promise.all([loading, firstFrame]);
		await released; // what is done by the finger is for what it sees
		if (overtaken()) return;
		isBehind = false;
		page.data = data;
		scrollToNewList(route);
		keepSelected(page.tasks());
		draw();
		if (entering) arrive();
		returnTo(route);
	} catch (error) {
		if (overtaken()) return;
		isBehind = true;
		if (error.status === 404) page.data = null;
		if (page.data) sayError(error);
		else drawError(error);
	} finally {
		if (!overtaken()) main.removeAttribute("aria-busy");
	}
}

/** Begin another list at its top: scrolled to the end of the old one, it would load more by itself. */
function scrollToNewList({ address }) {
	if (address !== listAddress) scrollTo(0, 0);
	listAddress = address;
}

/** After Back the rows, the place and the focus are those that were left. */
function returnTo(route) {
	if (route.returned) return;
	route.returned = true;
	const { y, row } = page.place;
	if (row && !dialogIsOpen()) main.querySelector(`[data-row="${row}"]`)?.focus({ preventScroll: true });
	if (y) scrollTo(0, y);
}

function keepPlace() {
	if (!page.data || !page.route.returned) return;
	page.place.y = scrollY;
	page.place.row = focusedRow()?.dataset.row;
}
addEventListener("scroll", keepPlace, { passive: true });
addEventListener("focusin", keepPlace);

/** Drop from the selection what the view no longer shows. */
function keepSelected(tasks) {
	if (!page.selected.size) return;
	const shown = new Set(tasks.map((task) => task.id));
	for (const id of page.selected) if (!shown.has(id)) page.selected.delete(id);
}

function drawError({ message, hint }) {
	patch(main, [h("div.empty@problem", { role: "alert" }, h("p", h("strong", message)), h("p", hint ?? ""))]);
}

/** Change the page, and keep the row in the middle of the window where it is: Chrome does not do so by itself. */
function holdingStill(change) {
	const row = scrollY > 0 && document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest("#main li");
	const before = row && row.getBoundingClientRect().top;
	change();
	if (row?.isConnected) scrollBy(0, row.getBoundingClientRect().top - before);
}

let isPressed = false;
let isOverdue = false;
let released = null; // while something is held: what waits for its release
let release = () => {};

/** While a button or a dragged task is held, nothing moves under the finger, and what comes waits. */
export function setPressed(pressed) {
	isPressed = pressed;
	if (pressed) {
		released ??= new Promise((resolve) => (release = resolve));
		return;
	}
	released = null;
	release();
	if (isOverdue) draw();
}

let drawnRoute = null; // the address that is shown

export function draw() {
	isOverdue = isPressed;
	if (!page.data || isPressed) return;
	const focused = focusedRow();
	const index = focused ? [...main.querySelectorAll("[data-row]")].indexOf(focused) : -1;
	const field = focusedNow()?.closest("#main textarea, #main input:not([type=checkbox])");
	holdingStill(() =>
		patch(main, [
			FIRST_STEPS.includes(page.name) && project.queues && firstSteps(project),
			...page.view.draw(page.data, page),
		]),
	);
	if (field?.isConnected === false && drawnRoute === page.route) dispatchEvent(new Event("field-gone"));
	drawnRoute = page.route;
	main.dataset.view = page.route.path[0];
	document.body.toggleAttribute("data-verdict", byId("feedback") !== null);
	// The row that had the focus is gone: focus the row that took its place.
	if (index >= 0 && !focusedRow()) {
		const remaining = [...main.querySelectorAll("[data-row]")];
		giveFocus(remaining[Math.min(index, remaining.length - 1)]);
	}
	drawTab();
}

/** The views that show the first steps. */
const FIRST_STEPS = ["inbox", "queues", "running"];

export const focusedRow = () => focusedNow()?.closest("#main li")?.querySelector("[data-row]");

let arrived = false;

/** The page is painted before its data are drawn, however many they are. Out of sight nothing is painted. */
const firstFrame = new Promise((resolve) => {
	if (document.hidden) resolve();
	requestAnimationFrame(() => setTimeout(resolve));
	document.addEventListener("visibilitychange", resolve, { once: true });
});

function arrive() {
	scrollTo(0, 0);
	// After the first view the focus stays at the top of the document, where the skip link is.
	if (arrived && !dialogIsOpen()) main.focus({ preventScroll: true });
	if (!arrived) loadInQuiet();
	arrived = true;
}

function drawNavigation() {
	const counts = { inbox: project.waiting, tasks: project.open, running: project.running };
	patch(byId("views"), viewLinks(page.route.path[0], counts));
	patch(byId("queues"), queueLinks(project.queues ?? [], page.route));
	drawTab();
}

/** Show in the tab's title and icon how many results and questions wait for you. */
export function drawTab() {
	const waiting = project.waiting ?? 0;
	document.title = `${waiting ? `(${waiting}) ` : ""}${viewTitle(page.name, page.route)} · ${project.name || "SparkQ"}`;
	const icon = `data:image/svg+xml,${encodeURIComponent(drawing(waiting))}`;
	const link = document.querySelector("link[rel=icon]");
	if (link.href !== icon) link.href = icon;
}

function drawing(waiting) {
	const text = waiting > 99 ? "99" : String(waiting || "Q");
	return [
		'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">',
		`<rect width="32" height="32" rx="8" fill="${waiting ? "#c2410c" : "#475569"}"/>`,
		`<text x="16" y="22" font-family="sans-serif" font-size="${text.length > 1 ? 15 : 18}" font-weight="bold"`,
		` text-anchor="middle" fill="#fff">${text}</text></svg>`,
	].join("");
}

/** Show the counts of all queues, or of those that have `changed`, and notify of what they say. */
export async function refreshCounts(changed = null) {
	const before = project.queues;
	if (!changed || !takeChanges(changed)) await fetchCounts();
	if (before) notifyOf(before, project.queues);
	await noticeFirstWorker();
	drawNavigation();
}

/** How many purges deleted before the page came: of a later one, it saw that the tasks were begun. */
let purged;

/** True until a task is begun. If all of these were deleted later, this browser remembers it, or a purge tells. */
async function isNew(queues) {
	if (!queues.length) return true;
	const begun = `begun-${queues.map((queue) => queue.created_at).sort()[0]}`;
	if (remembered(begun)) return false;
	if (queues.every((queue) => !totalOf(queue, BEGUN) && !queue.held)) {
		purged ??= (await get("/inbox?limit=1")).purge?.deleted ?? 0;
		return !purged;
	}
	remember(begun, "yes");
	return false;
}

/** The first steps are shown until a worker has begun a task. */
async function noticeFirstWorker() {
	const wasNew = project.isNew;
	project.isNew = await isNew(project.all);
	if (wasNew && !project.isNew) project.worker = (await get("/tasks?status=running&limit=1")).tasks[0];
	if (wasNew || project.isNew) draw();
}
