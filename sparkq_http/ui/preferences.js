// What this browser remembers about how its user likes the page.

import { store, stored } from "./storage.js";

/** What was chosen last, by a name such as "queue", to begin with the next time. */
export const remembered = (name) => stored(`last-${name}`);
export const remember = (name, value) => store(`last-${name}`, value);

const root = document.documentElement;

export const theme = () => root.dataset.theme ?? "system";

/** Choose the next theme: light, dark, then that of the system again. theme.js restores it before the first paint. */
export function nextTheme() {
	const next = { undefined: "light", light: "dark", dark: null }[root.dataset.theme];
	if (next) root.dataset.theme = next;
	else delete root.dataset.theme;
	store("theme", next);
}

/** True unless single letters were turned off as shortcuts: some people speak, and some keyboards stick. */
export const usesLetters = () => stored("letters") !== "no";

export const setLetters = (yes) => store("letters", yes ? null : "no");

/** True if the user wants a notification when all tasks of a queue have finished, and the browser allows it. */
export const notifies = () =>
	stored("notify") === "yes" && "Notification" in window && Notification.permission === "granted";

export function setNotifies(yes) {
	store("notify", yes ? "yes" : null);
	dispatchEvent(new Event("notifies"));
}
