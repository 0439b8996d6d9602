// Sessions: labels over queues.

import { get, post, query, queuePath } from "../api.js";
import { say } from "../dialogs.js";
import { h } from "../dom.js";
import { ask, confirmed } from "../forms.js";
import { badges, button, empty, head } from "../rows.js";
import { ago } from "../words.js";

export const title = "Sessions";
export const keys = [];

export async function load() {
  const [{ sessions }, { queues }] = await Promise.all([get("/sessions"), get("/queues?include_archived=true")]);
  return { sessions, queues };
}

export const affects = () => true;
export const tasks = () => [];

export function draw({ sessions, queues }) {
  const queuesOf = ({ name }) => queues.filter((queue) => queue.session === name);
  return [
    head(h("h1", {}, "Sessions"), button("create-session", "New session …", { class: "primary" })),
    sessions.length
      ? h(
          "ul.cards",
          { "data-key": "cards", "aria-label": "Sessions" },
          sessions.map((session) => card(session, queuesOf(session))),
        )
      : empty(
          "There is no session.",
          "A session is a label over queues, for a stretch of work. Queues do well without one.",
          "sparkq session create sprint-12",
        ),
  ];
}

function card(session, queues) {
  const { name, status, created_at: begun, ended_at: ended } = session;
  return h(
    "li.card",
    { "data-key": `session-${name}`, class: status },
    h(
      "header",
      {},
      h("h2", {}, h("a", { href: `#/tasks${query({ session: name })}`, "data-row": name }, name)),
      badges(session),
    ),
    h("p.facts", {}, h("span", {}, "begun ", ago(begun)), ended && h("span", {}, "ended ", ago(ended))),
    h("p", {}, queues.length ? queues.map(queueLink) : "No queue in it."),
    h("div.actions", {}, status === "active" && button("end-session", "End …", { "data-name": name })),
  );
}

const queueLink = ({ name }, index) => [index > 0 && ", ", h("a", { href: `#${queuePath(name)}` }, name)];

async function createSession(page) {
  const created = await ask({
    title: "New session",
    submitLabel: "Begin",
    fields: [{ name: "name", label: "Name", required: true }],
    submit: ({ name }) => post("/sessions", { name: name.trim() }),
  });
  if (created) await page.refresh();
}

async function endSession(page, name) {
  const consequence = "Its active queues end with it: they take no new tasks, and workers drain them.";
  if (!(await confirmed(`End ${name}?`, consequence, "End"))) return;
  const { ended_queues: queues } = await post(`/sessions/${encodeURIComponent(name)}/end`);
  say(queues.length ? `${name} ended, with ${queues.join(", ")}.` : `${name} ended.`);
  await page.refresh();
}

export const acts = {
  "create-session": createSession,
  "end-session": (page, button) => endSession(page, button.dataset.name),
};
