// How times, states and amounts read.

import { h } from "./dom.js";
import { stateOf } from "./statuses.js";

const UNITS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** Seconds as one or two units: 42 s, 3 min, 1 h 20 min. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  for (const [index, [size, name]] of UNITS.entries()) {
    if (whole < size && size > 1) continue;
    const rest = UNITS[index + 1];
    const more = rest && size >= 3600 ? Math.floor((whole % size) / rest[0]) : 0;
    return `${Math.floor(whole / size)} ${name}${more ? ` ${more} ${rest[1]}` : ""}`;
  }
  return "0 s";
}

export const since = (iso) => (Date.now() - Date.parse(iso)) / 1000;

/** A moment as its age, with the moment itself in the tooltip. */
export function ago(iso) {
  if (!iso) return null;
  const seconds = since(iso);
  return h(
    "time",
    { datetime: iso, title: new Date(iso).toLocaleString() },
    seconds < 5 ? "just now" : `${duration(seconds)} ago`,
  );
}

export function moment(iso) {
  return h(
    "time",
    { datetime: iso, title: iso },
    new Date(iso).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" }),
  );
}

export const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** A state as mark and word. */
export function state(task) {
  const { name, label, mark } = stateOf(task);
  return h("span.state", { "data-state": name }, h("span.mark", { "aria-hidden": "true" }, mark), " ", label);
}

/** How much an attempt changed: "3 files, +40 −12", and whether files had been changed before it began. */
export function changed(found) {
  if (!found?.files) return null;
  const before = found.changed_before ? " with changes from before" : "";
  return `${counted(found.files, "file")}, +${found.insertions ?? 0} −${found.deletions ?? 0}${before}`;
}
