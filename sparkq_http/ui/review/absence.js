// "Since you were here": what happened while you were away. A reload or a glance at another tab is not an absence.

import { get, query } from "../api.js";
import { loadedFrom } from "../served.js";
import { store, stored } from "../storage.js";

const KEY = `here-${loadedFrom.project}`;
const ABSENCE_MS = 20 * 60_000;
const SIGN_MS = 30_000;

/** Keep { since, here }: when the last absence began, and the last sign of you. */
function keep(stays) {
	store(KEY, JSON.stringify(stays));
	return stays.since;
}

/** Note that you are here. After an absence, "since" is its beginning; null if this browser does not know you. */
export function beHere(now = Date.now()) {
	const kept = JSON.parse(stored(KEY));
	const isBack = kept && now - kept.here >= ABSENCE_MS;
	return keep({ since: isBack ? kept.here : (kept?.since ?? null), here: now });
}

/** What happened since your absence began; in a browser that does not know you, since your last look elsewhere. */
export async function since() {
	const began = beHere();
	const counts = await get(`/digest${query({ since: began === null ? null : new Date(began).toISOString() })}`);
	if (began === null) keep({ since: Date.parse(counts.since), here: Date.now() });
	return counts;
}

setInterval(() => document.visibilityState === "visible" && beHere(), SIGN_MS);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && beHere());
