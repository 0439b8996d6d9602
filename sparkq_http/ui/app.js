// The page starts here, and refreshes when something happens.

import { post } from "./api.js";
import "./input.js";
import "./review/swipe.js";
import { follow } from "./live.js";
import { draw, drawTab, navigate, page, project, refreshCounts } from "./page.js";
import * as inbox from "./views/inbox.js";

const REFRESH_MS = 120;
const REDRAW_MS = 5000;
const COUNTS_MS = 60_000;

const ignore = () => {};

let refreshTimer = 0;
let isStale = false; // the counts of the navigation, at least
let viewAffected = false;
let online = true;

/** Several events in quick succession cause one refresh. */
function onEvent(event) {
  if (page.view?.affects(event, page.data)) viewAffected = true;
  isStale = true;
  refreshTimer ||= setTimeout(refresh, REFRESH_MS);
}

/** One refresh at a time: those events that come meanwhile cause the next, and each shows what it found. */
async function refresh() {
  const showsMore = viewAffected;
  isStale = viewAffected = false;
  await Promise.all([refreshCounts().catch(ignore), showsMore && page.refresh()]);
  refreshTimer = isStale ? setTimeout(refresh, REFRESH_MS) : 0;
}

function refreshAll() {
  isStale = viewAffected = true;
  refreshTimer ||= setTimeout(refresh);
}

function onServer(server) {
  const connected = server !== null;
  document.getElementById("banner").hidden = connected;
  if (connected && !online) refreshAll();
  if (connected && project.name !== server.project) showProjectName(server.project);
  online = connected;
}

function showProjectName(name) {
  project.name = name;
  document.getElementById("project").textContent = name;
  if (page.view) drawTab();
}

// When the inbox is left, "since your last look" counts from now.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && page.view === inbox && page.data)
    post("/inbox/look", undefined, { keepalive: true }).catch(ignore);
});

addEventListener("hashchange", navigate);
setInterval(() => document.visibilityState === "visible" && draw(), REDRAW_MS);
// Out of sight the page has no feed, but its title still counts.
setInterval(() => document.visibilityState === "hidden" && refreshCounts().catch(ignore), COUNTS_MS);
navigate();
refreshCounts().catch(ignore);
follow({ onEvent, onMissed: refreshAll, onServer });
