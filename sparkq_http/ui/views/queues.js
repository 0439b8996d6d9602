// Every queue with its counts, and how the week went.

import { at, get } from "../api.js";
import { h } from "../dom.js";
import { button, empty, section } from "../rows.js";
import { duration, since } from "../words.js";
import { chart } from "../chart.js";
import { BEGUN, countOf, FINISHED, OUTCOMES, statesOf, STATUSES, totalOf } from "../statuses.js";

export const title = "Queues";
export const keys = [["n", "new queue or task"]];

export async function load(route) {
  const archived = route.query.get("archived") === "1";
  const [queues, statistics] = await Promise.all([
    get(`/queues${archived ? "?include_archived=true" : ""}`),
    get("/statistics"),
  ]);
  const waiting = queues.queues.filter((one) => one.queued);
  const heads = await Promise.all(
    waiting.map((one) => get(`/tasks?queue=${at(one.name)}&status=queued&sort=oldest&limit=1`)),
  );
  const oldest = Object.fromEntries(waiting.map((one, index) => [one.name, heads[index].tasks[0]?.created_at]));
  return { queues: queues.queues, archived, statistics, oldest };
}

export const affects = () => true;
export const tasks = () => [];

export function draw(data) {
  const pace = Object.fromEntries(data.statistics.queues.map((one) => [one.queue, one]));
  return [
    h(
      "header.head",
      { "data-key": "head" },
      h("h1", {}, "Queues"),
      h(
        "div.actions",
        {},
        button("create", "New queue …", { class: "primary" }),
        h(
          "label.check",
          {},
          h("input", { type: "checkbox", "data-act": "archived", checked: data.archived }),
          h("span", {}, "Archived, too"),
        ),
      ),
    ),
    data.queues.length
      ? h(
          "ul.cards",
          { "data-key": "cards", "aria-label": "Queues" },
          data.queues.map((one) => card(one, pace[one.name], data.oldest[one.name])),
        )
      : empty(
          "There is no queue yet.",
          "A queue is a named line of tasks. Create one here, or in a terminal:",
          "sparkq queue create backend",
        ),
    data.statistics.days.some((day) => totalOf(day, OUTCOMES) > 0) &&
      section(
        "Finished in the last seven days",
        null,
        chart(data.statistics.days),
        h("p", {}, h("small", {}, "Without what a purge has deleted.")),
      ),
  ];
}

function card(one, pace, oldest) {
  const total = totalOf(one, STATUSES);
  const share = (status) => (total ? Math.round((20 * countOf(one, status)) / total) : 0);
  const name = { "data-name": one.name };
  return h(
    "li.card",
    { "data-key": `queue-${one.name}`, class: one.status },
    h(
      "header",
      {},
      h("h2", {}, h("a", { href: `#/queues/${at(one.name)}`, "data-row": one.name }, one.name)),
      one.status !== "active" && h("span.badge", {}, one.status),
      one.session && h("span.badge", {}, one.session),
    ),
    h(
      "div.share",
      { role: "img", "aria-label": `${totalOf(one, FINISHED)} of ${total} finished` },
      BEGUN.map((status) => h("span", { "data-state": status.name, "data-share": share(status) })),
    ),
    h(
      "dl.counts",
      {},
      statesOf(one).map((state) =>
        h(
          "div",
          { "data-state": state.name },
          h("dt", {}, state.label),
          h("dd", {}, countOf(one, state).toLocaleString("en")),
        ),
      ),
    ),
    h(
      "p.facts",
      {},
      one.unreviewed > 0 && h("strong", {}, `${one.unreviewed} to review`),
      oldest &&
        h(
          "span",
          {},
          h(
            "time",
            { datetime: oldest, title: new Date(oldest).toLocaleString() },
            `oldest waits ${duration(since(oldest))}`,
          ),
        ),
      pace &&
        h(
          "span",
          { title: `longest ${duration(pace.longest_ms / 1000)}` },
          `takes ${duration(pace.mean_ms / 1000)} on average`,
        ),
    ),
    h(
      "div.actions",
      {},
      one.status === "active" && button("add", "Add tasks …", name),
      button("instruct", "Instructions …", name),
      button("rename", "Rename …", name),
      one.status === "active" && button("end", "End", name),
      one.status === "ended" && button("reopen", "Reopen", name),
      one.status === "archived" ? button("unarchive", "Unarchive", name) : button("archive", "Archive", name),
    ),
  );
}

export const acts = {
  archived: (page) => page.go(page.data.archived ? "/queues" : "/queues?archived=1"),
};
