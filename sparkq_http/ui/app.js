// The page starts here, and refreshes when something happens.

import { get, post } from "./api.js";
import "./input.js";
import { follow } from "./live.js";
import { draw, drawTab, navigate, page, project, refreshCounts } from "./page.js";
import * as inbox from "./views/inbox.js";

const REFRESH_MS = 120;
const REDRAW_MS = 5000;

const ignore = () => {};

let refreshTimer = 0;
let viewAffected = false;
let online = true;

/** Several events in quick succession cause one refresh. */
function onEvent(event) {
  if (page.view?.affects(event, page.data)) viewAffected = true;
  refreshTimer ||= setTimeout(refresh, REFRESH_MS);
}

function refresh() {
  refreshTimer = 0;
  refreshCounts().catch(ignore);
  if (viewAffected) page.refresh();
  viewAffected = false;
}

function onConnection(connected) {
  document.getElementById("banner").hidden = connected;
  if (connected && !online) {
    refreshCounts().catch(ignore);
    page.refresh();
  }
  online = connected;
}

async function showProjectName() {
  project.name = (await get("/health")).project;
  document.getElementById("project").textContent = project.name;
  drawTab();
}

// When the inbox is left, "since your last look" counts from now.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && page.view === inbox && page.data)
    post("/inbox/look", undefined, { keepalive: true }).catch(ignore);
});

addEventListener("hashchange", navigate);
setInterval(() => document.visibilityState === "visible" && draw(), REDRAW_MS);
showProjectName().catch(ignore);
navigate();
refreshCounts().catch(ignore);
follow(onEvent, onConnection);
