// One task with everything: prompt, outcome, attempts, timeline.

import { get, queuePath, taskPath } from "../api.js";
import { chatOf } from "../chat.js";
import { checkOf, checkRuns } from "../check.js";
import { h } from "../dom.js";
import { acceptLabel, button, lateKind, limitOf, saidLater, timeoutBar } from "../rows.js";
import { isUnclaimed, stateOf } from "../statuses.js";
import { ago, between, changeSize, counted, dayOf, duration, moment, stateLabel, usageOf } from "../words.js";

export const title = (route) => `#${route.path[1]}`;
export const keys = [
  ["a", "accept"],
  ["r", "requeue with feedback"],
  ["e", "edit, or requeue with another prompt"],
  ["f", "move to the front"],
  ["c", "cancel"],
  ["w", "answer its question"],
];

export async function load(route) {
  const path = taskPath(route.path[1]);
  const found = await Promise.all([get(path), get(`${path}/prompts`)]).catch(purgedOf);
  if (found.purged) return found;
  const [task, { prompts }] = found;
  const { queue } = await get(queuePath(task.queue));
  return { task, prompts, queue };
}

/** What is left of a task that was purged. */
function purgedOf(refusal) {
  if (refusal.purged) return { purged: refusal.purged };
  throw refusal;
}

export const affects = (event, data) =>
  !data || data.purged || event.task_id === data.task.id || event.queue_id === data.queue.id;
export const tasks = (data) => (data.purged ? [] : [data.task]);

export function draw({ task, prompts, queue, purged }) {
  if (purged) return drawPurged(purged);
  return [
    crumbs(task),
    h(
      "header.head",
      { "data-key": "head" },
      h("h1", {}, h("span.id", {}, `#${task.id}`), " ", task.title),
      h("div.actions", {}, buttons(task)),
    ),
    h("dl.facts", { "data-key": "facts" }, facts(task)),
    task.late && text("late", saidLater(task), task.events.findLast(({ kind }) => kind === "late").text),
    task.status === "held" && text("question", "Its worker asks you", task.question),
    outcome(task),
    text("prompt", "Prompt", task.prompt, revisions(prompts)),
    task.feedback && text("feedback", "Feedback for the next worker", task.feedback),
    task.answer && task.status !== "held" && answered(task),
    queue.instructions && instructions(queue),
    task.history.length > 0 && attempts(task.history),
    timeline(task.events),
  ];
}

const drawPurged = (task) => [
  h("h1", { "data-key": "head" }, h("span.id", {}, `#${task.id}`), " ", task.title),
  h("p", { "data-key": "purged" }, "This task was purged on ", dayOf(task.purged_at), ". This is what is left of it."),
  h(
    "dl.facts",
    { "data-key": "facts" },
    fact("Status", stateLabel(task), task.reviewed_at && " (reviewed)"),
    fact("Queue", task.queue),
    fact("Attempts", String(task.attempts)),
    task.finished_at && fact("Finished", ago(task.finished_at)),
    changeSize(task.changed) && fact("Changed", changeSize(task.changed)),
  ),
  task.summary && text("outcome", task.status === "failed" ? "Error" : "Result", task.summary),
];

const isPresent = (value) => value !== null && value !== undefined;

const isFinished = (task) => isPresent(task.finished_at);

/** Whether the task waits for a review: it has finished, or nobody has it and a late text came. */
const inInbox = (task) => (isFinished(task) || (isUnclaimed(task) && task.late)) && !task.reviewed_at;

const crumbs = (task) =>
  h(
    "p.crumbs",
    { "data-key": "crumbs" },
    h("a", { href: `#${queuePath(task.queue)}` }, task.queue),
    task.session && [" · ", task.session],
  );

function buttons(task) {
  const of = { "data-id": task.id };
  const dangerous = { ...of, class: "danger" };
  return [
    task.status === "held" && button("answer", "Answer …", { ...of, class: "primary" }),
    inInbox(task) && button("accept", acceptLabel(task), { ...of, class: "primary" }),
    isFinished(task) && button("requeue", "Requeue …", of),
    isFinished(task) && button("requeue-with-prompt", "Requeue with another prompt …", of),
    isUnclaimed(task) && button("edit", "Edit …", of),
    task.status === "queued" && button("front", "To the front", of),
    isUnclaimed(task) && button("cancel", "Cancel …", of),
    task.status === "running" && button("fail", "Fail …", dangerous),
    task.status !== "running" && button("delete", "Delete …", dangerous),
  ];
}

function facts(task) {
  const { claimed_at: claimed, finished_at: finished } = task;
  return [
    fact("Status", stateLabel(task), task.reviewed_at && " (reviewed)"),
    task.status === "running" && !task.limit_until && fact("Silent for", timeoutBar(task)),
    task.limit_until && fact("Waits", limitOf(task), ", then it goes back to its queue"),
    fact("Tool", task.tool_name),
    fact("Class", `${task.task_class}, timeout ${duration(task.timeout)}`),
    task.worker_id && fact("Worker", task.worker_id),
    fact("Enqueued", ago(task.created_at), ` by ${task.source}`),
    claimed && fact("Claimed", ago(claimed)),
    isFinished(task) && fact("Finished", ago(finished), claimed && `, after ${between(claimed, finished)}`),
    changed(task),
    used(task),
    task.check && h("div.wide", {}, h("dt", {}, "Check"), h("dd", {}, checkOf(task.check))),
    task.key && fact("Key", task.key),
    task.chat && h("div.wide", {}, h("dt", {}, "Chat"), h("dd", {}, chatOf(task.chat))),
  ];
}

/** What the attempt changed whose outcome counts, and where. */
function changed(task) {
  const change = counting(task)?.git_after;
  return changeSize(change) && fact("Changed", changeSize(change), placeOf(change));
}

/** What that attempt cost, if that is known. */
function used(task) {
  const usage = counting(task)?.usage;
  return usage && fact("Used", usageOf(usage), usage.model && ` (${usage.model})`);
}

/** The attempt whose outcome counts: the last one, or that whose late result was accepted. */
function counting({ status, history }) {
  const last = history.at(-1);
  return status === "succeeded" && last.outcome !== "succeeded" ? history.findLast((one) => one.accepted_at) : last;
}

const answered = ({ question, answer }) => [
  text("question", "A worker asked", question),
  text("answer", "Your answer, for the next worker", answer),
];

const fact = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

function outcome(task) {
  const { result_summary: result, error_message: error, result_data: data } = task;
  return [
    result && text("outcome", "Result", result),
    error && text("error", stateOf(task).name === "cancelled" ? "Cancelled" : "Error", error),
    isPresent(data) && text("data", "Data", JSON.stringify(data, null, 2)),
  ];
}

function text(key, heading, content, more = null) {
  const id = `text-${key}`;
  return h(
    "section",
    { "data-key": key },
    h(
      "header",
      {},
      h("h2", {}, heading),
      more,
      h("button.quiet", { type: "button", "data-act": "copy", "data-copies": id }, "Copy"),
    ),
    h("pre", { id, tabindex: "0" }, content),
  );
}

function revisions(prompts) {
  const earlier = prompts.slice(0, -1).reverse();
  if (!earlier.length) return null;
  return h(
    "details.revisions",
    { "data-key": "revisions" },
    h("summary", {}, counted(earlier.length, "earlier version")),
    earlier.map((prompt) =>
      h(
        "div",
        { "data-key": `revision-${prompt.revision}` },
        h("p", {}, `Revision ${prompt.revision}, `, ago(prompt.created_at)),
        h("pre", { tabindex: "0" }, prompt.text),
      ),
    ),
  );
}

const instructions = (queue) =>
  h(
    "details",
    { "data-key": "instructions" },
    h("summary", {}, `Instructions of ${queue.name}`),
    h("pre", { tabindex: "0" }, queue.instructions),
  );

const attempts = (history) =>
  h(
    "section",
    { "data-key": "attempts" },
    h("header", {}, h("h2", {}, "Attempts")),
    h("ol.attempts", {}, history.map(attemptItem).reverse()),
  );

function attemptItem(attempt) {
  const { claimed_at: claimed, finished_at: finished, late } = attempt;
  const outcomeText = attempt.result_summary ?? attempt.error_message;
  return h(
    "li",
    { "data-key": `attempt-${attempt.attempt}` },
    h(
      "details",
      {},
      h("summary", {}, attemptSummary(attempt)),
      h(
        "p",
        {},
        "Claimed ",
        moment(claimed),
        finished && [", ended ", moment(finished)],
        attempt.client && `, with ${[attempt.client, attempt.client_version, attempt.model].filter(Boolean).join(" ")}`,
        attempt.git_after && placeOf(attempt.git_after),
      ),
      outcomeText && h("pre", { tabindex: "0" }, outcomeText),
      attempt.question && [h("p", {}, "Asked"), h("pre", { tabindex: "0" }, attempt.question)],
      attempt.answer && [
        h("p", {}, "Your answer, ", moment(attempt.answered_at)),
        h("pre", { tabindex: "0" }, attempt.answer),
      ],
      checkRuns(attempt.checks),
      late && h("p", {}, `Said later (${late.outcome}), `, moment(late.at), attempt.accepted_at && ", accepted"),
      late && h("pre", { tabindex: "0" }, late.text),
    ),
  );
}

/** Where an attempt worked: ", in .claude/worktrees/x, on main" or ", detached at 1a2b3c4". */
function placeOf({ branch, head, work_tree: folder }) {
  const inFolder = folder && folder !== "." ? `, in ${folder}` : "";
  const onBranch = branch ? `, on ${branch}` : head ? `, detached at ${head.slice(0, 7)}` : "";
  return inFolder + onBranch;
}

function attemptSummary(attempt) {
  const { claimed_at: claimed, finished_at: finished } = attempt;
  const change = changeSize(attempt.git_after);
  return [
    h("strong", {}, `Attempt ${attempt.attempt}`),
    " ",
    stateLabel({ status: attempt.outcome ?? "running", error_type: attempt.error_type }),
    h("span", {}, ` ${attempt.worker_id}`),
    finished && h("span", {}, `, ${between(claimed, finished)}`),
    change && h("span", {}, `, ${change}`),
    attempt.usage && h("span", {}, `, ${usageOf(attempt.usage)}`),
    attempt.late && h("span.late", {}, lateKind({ late: attempt.late, status: attempt.outcome })),
  ];
}

const timeline = (events) =>
  h(
    "section",
    { "data-key": "timeline" },
    h("header", {}, h("h2", {}, "Timeline")),
    h("ol.timeline", {}, events.map(eventItem)),
  );

/** By which door a verdict was given. */
const DOORS = { terminal: " in a terminal", page: " on the page", REST: " over REST" };

const eventItem = (event) =>
  h(
    "li",
    { "data-key": `event-${event.id}` },
    moment(event.at),
    " ",
    h("strong", {}, event.kind),
    event.attempt && ` (attempt ${event.attempt})`,
    event.door && DOORS[event.door],
    event.worker_id && ` by ${event.worker_id}`,
    event.text && h("span.said", {}, `: ${event.text}`),
  );
