// Every setting in force and where it comes from; those that a page may change are changed here.

import { change, get, post } from "../api.js";
import { say } from "../dialogs.js";
import { h } from "../dom.js";
import { ask, confirmed } from "../forms.js";
import { notifies, theme, usesLetters } from "../preferences.js";
import { button, head, section } from "../rows.js";
import { counted } from "../words.js";

export const load = () => get("/config");
export const affects = () => false;

const GROUPS = [
	{ title: "Task classes", prefix: "task_classes." },
	{ title: "Tools", prefix: "tools." },
	{ title: "Purge", prefix: "purge." },
	{ title: "Intervals", prefix: "queue_runner." },
	{ title: "Project", prefix: "project." },
	{ title: "Server", prefix: "server." },
	{ title: "Files", prefix: "database." },
];

const groupOf = ({ key }) => GROUPS.find(({ prefix }) => key.startsWith(prefix))?.title ?? "Other";

export function draw({ settings, file }) {
	const titles = [...GROUPS.map((group) => group.title), "Other"];
	const groups = titles.map((title) => ({ title, members: settings.filter((setting) => groupOf(setting) === title) }));
	return [
		head(h("h1", "Settings"), button("purge", "Purge now …"), button("reload", "Reload sparkq.yml")),
		h("p.total@where", whereSettingsAre(file)),
		thisBrowser(),
		groups
			.filter(({ members }) => members.length)
			.map(({ title, members }) => section(title, null, h("dl.settings", members.map(line)))),
	];
}

function whereSettingsAre(file) {
	if (!file) return "The settings are in the database, because there is no sparkq.yml.";
	return ["The settings are in ", h("code", file), ". Changes made here keep its comments and every other line."];
}

function thisBrowser() {
	const notifying = notifies();
	return section(
		"This browser",
		null,
		h(
			"dl.settings",
			preference("Theme", theme(), button("theme", "Change")),
			preference(
				"Notify me when a queue is done, a task fails, a worker asks or its chat closes",
				notifying ? "on" : "off",
				button("notify", notifying ? "Turn off" : "Turn on"),
			),
			preference(
				"Single letters as shortcuts",
				usesLetters() ? "on" : "off",
				button("letters", usesLetters() ? "Turn letters off" : "Turn letters on"),
			),
		),
	);
}

const preference = (name, value, control) => h("div", h("dt", name), h("dd", h("span.value", value), control));

function line(setting) {
	const { key, doc, source, changeable } = setting;
	return h(
		`div@${key}`,
		h("dt", h("code", key), doc && h("p", doc)),
		h(
			"dd",
			valueOf(setting),
			h("small", source),
			changeable
				? button("set", "Change …", { "data-name": key })
				: h("small", { title: "It runs programs, opens ports or names files" }, "only in a terminal"),
		),
	);
}

function valueOf({ key, value }) {
	if (key.startsWith("tools.")) return [h("span", value.how), h("span.value", value.task_class)];
	return h("span.value", String(value) || "(empty)");
}

function fieldsOf({ key, value, choices, minimum, maximum }) {
	const field = { name: "value", label: key, value };
	if (choices) return [{ ...field, options: choices.map((choice) => [choice, choice]) }];
	if (typeof value === "boolean") return [{ ...field, kind: "check" }];
	if (typeof value === "number") return [{ ...field, kind: "number", min: minimum, max: maximum, required: true }];
	if (typeof value === "object") return Object.entries(value).map(partField);
	return [field];
}

function partField([name, value]) {
	const kind = name === "how" ? "area" : typeof value === "number" ? "number" : "text";
	return { name, label: name, kind, value };
}

async function changeSetting(page, setting) {
	await ask({
		title: `Change ${setting.key}`,
		text: setting.doc,
		fields: fieldsOf(setting),
		async submit(answers) {
			const value = "value" in answers ? answers.value : answers;
			const { source } = await change("/config", { key: setting.key, value });
			say(`${setting.key} changed in ${source}.`);
			await page.refresh();
		},
	});
}

async function reload(page) {
	const { scripts } = await post("/reload");
	say(`Settings and ${counted(scripts, "script")} reloaded.`);
	await page.refresh();
}

async function purge() {
	const { total, reviewed, unreviewed, archived } = await post("/purge", { dry_run: true });
	const kept = archived ? ` ${counted(archived, "task")} in archived queues stay.` : "";
	if (!total) return say(`Nothing is old enough to delete.${kept}`);
	const old = `${counted(reviewed, "reviewed result")} and ${counted(unreviewed, "unreviewed one")}`;
	const text = `${old} are old enough.${kept} This cannot be undone.`;
	if (!(await confirmed(`Delete ${counted(total, "finished task")}?`, text, "Delete"))) return;
	const purged = await post("/purge", {});
	say(`${counted(purged.total, "task")} deleted.`);
}

export const acts = {
	set: (page, { dataset }) =>
		changeSetting(
			page,
			page.data.settings.find(({ key }) => key === dataset.name),
		),
	reload,
	purge,
};
