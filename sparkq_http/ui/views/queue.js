// One queue: next up in its order, running, finished.

import { at, get } from "../api.js";
import { h } from "../dom.js";
import { bar, button, empty, list, outcome, row, section } from "../rows.js";

const SHOWN = 50;

export const title = (route) => route.path[1];
export const keys = [
  ["f", "move a waiting task to the front"],
  ["e", "edit a waiting task"],
];

export async function load(route) {
  const name = at(route.path[1]);
  const shown = Number(route.query.get("shown")) || SHOWN;
  const [{ queue }, queued, running, finished] = await Promise.all([
    get(`/queues/${name}`),
    get(`/tasks?queue=${name}&status=queued&limit=${shown}`),
    get(`/tasks?queue=${name}&status=running&limit=50`),
    get(`/tasks?queue=${name}&sort=finished&limit=20`),
  ]);
  return { queue, queued, running, finished: finished.tasks, shown };
}

export const affects = () => true;
export const tasks = (data) => [...data.queued.tasks, ...data.running.tasks, ...data.finished];

export function draw(data, page) {
  const { queue } = data;
  const name = { "data-name": queue.name };
  return [
    h(
      "header.head",
      { "data-key": "head" },
      h(
        "h1",
        {},
        queue.name,
        queue.status !== "active" && h("span.badge", {}, queue.status),
        queue.session && h("span.badge", {}, queue.session),
      ),
      h(
        "div.actions",
        {},
        queue.status === "active" && button("add", "Add tasks …", { ...name, class: "primary" }),
        button("instruct", "Instructions …", name),
        button("rename", "Rename …", name),
        queue.status === "active" && button("end", "End", name),
        queue.status === "ended" && button("reopen", "Reopen", name),
        queue.status === "archived" ? button("unarchive", "Unarchive", name) : button("archive", "Archive", name),
      ),
    ),
    queue.instructions &&
      h(
        "details.instructions",
        { "data-key": "instructions" },
        h("summary", {}, "Instructions for every worker"),
        h("pre", { tabindex: "0" }, queue.instructions),
      ),
    data.running.tasks.length &&
      section(
        "Running",
        null,
        list(
          "Running",
          data.running.tasks.map((task) => row(task, page, { queue: false, facts: [bar(task), task.worker_id] })),
        ),
      ),
    section(
      "Next up",
      h("span.count", {}, data.queued.total.toLocaleString("en")),
      page.selected.size > 0 &&
        h(
          "div.bulk",
          {},
          button("front", "To the front"),
          button("cancel", `Cancel ${page.selected.size} …`),
          button("requeue", "Requeue …"),
        ),
      data.queued.tasks.length
        ? [
            h("div.drop", { "data-drop": "front", "data-key": "drop" }, "Drop here to make it the next one"),
            list(
              "Next up",
              data.queued.tasks.map((task, index) =>
                row(task, page, {
                  queue: false,
                  draggable: true,
                  facts: [index === 0 ? "next" : null, task.tool_name],
                  actions: [
                    index > 0 && button("front", "To the front", { "data-id": task.id }),
                    button("edit", "Edit …", { "data-id": task.id }),
                    button("cancel", "Cancel …", { "data-id": task.id }),
                  ],
                }),
              ),
            ),
          ]
        : empty(
            "Nothing waits in this queue.",
            queue.status === "active" ? "Add tasks here (press n), or in a terminal:" : "It takes no new tasks.",
            queue.status === "active" ? `sparkq enqueue "What Claude should do" --queue ${queue.name}` : null,
          ),
      data.queued.total > data.queued.tasks.length && h("p.more", {}, button("more", "Show more")),
    ),
    data.finished.length &&
      section(
        "Finished lately",
        h("a", { href: `#/tasks?queue=${at(queue.name)}` }, "all"),
        list(
          "Finished lately",
          data.finished.map((task) =>
            row(task, page, {
              queue: false,
              facts: [task.reviewed_at ? "reviewed" : h("strong", {}, "to review"), ...outcome(task)],
            }),
          ),
        ),
      ),
  ];
}

export const acts = {
  more: (page) => page.go(`/queues/${at(page.data.queue.name)}?shown=${Math.min(1000, page.data.shown * 4)}`),
};
