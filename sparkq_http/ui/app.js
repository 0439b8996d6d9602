// The page starts here, and refreshes when something happens.

import { byId } from "./dom.js";
import { post } from "./api.js";
import { forgetOldDrafts } from "./drafts.js";
import * as help from "./help.js";
import "./input.js";
import "./review/swipe.js";
import { follow } from "./live.js";
import { notifyOfKinds } from "./notify.js";
import { draw, drawTab, main, merged, navigate, page, refreshCounts } from "./page.js";
import { hasPart } from "./parts.js";
import { project } from "./project.js";
import { refreshAges } from "./words.js";

const REFRESH_MS = 120;
const REDRAW_MS = 5000;
const COUNTS_MS = 60_000;

// Who types at once behind Ctrl K means the palette: before it is there, each letter would be a command.
hasPart("help", help);

const ignore = () => {};
const NOTHING = new Set();

let refreshTimer = 0;
let touched = NOTHING; // the ids of tasks and queues since the last refresh, null if anything may have changed
let lastRefresh = 0;
let online = true;

/** The counts come with the changes. The view is refreshed at once, and again only after a moment. */
function onChanges({ kinds, tasks, queues, everything }) {
	notifyOfKinds(kinds);
	const isAll = everything || kinds.includes("reloaded");
	refreshCounts(everything ? null : queues).catch(ignore);
	refreshSoon(isAll ? null : new Set([...tasks, ...queues.map(({ id }) => id)]));
}

function refreshSoon(more) {
	touched = merged(touched, more);
	refreshTimer ||= setTimeout(refresh, Math.max(0, lastRefresh + REFRESH_MS - performance.now()));
}

/** One refresh at a time: those changes that come meanwhile cause the next, and each shows what it found. */
async function refresh() {
	const seen = touched;
	touched = NOTHING;
	if (page.view && (!seen || (page.view.affects?.(seen, page.data) ?? true))) await page.refresh(seen);
	lastRefresh = performance.now();
	refreshTimer = 0;
	if (touched !== NOTHING) refreshSoon(NOTHING);
}

function refreshAll() {
	refreshCounts().catch(ignore);
	refreshSoon(null);
}

function onServer(server) {
	const connected = server !== null;
	byId("banner").hidden = connected;
	if (connected && !online) refreshAll();
	if (connected && project.name !== server.project) showProjectName(server.project);
	online = connected;
}

function showProjectName(name) {
	project.name = name;
	byId("project").textContent = name;
	if (page.view) drawTab();
}

// When the inbox is left, "since your last look" counts from now.
document.addEventListener("visibilitychange", () => {
	if (document.visibilityState === "hidden" && page.name === "inbox" && page.data)
		post("/inbox/look", undefined, { keepalive: true }).catch(ignore);
});

addEventListener("hashchange", navigate);
setInterval(() => document.visibilityState === "visible" && (draw(), refreshAges(main)), REDRAW_MS);
// Out of sight the page has no feed, but its title still counts.
setInterval(() => document.visibilityState === "hidden" && refreshCounts().catch(ignore), COUNTS_MS);
forgetOldDrafts();
navigate();
refreshCounts().catch(ignore);
follow({ onChanges, onMissed: refreshAll, onServer });
