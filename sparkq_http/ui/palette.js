// The palette: every command by its name.

import { dialogIsOpen, openDialog } from "./dialogs.js";
import { h } from "./dom.js";

const MOST_MATCHES = 12;

/** Find a command by typing words of its name, and run it. `commands` are { name, run }. */
export function palette(commands) {
	if (dialogIsOpen()) return;
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
		matches = matching(commands, input.value);
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
