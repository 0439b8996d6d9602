// What you have begun to write, kept until it is sent: by what it answers, such as "feedback-42-1".

import { loadedFrom } from "./served.js";
import { store, stored } from "./storage.js";

const PREFIX = `draft-${loadedFrom.project}-`; // another project at this address has other tasks
const MS_KEPT = 14 * 86_400_000;

/** The draft by its key, null if there is none. */
export const draftOf = (key) => JSON.parse(stored(PREFIX + key) ?? "null")?.value ?? null;

/** Keep a draft; an empty one is forgotten. */
export const keepDraft = (key, value) => store(PREFIX + key, value ? JSON.stringify({ at: Date.now(), value }) : null);

export const forgetDraft = (key) => keepDraft(key, null);

/** Drafts of tasks that were answered elsewhere would stay for ever. */
export function forgetOldDrafts() {
	try {
		for (const name of Object.keys(localStorage))
			if (name.startsWith(PREFIX) && Date.now() - JSON.parse(stored(name)).at > MS_KEPT) store(name, null);
	} catch {
		// Nothing is stored.
	}
}
