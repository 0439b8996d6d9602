// Every queue with its counts, and how the week went.

import { get, getQueues, query, queuePath } from "../api.js";
import { chart } from "../chart.js";
import { h } from "../dom.js";
import { atWork, badges, button, empty, head, queueButtons, section, STEPS, waitsForReview } from "../rows.js";
import { BEGUN, countOf, FINISHED, OUTCOMES, statesOf, STATUSES, totalOf } from "../statuses.js";
import { digits, duration, secondsSince } from "../words.js";

export const title = "Queues";
export const keys = [["n", "add tasks"]];

export async function load(route) {
  const archived = route.query.get("archived") === "1";
  const [{ queues, assignments }, statistics] = await Promise.all([getQueues(archived), get("/statistics")]);
  return { queues, assignments, archived, statistics, oldest: await oldestByQueue(queues) };
}

/** When the oldest queued task of each queue was made. */
async function oldestByQueue(queues) {
  const names = queues.filter((queue) => queue.queued).map(({ name }) => name);
  const createdAt = async (queue) => {
    const { tasks } = await get(`/tasks${query({ queue, status: "queued", sort: "oldest", limit: 1 })}`);
    return [queue, tasks[0]?.created_at];
  };
  return Object.fromEntries(await Promise.all(names.map(createdAt)));
}

export const affects = () => true;
export const tasks = () => [];

export function draw({ queues, assignments, archived, statistics, oldest }) {
  const pace = Object.fromEntries(statistics.queues.map((record) => [record.queue, record]));
  return [
    head(h("h1", {}, "Queues"), button("create-queue", "New queue …", { class: "primary" }), showArchived(archived)),
    atWork(assignments),
    queues.length
      ? h(
          "ul.cards",
          { "data-key": "cards", "aria-label": "Queues" },
          queues.map((queue) => card(queue, pace[queue.name], oldest[queue.name])),
        )
      : empty(
          "No queues yet.",
          "A queue is a named line of tasks. Create one here, or in a terminal:",
          "sparkq queue create backend",
        ),
    statistics.days.some((day) => totalOf(day, OUTCOMES) > 0) && week(statistics.days),
  ];
}

const showArchived = (checked) =>
  h(
    "label.check",
    {},
    h("input", { type: "checkbox", "data-act": "archived", checked }),
    h("span", {}, "Show archived"),
  );

const week = (days) =>
  section(
    "Finished in the last seven days",
    null,
    chart(days),
    h("p", {}, h("small", {}, "Purged tasks are not counted.")),
  );

function card(queue, pace, oldest) {
  return h(
    "li.card",
    { "data-key": `queue-${queue.name}`, class: queue.status },
    h(
      "header",
      {},
      h("h2", {}, h("a", { href: `#${queuePath(queue.name)}`, "data-row": queue.name }, queue.name)),
      badges(queue),
    ),
    shares(queue),
    h(
      "dl.counts",
      {},
      statesOf(queue).map((state) => stateCount(state, countOf(queue, state))),
    ),
    h(
      "p.facts",
      {},
      queue.unreviewed > 0 && h("strong", {}, waitsForReview(queue) ?? `${queue.unreviewed} to review`),
      oldest && h("span", {}, waitingSince(oldest)),
      pace && paceOf(pace),
    ),
    queueButtons(queue),
  );
}

function shares(queue) {
  const total = totalOf(queue, STATUSES);
  const step = (status) => (total ? Math.round((STEPS * countOf(queue, status)) / total) : 0);
  return h(
    "div.share",
    { role: "img", "aria-label": `${totalOf(queue, FINISHED)} of ${total} finished` },
    BEGUN.map((status) => h("span", { "data-state": status.name, "data-share": step(status) })),
  );
}

const stateCount = ({ name, label }, count) =>
  h("div", { "data-state": name }, h("dt", {}, label), h("dd", {}, digits(count)));

const waitingSince = (iso) =>
  h(
    "time",
    { datetime: iso, title: new Date(iso).toLocaleString() },
    `oldest has waited ${duration(secondsSince(iso))}`,
  );

const paceOf = ({ mean_ms: mean, longest_ms: longest }) =>
  h("span", { title: `longest ${duration(longest / 1000)}` }, `takes ${duration(mean / 1000)} on average`);

export const acts = {
  archived: (page) => page.go(page.data.archived ? "/queues" : "/queues?archived=1"),
};
