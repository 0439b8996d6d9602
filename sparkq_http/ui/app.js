// The page: it starts here, and follows what happens.

import { get, post } from "./api.js";
import "./input.js";
import { follow } from "./live.js";
import { count, draw, headline, marks, navigate, page } from "./page.js";
import * as inbox from "./views/inbox.js";

const SOON_MS = 120;
const TICK_MS = 5000;

let soon = 0;

function happened(event) {
  if (page.view?.affects(event, page.data)) page.stale = true;
  if (soon) return;
  soon = setTimeout(async () => {
    soon = 0;
    const again = page.stale;
    page.stale = false;
    await Promise.allSettled([count(), again ? page.refresh() : null]);
  }, SOON_MS);
}

let online = true;

function answers(yes) {
  const banner = document.getElementById("banner");
  banner.hidden = yes;
  if (yes && !online) {
    count().catch(() => {});
    page.refresh();
  }
  online = yes;
}

// The person leaves: "since you were last here" counts from now.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && page.view === inbox && page.data)
    post("/inbox/look", undefined, { keepalive: true }).catch(() => {});
});

addEventListener("hashchange", navigate);
setInterval(() => document.visibilityState === "visible" && draw(), TICK_MS);
get("/health")
  .then((told) => {
    marks.project = told.project;
    document.getElementById("project").textContent = told.project;
    headline();
  })
  .catch(() => {});
navigate();
count().catch(() => {});
follow(happened, answers);
