// What a person does with tasks, from any view. Each asks where it must, tells how it went, and refreshes.

import { at, change, get, post, remove } from "./api.js";
import { ask, confirmed, say } from "./dialogs.js";
import { counted } from "./words.js";

const MOST = 1000;

const named = (ids) => (ids.length === 1 ? `#${ids[0]}` : counted(ids.length, "task"));

/** A text as a form gives it back: what was not touched must not look changed. */
const lined = (text) => text.replace(/\r\n?/g, "\n");

/** Do one thing to each task and name those that were refused, with the reason; a single task throws its refusal. */
async function each(page, ids, verb, done, after = page.refresh) {
  const refused = [];
  for (const id of ids) {
    try {
      await verb(id);
    } catch (error) {
      if (ids.length === 1) throw error;
      refused.push(`#${id}: ${error.message}`);
    }
  }
  const good = ids.length - refused.length;
  if (good) say(`${ids.length === 1 ? `#${ids[0]}` : counted(good, "task")} ${done}.`);
  if (refused.length)
    say(refused.slice(0, 3).join(" ") + (refused.length > 3 ? ` and ${refused.length - 3} more` : ""), {
      problem: true,
    });
  page.selected.clear();
  await after();
}

/** What the person saw is accepted, and nothing that came since. */
export async function accept(page, ids) {
  const seen = ids
    .map((id) => page.task(id))
    .map(({ id, attempts, late }) => ({ id, attempt: attempts, late: Boolean(late) }));
  for (let from = 0; from < seen.length; from += MOST)
    await post("/inbox/accept", { tasks: seen.slice(from, from + MOST) });
  say(`${named(ids)} accepted.`);
  page.selected.clear();
  await page.refresh();
}

export async function requeue(page, ids) {
  const one = ids.length === 1 ? page.task(ids[0]) : null;
  await ask({
    title: `Requeue ${named(ids)}`,
    text: one ? one.title : "All of them get the same feedback.",
    verb: "Requeue",
    keep: `requeue-${ids.join("-")}`,
    fields: [
      {
        name: "feedback",
        label: "Feedback for the next worker",
        kind: "area",
        hint: "It is shown with the earlier outcome. May be left empty.",
      },
      { name: "front", label: "To the front of the queue", kind: "check" },
    ],
    submit: (given) =>
      each(
        page,
        ids,
        (id) =>
          post(`/tasks/${id}/requeue`, { feedback: given.feedback.trim() || null, front: given.front, again: true }),
        "queued again",
      ),
  });
}

export async function rework(page, id) {
  const task = await get(`/tasks/${id}`);
  await ask({
    title: `Requeue #${id} with another prompt`,
    verb: "Requeue",
    keep: `rework-${id}`,
    fields: [
      { name: "prompt", label: "Prompt", kind: "area", value: task.prompt, hint: "The earlier one is kept." },
      { name: "feedback", label: "Feedback for the next worker" },
    ],
    submit: (given) =>
      each(
        page,
        [id],
        () =>
          post(`/tasks/${id}/requeue`, {
            prompt: given.prompt === lined(task.prompt) ? null : given.prompt,
            feedback: given.feedback.trim() || null,
            again: true,
          }),
        "queued again",
      ),
  });
}

export async function edit(page, id) {
  const [task, tools, classes] = await Promise.all([get(`/tasks/${id}`), get("/tools"), get("/task-classes")]);
  if (task.status !== "queued") {
    if (task.status === "running")
      return say(`#${id} is running: it can be edited only while it waits.`, { problem: true });
    return rework(page, id);
  }
  await ask({
    title: `Edit #${id}`,
    keep: `edit-${id}`,
    fields: [
      {
        name: "prompt",
        label: "Prompt",
        kind: "area",
        value: task.prompt,
        hint: "Earlier prompts are kept as revisions.",
      },
      {
        name: "tool_name",
        label: "Tool",
        kind: "select",
        value: task.tool_name,
        options: tools.tools.map((one) => [one.name, one.name]),
      },
      {
        name: "task_class",
        label: "Task class",
        kind: "select",
        value: task.task_class,
        options: classes.task_classes.map((one) => [
          one.name,
          `${one.name} (${one.name === task.task_class ? task.timeout : one.timeout} s)`,
        ]),
      },
    ],
    submit: async (given) => {
      const asked = {};
      if (given.prompt !== lined(task.prompt)) asked.prompt = given.prompt;
      // Both are sent when one of them changes: left out, the tool would decide the class, and the class the timeout.
      if (given.tool_name !== task.tool_name || given.task_class !== task.task_class)
        Object.assign(asked, { tool_name: given.tool_name, task_class: given.task_class });
      if (given.tool_name !== task.tool_name && given.task_class === task.task_class) asked.timeout = task.timeout;
      if (!Object.keys(asked).length) return;
      await change(`/tasks/${id}`, asked);
      say(`#${id} changed.`);
      await page.refresh();
    },
  });
}

export async function cancel(page, ids) {
  await ask({
    title: `Cancel ${named(ids)}`,
    text: "Taken out of the line; requeue brings it back.",
    verb: ids.length === 1 ? "Cancel the task" : "Cancel the tasks",
    fields: [{ name: "reason", label: "Why (may be left empty)" }],
    submit: (given) => each(page, ids, (id) => post(`/tasks/${id}/cancel`, { reason: given.reason }), "cancelled"),
  });
}

export async function erase(page, ids) {
  if (await confirmed(`Delete ${named(ids)}?`, "With prompt, results and history. This cannot be undone.", "Delete"))
    await each(
      page,
      ids,
      (id) => remove(`/tasks/${id}`),
      "deleted",
      () => page.refreshWithout(ids),
    );
}

/** The last of the line goes first, so that those who move keep their order. */
export function front(page, ids) {
  const line = page.view.tasks(page.data).map((one) => one.id);
  const backward = [...ids].sort((one, two) => line.indexOf(two) - line.indexOf(one));
  return each(page, backward, (id) => post(`/tasks/${id}/front`), "moved to the front");
}

export async function stop(page, id) {
  const attempt = page.task(id)?.attempts; // the one that the person saw, not another that has begun since
  await ask({
    title: `Fail #${id}`,
    text: "For a worker that is gone: its claim ends, and the task waits for your decision.",
    verb: "Fail it",
    danger: true,
    fields: [{ name: "error", label: "Why", value: "The worker is gone.", required: true }],
    submit: async (given) => {
      try {
        await each(
          page,
          [id],
          () => post(`/tasks/${id}/fail`, { error_message: given.error, attempt, keep_late: false }),
          "failed",
        );
      } catch (error) {
        if (error.code !== "claim_lost") throw error;
        say(`#${id} has ended or changed hands meanwhile.`, { problem: true });
        await page.refresh();
      }
    },
  });
}

/** New tasks: one prompt, many from one text, or a script of the index. */
export async function add(page, { queue = null, script: chosen = null } = {}) {
  const [queues, tools, classes, scripts] = await Promise.all([
    get("/queues"),
    get("/tools"),
    get("/task-classes"),
    get("/scripts"),
  ]);
  const open = queues.queues.filter((one) => one.status === "active");
  if (!open.length) return create(page);
  const first = open.some((one) => one.name === queue) ? queue : open[0].name;
  const fields = (now) => {
    const script = scripts.scripts.find((one) => one.name === now.script);
    return [
      {
        name: "queue",
        label: "Queue",
        kind: "select",
        value: first,
        given: first === queue,
        options: open.map((one) => [one.name, one.name]),
      },
      scripts.total
        ? {
            name: "script",
            label: "Script",
            kind: "select",
            value: chosen ?? "",
            given: Boolean(chosen),
            redraws: true,
            options: [
              ["", "none: a prompt"],
              ...scripts.scripts.map((one) => [
                one.name,
                `${one.name}${one.description ? `: ${one.description}` : ""}`,
              ]),
            ],
          }
        : null,
      ...(script
        ? script.inputs.map((one) => ({
            name: `input-${one.name}`,
            label: `${one.name}${one.required ? "" : " (optional)"}`,
            required: one.required,
            hint: one.description,
          }))
        : [
            { name: "prompt", label: "Prompt", kind: "area", required: true },
            { name: "split", label: "Several tasks: one for each heading, or each line", kind: "check" },
          ]),
      {
        name: "tool_name",
        label: "Tool",
        kind: "select",
        value: "",
        options: [["", "as usual"], ...tools.tools.map((one) => [one.name, one.name])],
      },
      {
        name: "task_class",
        label: "Task class",
        kind: "select",
        value: "",
        options: [
          ["", "the tool's"],
          ...classes.task_classes.map((one) => [one.name, `${one.name} (${one.timeout} s)`]),
        ],
      },
    ].filter(Boolean);
  };
  await ask({
    title: "Add tasks",
    verb: "Add",
    keep: "add",
    fields: fields({}),
    redraw: fields,
    submit: async (given) => {
      const common = { queue: given.queue, tool_name: given.tool_name || null, task_class: given.task_class || null };
      let made;
      if (given.script) {
        const inputs = Object.fromEntries(
          Object.entries(given)
            .filter(([name, value]) => name.startsWith("input-") && value)
            .map(([name, value]) => [name.slice(6), value]),
        );
        made = [(await post("/tasks", { ...common, script: given.script, inputs })).task];
      } else if (given.split) {
        made = (await post("/tasks/bulk", { ...common, text: given.prompt, split: true })).tasks;
      } else {
        made = [(await post("/tasks", { ...common, prompt: given.prompt })).task];
      }
      say(
        made.length === 1
          ? `#${made[0].id} waits in ${given.queue}.`
          : `${counted(made.length, "task")} wait in ${given.queue}.`,
      );
      await page.refresh();
    },
  });
}

export async function create(page) {
  const sessions = await get("/sessions");
  const open = sessions.sessions.filter((one) => one.status === "active");
  const made = await ask({
    title: "New queue",
    verb: "Create",
    keep: "queue",
    fields: [
      { name: "name", label: "Name", required: true, hint: "Letters, digits, . _ and -" },
      {
        name: "instructions",
        label: "Instructions for every worker of this queue",
        kind: "area",
        hint: "For example the branch, the tests to run, what a good result says.",
      },
      open.length
        ? {
            name: "session",
            label: "Session",
            kind: "select",
            value: "",
            options: [["", "none"], ...open.map((one) => [one.name, one.name])],
          }
        : null,
    ].filter(Boolean),
    submit: (given) =>
      post("/queues", { name: given.name.trim(), instructions: given.instructions, session: given.session || null }),
  });
  if (made) page.go(`/queues/${at(made.queue.name)}`);
}

export async function instruct(page, name) {
  const { queue } = await get(`/queues/${at(name)}`);
  await ask({
    title: `Instructions of ${name}`,
    keep: `instructions-${name}-${queue.instructions_revision}`,
    fields: [
      {
        name: "instructions",
        label: "Every worker of this queue gets them",
        kind: "area",
        value: queue.instructions ?? "",
        hint: "Workers see a change with their next claim.",
      },
    ],
    submit: async (given) => {
      if (given.instructions === lined(queue.instructions ?? "")) return;
      await change(`/queues/${at(name)}`, { instructions: given.instructions });
      say(`Instructions of ${name} changed.`);
      await page.refresh();
    },
  });
}

export async function rename(page, name) {
  const done = await ask({
    title: `Rename ${name}`,
    verb: "Rename",
    fields: [{ name: "name", label: "New name", value: name, required: true }],
    submit: (given) => change(`/queues/${at(name)}`, { name: given.name.trim() }),
  });
  if (!done) return;
  if (page.route.path[1] === name) page.go(`/queues/${at(done.queue.name)}`);
  else await page.refresh();
}

const MOVES = {
  end: ["End", "It takes no new tasks; workers drain what is there."],
  archive: ["Archive", "It is hidden and gives nothing to workers. Its tasks are kept."],
  reopen: ["Reopen", null],
  unarchive: ["Unarchive", null],
};

export async function move(page, name, verb) {
  const [word, text] = MOVES[verb];
  const go = async () => {
    await post(`/queues/${at(name)}/${verb}`);
    say(`${name}: ${word.toLowerCase()}${verb === "unarchive" || verb === "archive" ? "d" : "ed"}.`);
    await page.refresh();
    return true;
  };
  if (text) await ask({ title: `${word} ${name}?`, text, verb: word, submit: go });
  else await go();
}
