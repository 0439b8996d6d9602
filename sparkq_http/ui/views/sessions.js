// Sessions: labels over queues.

import { at, get, post } from "../api.js";
import { ask, confirmed, say } from "../dialogs.js";
import { h } from "../dom.js";
import { button, empty } from "../rows.js";
import { ago } from "../words.js";

export const title = "Sessions";
export const keys = [];

export async function load() {
  const [sessions, queues] = await Promise.all([get("/sessions"), get("/queues?include_archived=true")]);
  return { sessions: sessions.sessions, queues: queues.queues };
}

export const affects = () => true;
export const tasks = () => [];

export function draw(data) {
  return [
    h(
      "header.head",
      { "data-key": "head" },
      h("h1", {}, "Sessions"),
      h("div.actions", {}, button("begin", "New session …", { class: "primary" })),
    ),
    data.sessions.length
      ? h(
          "ul.cards",
          { "data-key": "cards", "aria-label": "Sessions" },
          data.sessions.map((one) =>
            card(
              one,
              data.queues.filter((queue) => queue.session === one.name),
            ),
          ),
        )
      : empty(
          "There is no session.",
          "A session is a label over queues, for a stretch of work. Queues do well without one.",
          "sparkq session create sprint-12",
        ),
  ];
}

function card(one, queues) {
  return h(
    "li.card",
    { "data-key": `session-${one.name}`, class: one.status },
    h(
      "header",
      {},
      h("h2", {}, h("a", { href: `#/tasks?session=${at(one.name)}`, "data-row": one.name }, one.name)),
      one.status !== "active" && h("span.badge", {}, one.status),
    ),
    h(
      "p.facts",
      {},
      h("span", {}, "begun ", ago(one.created_at)),
      one.ended_at && h("span", {}, "ended ", ago(one.ended_at)),
    ),
    h(
      "p",
      {},
      queues.length
        ? queues.map((queue, index) => [index ? ", " : "", h("a", { href: `#/queues/${at(queue.name)}` }, queue.name)])
        : "No queue in it.",
    ),
    h("div.actions", {}, one.status === "active" && button("close", "End …", { "data-name": one.name })),
  );
}

export const acts = {
  async begin(page) {
    const made = await ask({
      title: "New session",
      verb: "Begin",
      fields: [{ name: "name", label: "Name", required: true }],
      submit: (given) => post("/sessions", { name: given.name.trim() }),
    });
    if (made) await page.refresh();
  },
  async close(page, { dataset }) {
    if (
      !(await confirmed(
        `End ${dataset.name}?`,
        "Its active queues end with it: they take no new tasks, and workers drain them.",
        "End",
      ))
    )
      return;
    const { ended_queues: names } = await post(`/sessions/${at(dataset.name)}/end`);
    say(names.length ? `${dataset.name} ended, with ${names.join(", ")}.` : `${dataset.name} ended.`);
    await page.refresh();
  },
};
