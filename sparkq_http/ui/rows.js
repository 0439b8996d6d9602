// A task as one line of a list, the same in every view.

import { h } from "./dom.js";
import { markOf } from "./statuses.js";
import { ago, changed, duration, since, state } from "./words.js";

/**
 * How long a running task has been silent, against its timeout; after the warning also when it fails.
 * Between two answers of the server the time runs on: a task is late as soon as its timeout is over, but fails only
 * after a warning.
 */
export function bar(task) {
  const heard = since(task.heartbeat_at ?? task.claimed_at);
  const left = -since(task.deadline);
  const share = heard / task.timeout;
  const kind = task.stale && left <= 0 ? "over" : task.stale || share >= 1 ? "late" : "well";
  const end = task.stale ? (left <= 0 ? ", fails now" : `, fails in ${duration(left)}`) : "";
  const words = `${duration(heard)} of ${duration(task.timeout)}${end}`;
  return h(
    "span.age",
    { "data-kind": kind },
    h("span.track", { "aria-hidden": "true" }, h("span.fill", { "data-share": Math.min(20, Math.floor(share * 20)) })),
    h(
      "span.words",
      {},
      kind === "well" ? "" : h("span", { "aria-hidden": "true" }, `${markOf(kind === "late" ? "stale" : "failed")} `),
      words,
    ),
  );
}

export function row(
  task,
  page,
  { facts = [], actions = [], summary = null, queue = true, draggable = false, plain = false } = {},
) {
  const id = task.id;
  return h(
    "li.row",
    {
      "data-key": `task-${id}`,
      "data-id": id,
      draggable: draggable ? "true" : null,
      class: page.selected.has(id) ? "selected" : "",
    },
    plain
      ? null
      : h("input.pick", {
          type: "checkbox",
          "data-act": "pick",
          "data-id": id,
          checked: page.selected.has(id),
          "aria-label": `Select #${id}`,
        }),
    h(
      "div.what",
      {},
      h("a.title", { href: `#/tasks/${id}`, "data-row": id }, h("span.id", {}, `#${id}`), " ", task.title),
      summary && h("p.summary", {}, summary),
    ),
    h(
      "div.facts",
      {},
      state(task),
      queue && h("a.queue", { href: `#/queues/${encodeURIComponent(task.queue)}` }, task.queue),
      ...facts.map((one) => one && h("span", {}, one)),
    ),
    actions.length ? h("div.actions", {}, actions) : null,
  );
}

export const button = (act, word, attributes = {}) =>
  h("button", { type: "button", "data-act": act, ...attributes }, word);

/** What stands beside a finished task. */
export const outcome = (task) => [
  task.late ? h("span.late", {}, "late result") : null,
  task.duration_s !== undefined && task.duration_s !== null ? duration(task.duration_s) : null,
  changed(task.changed),
  ago(task.finished_at),
];

export const list = (label, rows) => h("ul.rows", { "data-key": `list-${label}`, "aria-label": label }, rows);

export const empty = (title, text, command = null) =>
  h("div.empty", {}, h("p", {}, h("strong", {}, title)), h("p", {}, text), command && h("pre", {}, command));

export const section = (title, more, ...children) =>
  h("section", { "data-key": `section-${title}` }, h("header", {}, h("h2", {}, title), more), children);
