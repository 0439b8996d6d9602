// The landing view: what finished since you were here, what runs, what is next, what needs you.

import { at, get } from "../api.js";
import { h } from "../dom.js";
import { bar, button, empty, list, outcome, row, section } from "../rows.js";
import { countOf, OUTCOMES } from "../statuses.js";
import { ago, counted } from "../words.js";

const SHOWN = 100;
const LATE = { name: "late", label: "came late", mark: "⏱" };

export const title = "Inbox";
export const keys = [
  ["a", "accept"],
  ["r", "requeue with feedback"],
];

export async function load() {
  const [inbox, running, queues] = await Promise.all([
    get(`/inbox?limit=${SHOWN}`),
    get("/tasks?status=running&limit=50"),
    get("/queues"),
  ]);
  const waiting = queues.queues.filter((one) => one.queued && one.status !== "archived");
  const heads = await Promise.all(waiting.map((one) => get(`/queues/${at(one.name)}/peek?limit=1`)));
  return {
    inbox,
    running,
    queues: queues.queues,
    next: waiting.map((queue, index) => ({ queue, task: heads[index].tasks[0] })),
  };
}

export const tasks = (data) => [
  ...data.inbox.tasks,
  ...data.running.tasks,
  ...data.next.map((one) => one.task).filter(Boolean),
];
export const affects = () => true;

export function draw(data, page) {
  return [
    h("h1", { "data-key": "title" }, "Inbox"),
    left(data.inbox.since_last_look),
    attention(data),
    data.running.tasks.length &&
      section(
        "Running now",
        null,
        list(
          "Running now",
          data.running.tasks.map((task) => row(task, page, { plain: true, facts: [bar(task), task.worker_id] })),
        ),
      ),
    data.next.length &&
      section(
        "Next up",
        null,
        list(
          "Next up",
          data.next
            .filter((one) => one.task)
            .map(({ queue, task }) =>
              row(task, page, { plain: true, facts: [queue.queued > 1 ? `${queue.queued - 1} more behind it` : null] }),
            ),
        ),
      ),
    waiting(data, page),
  ];
}

function left(since) {
  const count = (outcome) => since.queues.reduce((sum, queue) => sum + countOf(queue, outcome), 0);
  return h(
    "section.since",
    { "data-key": "since", "aria-label": "Since you were last here" },
    h(
      "p.when",
      {},
      since.since ? h("span", {}, "Since you were last here, ", ago(since.since)) : "Since the beginning",
    ),
    h(
      "dl",
      {},
      [...OUTCOMES, LATE].map((outcome) =>
        h(
          "div",
          { "data-state": outcome.name, class: count(outcome) ? "" : "none" },
          h("dt", {}, h("span", { "aria-hidden": "true" }, `${outcome.mark} `), outcome.label),
          h("dd", {}, count(outcome).toLocaleString("en")),
        ),
      ),
    ),
  );
}

function attention(data) {
  const found = [];
  for (const task of data.running.tasks.filter((one) => one.stale))
    found.push([
      `stale-${task.id}`,
      `⚠️ #${task.id} is stale: ${task.worker_id} has said nothing for a whole timeout.`,
      `#/tasks/${task.id}`,
    ]);
  for (const one of data.queues.filter((queue) => queue.status === "ended" && queue.queued))
    found.push([
      `ended-${one.name}`,
      `${one.name} has ended with ${counted(one.queued, "task")} waiting.`,
      `#/queues/${at(one.name)}`,
    ]);
  for (const task of data.inbox.tasks.filter((one) => one.late))
    found.push([
      `late-${task.id}`,
      `#${task.id} timed out, and its result came later: accept it, or requeue.`,
      `#/tasks/${task.id}`,
    ]);
  return (
    found.length > 0 &&
    section(
      "Needs you",
      null,
      h(
        "ul.notes",
        {},
        found.slice(0, 8).map(([key, text, href]) => h("li", { "data-key": key }, h("a", { href }, text))),
      ),
    )
  );
}

function waiting(data, page) {
  const { tasks: found, total } = data.inbox;
  if (!total)
    return section(
      "To review",
      null,
      data.queues.length
        ? empty("Nothing waits for your review.", "Results appear here when a worker completes or fails a task.")
        : empty(
            "There is no queue yet.",
            "Create one here (press n), or in a terminal:",
            "sparkq queue create backend",
          ),
    );
  const many = page.selected.size > 0;
  return section(
    `To review`,
    h("span.count", {}, total.toLocaleString("en")),
    h(
      "div.bulk",
      {},
      button("all", many ? "Select none" : "Select all"),
      button("accept", many ? `Accept ${page.selected.size}` : "Accept the first", { class: "primary" }),
      many && button("requeue", `Requeue ${page.selected.size} …`),
    ),
    list(
      "To review",
      found.map((task) =>
        row(task, page, {
          summary: task.summary,
          facts: outcome(task),
          actions: [
            button("accept", task.late ? "Accept late result" : "Accept", { "data-id": task.id }),
            button("requeue", "Requeue …", { "data-id": task.id }),
          ],
        }),
      ),
    ),
    total > found.length &&
      h("p.more", {}, `${counted(total - found.length, "more task")} after these: accept some, and they come up.`),
  );
}

export const acts = {
  all(page) {
    if (page.selected.size) page.selected.clear();
    else for (const task of page.data.inbox.tasks) page.selected.add(task.id);
    page.redraw();
  },
};
