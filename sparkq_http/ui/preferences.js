// What this browser remembers about how its user likes the page.

function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Without storage the choice lasts until the tab closes.
  }
}

/** What was chosen last, by a name such as "queue", to begin with the next time. */
export const remembered = (name) => read(`last-${name}`);
export const remember = (name, value) => write(`last-${name}`, value);

const root = document.documentElement;

export const theme = () => root.dataset.theme ?? "system";

/** Choose the next theme: light, dark, then that of the system again. theme.js restores it before the first paint. */
export function nextTheme() {
  const next = { undefined: "light", light: "dark", dark: null }[root.dataset.theme];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  write("theme", next);
}

/** True unless single letters were turned off as shortcuts: some people speak, and some keyboards stick. */
export const usesLetters = () => read("letters") !== "no";

export const setLetters = (yes) => write("letters", yes ? null : "no");

/** True if the user wants a notification when all tasks of a queue have finished, and the browser allows it. */
export const notifies = () =>
  read("notify") === "yes" && "Notification" in window && Notification.permission === "granted";

export function setNotifies(yes) {
  write("notify", yes ? "yes" : null);
  dispatchEvent(new Event("notifies"));
}
