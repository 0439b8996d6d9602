// "Since you were here": what happened while you were away. A reload or a glance at another tab is not an absence.

import { get, query } from "../api.js";
import { loadedFrom } from "../served.js";

const KEY = `here-${loadedFrom.project}`;
const ABSENCE_MS = 20 * 60_000;
const SIGN_MS = 30_000;

let stays = null; // { since, here }: when the last absence began, and the last sign of you

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function keep(next) {
  stays = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(stays));
  } catch {
    // Without storage an absence is noticed only while the tab is open.
  }
  return stays.since;
}

/** Note that you are here. After an absence, "since" is its beginning; null if this browser does not know you. */
export function beHere(now = Date.now()) {
  const kept = read() ?? stays;
  const isBack = kept && now - kept.here >= ABSENCE_MS;
  return keep({ since: isBack ? kept.here : (kept?.since ?? null), here: now });
}

/** What happened since your absence began; in a browser that does not know you, since your last look elsewhere. */
export async function since() {
  const began = beHere();
  const counts = await get(`/digest${query({ since: began === null ? null : new Date(began).toISOString() })}`);
  if (began === null) keep({ ...stays, since: Date.parse(counts.since) });
  return counts;
}

setInterval(() => document.visibilityState === "visible" && beHere(), SIGN_MS);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && beHere());
