// The landing view: what finished since you were here, what runs, what is next, what needs you.

import { get, getQueues, queuePath, taskPath } from "../api.js";
import { goneFact } from "../chat.js";
import { h } from "../dom.js";
import {
  acceptLabel,
  atWork,
  button,
  empty,
  lateKind,
  list,
  outcomeFacts,
  row,
  runningFacts,
  section,
  waitsForReview,
} from "../rows.js";
import { countOf, isUnclaimed, markOf, OUTCOMES } from "../statuses.js";
import { ago, counted, dayOf, digits } from "../words.js";

const MOST_RESULTS = 100;
const MOST_NOTES = 8;
const LATE = { name: "late", label: "came late", mark: "⏱" };

export const title = "Inbox";
export const keys = [
  ["a", "accept"],
  ["r", "requeue with feedback"],
  ["w", "answer a question"],
];

export async function load() {
  const [inbox, running, { queues, assignments }] = await Promise.all([
    get(`/inbox?limit=${MOST_RESULTS}`),
    get("/tasks?status=running&limit=50"),
    getQueues(),
  ]);
  return { inbox, running: running.tasks, queues, assignments, next: await nextTasks(queues) };
}

/** The next task of each queue that hands one out. */
async function nextTasks(queues) {
  const waiting = queues.filter((queue) => queue.queued && queue.status !== "archived");
  const peeks = await Promise.all(waiting.map(({ name }) => get(`${queuePath(name)}/peek?limit=1`)));
  return waiting.map((queue, index) => ({ queue, task: peeks[index].tasks[0] })).filter(({ task }) => task);
}

export const tasks = (data) => [
  ...data.inbox.tasks,
  ...data.inbox.questions.map(heldTask),
  ...data.running,
  ...data.next.map(({ task }) => task),
];
export const affects = () => true;

export function draw(data, page) {
  return [
    h("h1", { "data-key": "title" }, "Inbox"),
    sinceLastLook(data.inbox.since_last_look),
    needsYou(data, page),
    purges(data.inbox.purge),
    atWork(data.assignments),
    data.running.length > 0 && runningNow(data.running, page),
    data.next.length > 0 && nextUp(data.next, page),
    data.inbox.total ? toReview(data.inbox, page) : nothingToReview(data.queues),
  ];
}

function sinceLastLook({ since, queues }) {
  const count = (outcome) => queues.reduce((sum, queue) => sum + countOf(queue, outcome), 0);
  return h(
    "section.since",
    { "data-key": "since", "aria-label": "Since your last look" },
    h("p.when", {}, since ? h("span", {}, "Since your last look, ", ago(since)) : "Since the beginning"),
    h(
      "dl",
      {},
      [...OUTCOMES, LATE].map((outcome) => outcomeCount(outcome, count(outcome))),
    ),
  );
}

const outcomeCount = ({ name, label, mark }, count) =>
  h(
    "div",
    { "data-state": name, class: count ? "" : "none" },
    h("dt", {}, h("span", { "aria-hidden": "true" }, `${mark} `), label),
    h("dd", {}, digits(count)),
  );

/** A question as the task that waits for its answer. */
const heldTask = (question) => ({ ...question, status: "held", attempts: question.attempt });

function needsYou({ running, queues, inbox }, page) {
  const { questions, questions_total: total } = inbox;
  const notes = [
    ...running.filter((task) => task.chat_closed_at).map(goneNote),
    ...running.filter((task) => task.stale).map(staleNote),
    ...queues.filter((queue) => queue.status === "ended" && queue.queued).map(endedNote),
    ...inbox.tasks.filter((task) => task.late).map(lateNote),
  ];
  if (!notes.length && !questions.length) return null;
  return section(
    "Needs you",
    null,
    questions.length > 0 &&
      list(
        "Questions",
        questions.map((question) => questionRow(question, page)),
      ),
    total > questions.length &&
      h("p.more", {}, `${counted(total - questions.length, "more question")}. Answer some of these to see the next.`),
    notes.length > 0 && h("ul.notes", {}, notes.slice(0, MOST_NOTES)),
  );
}

const questionRow = (question, page) =>
  row(heldTask(question), page, {
    selectable: false,
    summary: question.question,
    facts: [question.worker_id, ago(question.asked_at)],
    actions: [button("answer", "Answer …", { "data-id": question.id, class: "primary" })],
  });

/** What purges deleted lately, and what the next ones will delete unread. */
function purges(purge) {
  if (!purge) return null;
  const { next_unreviewed: unread, next_at: next, deleted, unreviewed } = purge;
  return h(
    "ul.notes",
    { "data-key": "purges", "aria-label": "Purges" },
    unread &&
      h(
        "li",
        { "data-key": "purge-next" },
        `${counted(unread, "unread result")} will be purged, not before `,
        dayOf(next),
        ". Review what is unread, or keep a copy: sparkq export FILE",
      ),
    deleted &&
      h(
        "li",
        { "data-key": "purge-last" },
        `${counted(deleted, "task")} purged in the last 7 days, ${digits(unreviewed)} of them unreviewed.`,
      ),
  );
}

const staleNote = ({ id, worker_id: worker }) =>
  note(
    `stale-${id}`,
    taskPath(id),
    `${markOf("stale")} #${id} is stale: ${worker} has been silent for longer than the timeout.`,
  );

const goneNote = (task) =>
  note(`gone-${task.id}`, taskPath(task.id), [`#${task.id} is running, but `, goneFact(task), "."]);

const endedNote = ({ name, queued }) =>
  note(`ended-${name}`, queuePath(name), `${name} has ended with ${counted(queued, "task")} still queued.`);

const lateNote = (task) =>
  note(`late-${task.id}`, taskPath(task.id), `#${task.id} (${task.status}): a ${lateKind(task)} waits for you.`);

const note = (key, path, text) => h("li", { "data-key": key }, h("a", { href: `#${path}` }, text));

const runningNow = (running, page) =>
  section(
    "Running now",
    null,
    list(
      "Running now",
      running.map((task) => row(task, page, { selectable: false, facts: runningFacts(task) })),
    ),
  );

const nextUp = (next, page) =>
  section(
    "Next up",
    null,
    list(
      "Next up",
      next.map(({ queue, task }) => row(task, page, { selectable: false, facts: [gateOf(queue), behind(queue)] })),
    ),
  );

const gateOf = (queue) => (queue.paused_at ? "paused" : waitsForReview(queue));

const behind = ({ queued }) => queued > 1 && `${queued - 1} more behind it`;

function nothingToReview(queues) {
  const text = queues.length
    ? empty("Nothing waits for your review.", "Results appear here when a worker completes or fails a task.")
    : empty("No queues yet.", "Create one here (press n), or in a terminal:", "sparkq queue create backend");
  return section("To review", null, text);
}

function toReview({ tasks: results, total }, page) {
  const { size: selected } = page.selected;
  return section(
    "To review",
    h("span.count", {}, digits(total)),
    h(
      "div.bulk",
      {},
      button("all", selected ? "Select none" : "Select all"),
      button("accept", selected ? `Accept ${selected}` : "Accept the first", { class: "primary" }),
      selected > 0 && button("requeue", `Requeue ${selected} …`),
    ),
    list(
      "To review",
      results.map((task) => result(task, page)),
    ),
    total > results.length &&
      h(
        "p.more",
        {},
        `${counted(total - results.length, "more task")} not shown. Review some of these to see the next.`,
      ),
  );
}

function result(task, page) {
  const of = { "data-id": task.id };
  return row(task, page, {
    summary: task.summary,
    later: task.late_text,
    facts: outcomeFacts(task),
    actions: [
      button("accept", acceptLabel(task), of),
      isUnclaimed(task) ? button("edit", "Edit …", of) : button("requeue", "Requeue …", of),
    ],
  });
}

export const acts = { all: (page) => page.toggleSelection(page.data.inbox.tasks) };
