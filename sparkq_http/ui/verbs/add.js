// New tasks: one prompt, several from one text, or a script of the index.

import { get, getQueues, post } from "../api.js";
import { say } from "../dialogs.js";
import { ask } from "../forms.js";
import { classOptions, nameOptions } from "../options.js";
import { counted } from "../words.js";
import { createQueue } from "./queues.js";

const INPUT = "input-";

/** Add tasks to a queue; `queue` and `script` are the names that the form begins with. */
export async function addTasks(page, { queue = null, script = null } = {}) {
  const [{ queues }, { tools }, { task_classes: classes }, { scripts }] = await Promise.all([
    getQueues(),
    get("/tools"),
    get("/task-classes"),
    get("/scripts"),
  ]);
  const active = queues.filter(({ status }) => status === "active");
  if (!active.length) return createQueue(page);
  await ask({
    title: "Add tasks",
    submitLabel: "Add",
    draft: "add",
    fields: (answers) => [
      queueField(active, queue),
      ...(scripts.length ? [scriptField(scripts, script)] : []),
      ...workFields(scripts.find(({ name }) => name === answers.script)),
      toolField(tools),
      classField(classes),
    ],
    async submit(answers) {
      const tasks = await enqueue(answers);
      const added = tasks.length === 1 ? `#${tasks[0].id}` : counted(tasks.length, "task");
      say(`${added} added to ${answers.queue}.`);
      await page.refresh();
    },
  });
}

function queueField(queues, wanted) {
  const preset = queues.some(({ name }) => name === wanted);
  const value = preset ? wanted : queues[0].name;
  return { name: "queue", label: "Queue", kind: "select", value, preset, options: nameOptions(queues) };
}

function scriptField(scripts, wanted) {
  const options = scripts.map(({ name, description }) => [name, description ? `${name}: ${description}` : name]);
  return {
    name: "script",
    label: "Script",
    kind: "select",
    value: wanted ?? "",
    preset: Boolean(wanted),
    changesFields: true,
    options: [["", "none (write a prompt)"], ...options],
  };
}

/** What is to be done: the inputs of a script, or a prompt. */
function workFields(script) {
  if (script) return script.inputs.map(inputField);
  return [
    { name: "prompt", label: "Prompt", kind: "area", required: true },
    { name: "split", label: "Split a plan into several tasks: its items or headings", kind: "check" },
  ];
}

const inputField = ({ name, required, description }) => ({
  name: `${INPUT}${name}`,
  label: required ? name : `${name} (optional)`,
  required,
  hint: description,
});

const toolField = (tools) => ({
  name: "tool_name",
  label: "Tool",
  kind: "select",
  value: "",
  options: [["", "default"], ...nameOptions(tools)],
});

const classField = (classes) => ({
  name: "task_class",
  label: "Task class",
  kind: "select",
  value: "",
  options: [["", "default of the tool"], ...classOptions(classes)],
});

async function enqueue({ queue, script, prompt, split, tool_name: tool, task_class: taskClass, ...answers }) {
  const common = { queue, tool_name: tool || null, task_class: taskClass || null };
  if (split) return (await post("/tasks/bulk", { ...common, text: prompt, split: true })).tasks;
  const work = script ? { script, inputs: inputsOf(answers) } : { prompt };
  return [(await post("/tasks", { ...common, ...work })).task];
}

const inputsOf = (answers) =>
  Object.fromEntries(
    Object.entries(answers)
      .filter(([name, value]) => name.startsWith(INPUT) && value)
      .map(([name, value]) => [name.slice(INPUT.length), value]),
  );
