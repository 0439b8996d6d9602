// One queue: next up in its order, running, finished.

import { get, query, queuePath } from "../api.js";
import { h } from "../dom.js";
import {
  badges,
  button,
  empty,
  head,
  list,
  outcomeFacts,
  queueButtons,
  row,
  runningFacts,
  section,
  waitsForReview,
} from "../rows.js";
import { digits } from "../words.js";

const SHOWN = 50;
const MOST_SHOWN = 1000;

export const title = (route) => route.path[1];
export const keys = [
  ["f", "move a queued task to the front"],
  ["e", "edit a queued task"],
];

export async function load(route) {
  const name = route.path[1];
  const shown = Number(route.query.get("shown")) || SHOWN;
  const tasksBy = (filter) => get(`/tasks${query({ queue: name, ...filter })}`);
  const [{ queue }, queued, running, finished] = await Promise.all([
    get(queuePath(name)),
    tasksBy({ status: "queued", limit: shown }),
    tasksBy({ status: "running", limit: 50 }),
    tasksBy({ sort: "finished", limit: 20 }),
  ]);
  return { queue, queued, running: running.tasks, finished: finished.tasks, shown };
}

export const affects = () => true;
export const tasks = (data) => [...data.queued.tasks, ...data.running, ...data.finished];

export function draw({ queue, queued, running, finished }, page) {
  return [
    head(h("h1", queue.name, badges(queue)), queueButtons(queue, "primary")),
    waitsForReview(queue) && h("p@waits", h("strong", `${queue.name} ${waitsForReview(queue)}`)),
    queue.instructions && instructions(queue),
    running.length > 0 && runningNow(running, page),
    nextUp(queue, queued, page),
    finished.length > 0 && recentlyFinished(queue, finished, page),
  ];
}

const instructions = (queue) =>
  h(
    "details.instructions@instructions",
    h("summary", "Instructions for every worker"),
    h("pre", { tabindex: "0" }, queue.instructions),
  );

const runningNow = (running, page) =>
  section(
    "Running",
    null,
    list(
      "Running",
      running.map((task) => row(task, page, { showQueue: false, facts: runningFacts(task) })),
    ),
  );

function nextUp(queue, { tasks: queued, total }, page) {
  return section(
    "Next up",
    h("span.count", digits(total)),
    page.selected.size > 0 && selectionButtons(page.selected.size),
    queued.length
      ? [
          h("div.drop@drop", { "data-drop": "front" }, "Drop here to make it next"),
          list(
            "Next up",
            queued.map((task, index) => queuedRow(task, index, page)),
          ),
        ]
      : nothingQueued(queue),
    total > queued.length && h("p.more", showMore(queue, queued.length)),
  );
}

const showMore = ({ name }, shown) =>
  shown < MOST_SHOWN
    ? button("more", "Show more")
    : h("a", { href: `#/tasks${query({ queue: name, status: "queued" })}` }, "Show all");

const selectionButtons = (selected) =>
  h(
    "div.bulk",
    button("front", "To the front"),
    button("cancel", `Cancel ${selected} …`),
    button("requeue", "Requeue …"),
  );

function queuedRow(task, index, page) {
  const of = { "data-id": task.id };
  return row(task, page, {
    showQueue: false,
    draggable: true,
    facts: [index === 0 && "next", task.tool_name],
    actions: [
      index > 0 && button("front", "To the front", of),
      button("edit", "Edit …", of),
      button("cancel", "Cancel …", of),
    ],
  });
}

function nothingQueued({ name, status }) {
  const title = "No tasks are queued.";
  if (status !== "active") return empty(title, "It accepts no new tasks.");
  const command = `sparkq enqueue "What Claude should do" --queue ${name}`;
  return empty(title, "Add tasks here (press n), or in a terminal:", command);
}

const recentlyFinished = (queue, finished, page) =>
  section(
    "Recently finished",
    h("a", { href: `#/tasks${query({ queue: queue.name })}` }, "show all"),
    list(
      "Recently finished",
      finished.map((task) => row(task, page, { showQueue: false, facts: [review(task), ...outcomeFacts(task)] })),
    ),
  );

const review = (task) => (task.reviewed_at ? "reviewed" : h("strong", "to review"));

export const acts = {
  more(page) {
    const { queue, shown } = page.data;
    page.go(`${queuePath(queue.name)}${query({ shown: Math.min(MOST_SHOWN, shown * 4) })}`);
  },
};
