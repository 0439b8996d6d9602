// New tasks: one prompt, several from one text, or a script of the index.

import { get, getQueues, post, taskPath } from "../api.js";
import { say } from "../dialogs.js";
import { h } from "../dom.js";
import { ask } from "../forms.js";
import { classOptions, nameOptions } from "../options.js";
import { remember, remembered } from "../preferences.js";
import { counted, duration } from "../words.js";
import { createQueue } from "./queues.js";

const INPUT = "input-";
const TEMPLATES = 10;
const MOST_PARTS = 50;
const MOST_OPTION = 60;

/** Add tasks to a queue; `queue` and `script` are the names that the form begins with. */
export async function addTasks(page, { queue = null, script = null } = {}) {
	const [{ queues }, { tools }, { task_classes: classes }, { scripts }, { tasks: last }] = await Promise.all([
		getQueues(),
		get("/tools"),
		get("/task-classes"),
		get("/scripts"),
		get(`/tasks?limit=${TEMPLATES}&sort=newest`),
	]);
	const active = queues.filter(({ status }) => status === "active");
	if (!active.length) return createQueue(page);
	let unanswered = null; // what may have been added though no answer came
	await ask({
		title: "Add tasks",
		submitLabel: "Add",
		again: "Add and next",
		clears: ["prompt"],
		draft: "add",
		fields: (answers) => [
			...sessionField(active),
			queueField(active, queue, answers.session),
			...(scripts.length ? [scriptField(scripts, script)] : []),
			...workFields(
				scripts.find(({ name }) => name === answers.script),
				last,
			),
			toolField(tools),
			classField(classes),
			{ name: "front", label: "Put it at the front of the queue", kind: "check" },
		],
		preview: (answers) => previewOf(answers, { tools, classes, scripts }),
		chosen: (form, name) => name === "template" && fillIn(form),
		async submit(answers) {
			const { queue } = answers;
			const asked = JSON.stringify(answers);
			const tasks = await enqueue(answers, asked === unanswered).catch((error) => {
				unanswered = error.status ? null : asked;
				throw error;
			});
			unanswered = null;
			remember("queue", queue);
			const added = tasks.length === 1 ? `#${tasks[0].id}` : counted(tasks.length, "task");
			sayAdded(tasks.length ? `${added} added to ${queue}.` : `Nothing is new: all of it waits in ${queue}.`);
			await page.refresh();
		},
	});
}

/** Once, when there is something to wait for, offer to notify. */
function sayAdded(text) {
	const canAsk = "Notification" in window && Notification.permission === "default" && !remembered("offer");
	if (canAsk) remember("offer", "made");
	say(text, canAsk ? { act: ["Notify me when it is done", "notify", []] } : {});
}

/** Where there are several sessions, one of them can be chosen: then only its queues are offered. */
function sessionField(queues) {
	const names = [...new Set(queues.map(({ session }) => session))].filter(Boolean).sort();
	if (names.length < 2) return [];
	const options = [["", "all sessions"], ...names.map((name) => [name, name])];
	return [{ name: "session", label: "Session", value: "", preset: true, options, changesFields: true }];
}

function queueField(all, wanted, session) {
	const queues = all.filter((queue) => !session || queue.session === session);
	const has = (queue) => queues.some(({ name }) => name === queue);
	const preset = has(wanted);
	const last = remembered("queue");
	const value = preset ? wanted : has(last) ? last : queues[0].name;
	const options = queues.map(({ name, session }) => [name, session ? `${name} (${session})` : name]);
	return { name: "queue", label: "Queue", value, preset, options };
}

const scriptField = (scripts, wanted) => ({
	name: "script",
	label: "Script",
	value: wanted ?? "",
	preset: Boolean(wanted),
	changesFields: true,
	options: [["", "none (write a prompt)"], ...nameOptions(scripts)],
});

function workFields(script, last) {
	if (script) return script.inputs.map(inputField);
	return [
		...(last.length ? [templateField(last)] : []),
		{ name: "prompt", label: "Prompt", kind: "area", required: true, hint: "You can drop a text file here." },
		{ name: "split", label: "Several tasks: one for each heading or line", kind: "check" },
	];
}

const templateField = (last) => ({
	name: "template",
	label: "Start from an earlier prompt",
	value: "",
	preset: true,
	options: [["", "none"], ...last.map(({ id, title }) => [String(id), `#${id} ${cut(title)}`])],
});

const cut = (text) => (text.length > MOST_OPTION ? `${text.slice(0, MOST_OPTION)} …` : text);

async function fillIn(form) {
	const { template, prompt } = form.elements;
	if (!template.value) return;
	const task = await get(taskPath(template.value));
	prompt.value = task.prompt;
	prompt.focus();
	prompt.dispatchEvent(new Event("input", { bubbles: true }));
}

const KINDS = { int: "number", integer: "number", number: "number", date: "date" };

/** The values that a header names: "dev or prod", "a, b or c", "x|y". */
const valuesIn = (text) =>
	/^[\w.-]+((, | ?\| ?| or )[\w.-]+)+$/.test(text) ? text.split(/, | ?\| ?| or /).map((value) => [value, value]) : null;

/** A field for an input, by the type and the values in its header: "(number) how many", "(bool)", "staging or prod". */
function inputField({ name, required, description }) {
	const [, type, text] = /^(?:\((.*?)\))? ?(.*)/.exec(description);
	const values = valuesIn(/^bool/.test(type) ? "true or false" : (type ?? text)) ?? valuesIn(text);
	const label = required ? name : `${name} (optional)`;
	return { name: `${INPUT}${name}`, label, required, hint: description, kind: KINDS[type] ?? "text", options: values };
}

const toolField = (tools) => ({
	name: "tool_name",
	label: "Tool",
	value: "",
	options: [["", "default"], ...nameOptions(tools)],
});

const classField = (classes) => ({
	name: "task_class",
	label: "Task class",
	value: "",
	options: [["", "default of the tool"], ...classOptions(classes)],
});

/** What the tool and the class mean, and which tasks the text makes. */
async function previewOf(answers, { tools, classes, scripts }) {
	const script = scripts.find(({ name }) => name === answers.script);
	const tool = tools.find(({ name }) => name === answers.tool_name);
	const taskClass = classes.find(({ name }) => name === (answers.task_class || tool?.task_class));
	return [
		script?.description && h("p@script", h("strong", script.name), `: ${script.description}`),
		tool && h("p@tool", h("strong", tool.name), `: ${tool.how}`),
		taskClass && h("p@class", h("strong", taskClass.name), `: ${classInWords(taskClass)}`),
		!script && answers.split && answers.prompt?.trim() && (await partsOf(answers)),
	];
}

const classInWords = ({ description, timeout }) =>
	`${description ? `${description}. ` : ""}It fails after ${duration(2 * timeout)} of silence.`;

async function partsOf(answers) {
	const { tasks, total } = await post("/tasks/split", { text: answers.prompt, queue: answers.queue });
	const old = tasks.filter(({ queued }) => queued).length;
	return h(
		"section@parts",
		h(
			"h3",
			`This makes ${total === 1 && !old ? "one task" : counted(total - old, "task")}`,
			old > 0 && `, ${old} queued already`,
		),
		total === 1 && h("p", "Write each task under its own heading (## Task) or on its own line."),
		h("ol", tasks.slice(0, MOST_PARTS).map(part)),
	);
}

const part = ({ title, prompt, queued }) =>
	h(
		"li",
		h("strong", title),
		queued ? ` (queued already: #${queued})` : prompt.trim() !== title && h("p.soft", prompt),
	);

async function enqueue({ script, prompt, split, tool_name: tool, task_class: taskClass, ...answers }, isRepeated) {
	const { queue, front } = answers;
	const common = { queue, front, tool_name: tool || null, task_class: taskClass || null };
	if (!script && (split || isRepeated))
		return (await post("/tasks/bulk", { ...common, text: prompt, split, again: false })).tasks;
	const work = script ? { script, inputs: inputsOf(answers) } : { prompt };
	return [(await post("/tasks", { ...common, ...work })).task];
}

const inputsOf = (answers) =>
	Object.fromEntries(
		Object.entries(answers)
			.filter(([name, value]) => name.startsWith(INPUT) && value !== "" && value !== null)
			.map(([name, value]) => [name.slice(INPUT.length), String(value)]),
	);
