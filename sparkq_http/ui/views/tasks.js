// All tasks: filters in the address, search, order, as many pages as one wants.

import { get, query } from "../api.js";
import { h } from "../dom.js";
import { bar, button, empty, list, outcome, row } from "../rows.js";
import { STATUSES, totalOf } from "../statuses.js";
import { counted } from "../words.js";

const PAGE = 50;
const MOST = 1000;
const FILTERS = ["status", "queue", "session", "tool", "worker", "reviewed", "search", "sort", "since", "until"];
const AGES = [
  ["", "any age"],
  ["1", "last day"],
  ["7", "last 7 days"],
  ["30", "last 30 days"],
];

export const title = "Tasks";
export const keys = [
  ["/", "search"],
  ["e", "edit, or requeue with another prompt"],
  ["c", "cancel"],
];

const daysAgo = (days) => new Date(Math.floor(Date.now() / 60_000) * 60_000 - days * 86_400_000).toISOString();

export async function load(route, { before }) {
  const asked = Object.fromEntries(FILTERS.map((name) => [name, route.query.get(name) ?? ""]));
  const days = route.query.get("days");
  if (days) asked.since = daysAgo(Number(days));
  const shown = before && before.address === route.address ? before.shown : PAGE;
  const [queues, sessions, tools] = await Promise.all([
    get("/queues?include_archived=true"),
    get("/sessions"),
    get("/tools"),
  ]);
  const found = [];
  let cursor = null;
  let total = 0;
  do {
    const part = await get(`/tasks${query({ ...asked, limit: Math.min(MOST, shown - found.length), cursor })}`);
    found.push(...part.tasks);
    cursor = part.next_cursor ?? null;
    total = part.total;
  } while (cursor && found.length < shown);
  return {
    address: route.address,
    asked,
    days: days ?? "",
    shown,
    tasks: found,
    total,
    more: cursor !== null,
    queues: queues.queues,
    sessions: sessions.sessions,
    tools: tools.tools,
  };
}

export const affects = () => true;
export const tasks = (data) => data.tasks;

export function draw(data, page) {
  const { asked } = data;
  const many = page.selected.size;
  const queues = data.queues.filter((queue) => !asked.queue || queue.name === asked.queue);
  const count = (statuses) => queues.reduce((sum, queue) => sum + totalOf(queue, statuses), 0);
  const filtered = FILTERS.some((name) => asked[name] && name !== "sort");
  return [
    h("h1", { "data-key": "title" }, "Tasks"),
    h(
      "div.filters",
      { "data-key": "filters", role: "search" },
      h("input", {
        type: "search",
        id: "search",
        "data-filter": "search",
        value: asked.search,
        placeholder: 'Words, or "a phrase"',
        "aria-label": "Search in title, prompt and outcome",
      }),
      h(
        "div.states",
        { role: "group", "aria-label": "Status" },
        statusFilter("", "all", count(STATUSES), asked.status),
        STATUSES.map((status) => statusFilter(status.name, status.label, count([status]), asked.status)),
      ),
      choice("queue", "Queue", asked.queue, [["", "every queue"], ...data.queues.map((one) => [one.name, one.name])]),
      data.sessions.length > 0 &&
        choice("session", "Session", asked.session, [
          ["", "every session"],
          ...data.sessions.map((one) => [one.name, one.name]),
        ]),
      choice("tool", "Tool", asked.tool, [["", "every tool"], ...data.tools.map((one) => [one.name, one.name])]),
      choice("reviewed", "Review", asked.reviewed, [
        ["", "reviewed or not"],
        ["false", "to review"],
        ["true", "reviewed"],
      ]),
      choice("days", "Age", data.days, AGES),
      choice("sort", "Order", asked.sort, [
        ["", "usual order"],
        ["newest", "newest first"],
        ["oldest", "oldest first"],
      ]),
      h("input", {
        type: "text",
        "data-filter": "worker",
        value: asked.worker,
        placeholder: "Worker",
        "aria-label": "Worker",
        size: 12,
      }),
      filtered && h("a", { href: "#/tasks" }, "Clear"),
    ),
    h("p.total", { "data-key": "total", "aria-live": "polite" }, counted(data.total, "task"), filtered ? " match" : ""),
    h(
      "div.bulk",
      { "data-key": "bulk" },
      data.tasks.length > 0 && button("all", many ? "Select none" : "Select all"),
      many > 0 && [
        button("accept", `Accept ${many}`, { class: "primary" }),
        button("requeue", "Requeue …"),
        button("cancel", "Cancel …"),
        button("erase", "Delete …", { class: "danger" }),
      ],
    ),
    data.tasks.length
      ? list(
          "Tasks",
          data.tasks.map((task) =>
            row(task, page, {
              facts: task.status === "running" ? [bar(task), task.worker_id] : [task.worker_id, ...outcome(task)],
            }),
          ),
        )
      : filtered
        ? empty("No task matches.", "Take a filter away, or clear them all.")
        : empty(
            "There is no task yet.",
            "Add some here (press n), or in a terminal:",
            'sparkq enqueue "What Claude should do"',
          ),
    data.more && h("p.more", { "data-key": "more" }, button("more", "Show more", { "data-reveal": true })),
  ];
}

const statusFilter = (status, label, count, chosen) =>
  h(
    "button",
    { type: "button", "data-act": "status", "data-value": status, "aria-pressed": String(chosen === status) },
    `${label} `,
    h("span.count", {}, count.toLocaleString("en")),
  );

const choice = (name, label, value, options) =>
  h(
    "select",
    { "data-filter": name, "aria-label": label, "data-key": `filter-${name}` },
    options.map(([one, word]) => h("option", { value: one, selected: one === value }, word)),
  );

function narrowed(page, name, value) {
  const wanted = new URLSearchParams(page.route.query);
  if (value) wanted.set(name, value);
  else wanted.delete(name);
  const text = wanted.toString();
  page.go(`/tasks${text ? `?${text}` : ""}`, { replace: true });
}

export const filter = narrowed;

export const acts = {
  status: (page, button) => narrowed(page, "status", button.dataset.value),
  all(page) {
    if (page.selected.size) page.selected.clear();
    else for (const task of page.data.tasks) page.selected.add(task.id);
    page.redraw();
  },
  more(page) {
    page.data.shown += page.data.shown >= 400 ? 400 : page.data.shown;
    return page.refresh();
  },
};
