// Help: every command by its name, which key does what, and the list of the views.

import { queuePath, taskPath } from "./api.js";
import { act, GO, KEYS, search } from "./commands.js";
import { dialogIsOpen, openDialog, openSheet } from "./dialogs.js";
import { h } from "./dom.js";
import { VIEWS, viewTitle } from "./navigation.js";
import { page } from "./page.js";
import { project } from "./project.js";

const MOST_TASKS = 200;
const MOST_MATCHES = 12;

/** Find a command by typing words of its name, and run it. */
export function palette() {
	if (dialogIsOpen()) return;
	const all = commands();
	const input = h("input", {
		type: "text",
		role: "combobox",
		"aria-expanded": "true",
		"aria-controls": "palette-list",
		"aria-label": "Command",
		placeholder: "Type a command …",
		autocomplete: "off",
	});
	const list = h("ul", { id: "palette-list", role: "listbox", "aria-label": "Commands" });
	const dialog = h("dialog.palette", { "aria-label": "Command palette" }, input, list);
	let matches = [];
	let active = 0;
	const draw = () => {
		matches = matching(all, input.value);
		active = Math.max(0, Math.min(active, matches.length - 1));
		list.replaceChildren(
			...(matches.length ? matches.map((match, index) => option(match, index, active)) : [noOption()]),
		);
		input.setAttribute("aria-activedescendant", matches.length ? `palette-${active}` : "");
	};
	const run = (index) => {
		dialog.close();
		matches[index]?.run();
	};
	input.addEventListener("input", () => {
		active = 0;
		draw();
	});
	dialog.addEventListener("keydown", (event) => {
		if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			event.preventDefault();
			const step = event.key === "ArrowDown" ? 1 : -1;
			active = (active + step + matches.length) % (matches.length || 1);
			draw();
		} else if (event.key === "Enter") {
			event.preventDefault();
			run(active);
		}
	});
	list.addEventListener("click", (event) => {
		const index = event.target.closest("li")?.dataset.index;
		if (index !== undefined) run(Number(index));
	});
	draw();
	openDialog(dialog);
	input.focus();
}

function matching(commands, text) {
	const words = text.toLowerCase().split(/\s+/);
	const matches = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
	return matches.slice(0, MOST_MATCHES);
}

const option = ({ name }, index, active) =>
	h(
		"li",
		{ role: "option", id: `palette-${index}`, "data-index": index, "aria-selected": String(index === active) },
		name,
	);

const noOption = () =>
	h("li", { role: "option", "aria-selected": "false", "aria-disabled": "true" }, "No command matches.");

const openQueue = (name) => ({ name: `Open queue ${name}`, run: () => page.go(queuePath(name)) });

const openTask = (task) => ({ name: `Open #${task.id} ${task.title}`, run: () => page.go(taskPath(task.id)) });

/** Every command, as { name, run }. */
function commands() {
	return [
		...Object.entries(VIEWS).map(([path, [title]]) => ({ name: `Go to ${title}`, run: () => page.go(`/${path}`) })),
		{ name: "Add tasks", run: () => act("add") },
		{ name: "New queue", run: () => act("create-queue") },
		{ name: "Search tasks", run: search },
		{ name: "Undo the last verdict", run: () => act("undo") },
		{ name: "Change the theme", run: () => act("theme") },
		{ name: "Show keyboard shortcuts", run: keys },
		...(project.queues ?? []).map(({ name }) => openQueue(name)),
		...page.tasks().slice(0, MOST_TASKS).map(openTask),
	];
}

/** Show which key does what, in this view and everywhere. */
export function keys() {
	if (dialogIsOpen()) return;
	const { keys: ours = [] } = page.view;
	const here = ours.map(([key]) => key);
	const everywhere = [
		...Object.entries(KEYS)
			.filter(([key, { label }]) => label && !here.includes(key))
			.map(([key, { label }]) => [key, label]),
		["Enter", "open"],
		["Ctrl K", "find any command"],
	];
	const groups = [
		...(ours.length ? [[viewTitle(page.name, page.route), ours]] : []),
		["Everywhere", everywhere],
		["Go to", Object.entries(GO).map(([key, path]) => [`g ${key}`, VIEWS[path.slice(1)][0]])],
	];
	const body = h(
		"div.keys",
		groups.map(([title, lines]) => h("section", h("h3", title), h("dl", lines.map(keyLine)))),
	);
	openSheet("Keyboard shortcuts", body);
}

function keyLine([key, label]) {
	const caps = key.split(" ").map((cap) => h("kbd", cap));
	return h("div", h("dt", caps), h("dd", label));
}

export function views() {
	const links = Object.entries(VIEWS).map(([name, [title]]) =>
		h("a", { href: `#/${name}`, "data-close": true }, title),
	);
	openSheet("Views", h("nav.views", links));
}
