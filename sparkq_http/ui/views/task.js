// One task with everything: prompt, outcome, attempts, timeline.

import { at, get } from "../api.js";
import { h } from "../dom.js";
import { bar, button } from "../rows.js";
import { stateOf } from "../statuses.js";
import { ago, changed, duration, moment, state } from "../words.js";

export const title = (route) => `#${route.path[1]}`;
export const keys = [
  ["a", "accept"],
  ["r", "requeue with feedback"],
  ["e", "edit, or requeue with another prompt"],
  ["f", "move to the front"],
  ["c", "cancel"],
];

export async function load(route) {
  const id = at(route.path[1]);
  const [task, { prompts }] = await Promise.all([get(`/tasks/${id}`), get(`/tasks/${id}/prompts`)]);
  const { queue } = await get(`/queues/${at(task.queue)}`);
  task.late = task.error_type === "timeout" && task.history.at(-1)?.late?.outcome === "succeeded";
  return { task, prompts, queue };
}

export const affects = (event, data) => !data || event.task_id === data.task.id || event.queue_id === data.queue.id;
export const tasks = (data) => [data.task];

export function draw({ task, prompts, queue }) {
  const id = { "data-id": task.id };
  const done = task.finished_at !== null && task.finished_at !== undefined;
  return [
    h(
      "p.crumbs",
      { "data-key": "crumbs" },
      h("a", { href: `#/queues/${at(task.queue)}` }, task.queue),
      task.session && [" · ", task.session],
    ),
    h(
      "header.head",
      { "data-key": "head" },
      h("h1", {}, h("span.id", {}, `#${task.id}`), " ", task.title),
      h(
        "div.actions",
        {},
        done &&
          !task.reviewed_at &&
          button("accept", task.late ? "Accept late result" : "Accept", { ...id, class: "primary" }),
        done && button("requeue", "Requeue …", id),
        done && button("rework", "Requeue with another prompt …", id),
        task.status === "queued" && [
          button("edit", "Edit …", id),
          button("front", "To the front", id),
          button("cancel", "Cancel …", id),
        ],
        task.status === "running" && button("stop", "Fail …", { ...id, class: "danger" }),
        task.status !== "running" && button("erase", "Delete …", { ...id, class: "danger" }),
      ),
    ),
    h(
      "dl.facts",
      { "data-key": "facts" },
      fact("Status", [state(task), task.reviewed_at && " (reviewed)"]),
      task.status === "running" && fact("Silent for", bar(task)),
      fact("Tool", task.tool_name),
      fact("Class", `${task.task_class}, timeout ${duration(task.timeout)}`),
      task.worker_id && fact("Worker", task.worker_id),
      fact("Enqueued", [ago(task.created_at), ` by ${task.source}`]),
      task.claimed_at && fact("Claimed", ago(task.claimed_at)),
      done &&
        fact("Finished", [
          ago(task.finished_at),
          task.claimed_at
            ? `, after ${duration((Date.parse(task.finished_at) - Date.parse(task.claimed_at)) / 1000)}`
            : null,
        ]),
      task.key && fact("Key", task.key),
    ),
    outcomeOf(task),
    text("prompt", "Prompt", task.prompt, revisions(prompts)),
    task.feedback && text("feedback", "Feedback for the next worker", task.feedback),
    queue.instructions &&
      h(
        "details",
        { "data-key": "instructions" },
        h("summary", {}, `Instructions of ${queue.name}`),
        h("pre", { tabindex: "0" }, queue.instructions),
      ),
    task.history.length &&
      h(
        "section",
        { "data-key": "attempts" },
        h("header", {}, h("h2", {}, "Attempts")),
        h("ol.attempts", {}, task.history.map(attempt).reverse()),
      ),
    h(
      "section",
      { "data-key": "timeline" },
      h("header", {}, h("h2", {}, "Timeline")),
      h("ol.timeline", {}, task.events.map(event)),
    ),
  ];
}

const fact = (name, what) => h("div", {}, h("dt", {}, name), h("dd", {}, what));

function text(key, name, what, more = null) {
  return h(
    "section",
    { "data-key": key },
    h(
      "header",
      {},
      h("h2", {}, name),
      more,
      h("button.quiet", { type: "button", "data-act": "copy", "data-copies": `text-${key}` }, "Copy"),
    ),
    h("pre", { id: `text-${key}`, tabindex: "0" }, what),
  );
}

function revisions(prompts) {
  const earlier = prompts.slice(0, -1);
  return (
    earlier.length > 0 &&
    h(
      "details.revisions",
      { "data-key": "revisions" },
      h("summary", {}, `${earlier.length} earlier`),
      earlier
        .reverse()
        .map((one) =>
          h(
            "div",
            { "data-key": `revision-${one.revision}` },
            h("p", {}, `Revision ${one.revision}, `, ago(one.created_at)),
            h("pre", { tabindex: "0" }, one.text),
          ),
        ),
    )
  );
}

function outcomeOf(task) {
  if (task.late) return text("outcome", "Late result: it came after the timeout", task.history.at(-1).late.text);
  const parts = [];
  if (task.result_summary) parts.push(text("outcome", "Result", task.result_summary));
  if (task.error_message)
    parts.push(text("error", stateOf(task).name === "cancelled" ? "Cancelled" : "Error", task.error_message));
  if (task.result_data !== null && task.result_data !== undefined)
    parts.push(text("data", "Data", JSON.stringify(task.result_data, null, 2)));
  return parts;
}

function attempt(one) {
  const said = one.result_summary ?? one.error_message;
  return h(
    "li",
    { "data-key": `attempt-${one.attempt}` },
    h(
      "details",
      {},
      h(
        "summary",
        {},
        h("strong", {}, `Attempt ${one.attempt}`),
        " ",
        one.outcome ? state({ status: one.outcome, error_type: one.error_type }) : state({ status: "running" }),
        h("span", {}, ` ${one.worker_id}`),
        one.finished_at &&
          h("span", {}, `, ${duration((Date.parse(one.finished_at) - Date.parse(one.claimed_at)) / 1000)}`),
        changed(one.git_after) && h("span", {}, `, ${changed(one.git_after)}`),
        one.late && h("span.late", {}, "late result"),
      ),
      h(
        "p",
        {},
        "Claimed ",
        moment(one.claimed_at),
        one.finished_at && [", ended ", moment(one.finished_at)],
        one.git_after?.branch && `, on ${one.git_after.branch}`,
      ),
      said && h("pre", { tabindex: "0" }, said),
      one.late && [
        h("p", {}, "Late, ", moment(one.late.at), one.accepted_at && ", accepted"),
        h("pre", { tabindex: "0" }, one.late.text),
      ],
    ),
  );
}

function event(one) {
  return h(
    "li",
    { "data-key": `event-${one.id}` },
    moment(one.at),
    " ",
    h("strong", {}, one.kind),
    one.attempt && ` (attempt ${one.attempt})`,
    one.worker_id && ` by ${one.worker_id}`,
    one.text && h("span.said", {}, `: ${one.text}`),
  );
}
