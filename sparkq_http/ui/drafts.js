// What you have begun to write, kept until it is sent: by what it answers, such as "feedback-42-1".

import { loadedFrom } from "./served.js";

const PREFIX = `draft-${loadedFrom.project}-`; // another project at this address has other tasks
const DAYS_KEPT = 14;
const DAY_MS = 86_400_000;

const unstored = new Map(); // where the browser keeps nothing

const now = () => Date.now();

/** The draft by its key, null if there is none. */
export function draftOf(key) {
  try {
    const kept = localStorage.getItem(PREFIX + key);
    return kept === null ? null : JSON.parse(kept).value;
  } catch {
    return unstored.get(key) ?? null;
  }
}

/** Keep a draft; an empty one is forgotten. */
export function keepDraft(key, value) {
  try {
    if (value) localStorage.setItem(PREFIX + key, JSON.stringify({ at: now(), value }));
    else localStorage.removeItem(PREFIX + key);
  } catch {
    unstored.set(key, value);
  }
}

export const forgetDraft = (key) => keepDraft(key, null);

/** Drafts of tasks that were answered elsewhere would stay for ever. */
export function forgetOldDrafts() {
  try {
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(PREFIX)) continue;
      if (now() - JSON.parse(localStorage.getItem(name)).at > DAYS_KEPT * DAY_MS) localStorage.removeItem(name);
    }
  } catch {
    // Nothing is stored.
  }
}
