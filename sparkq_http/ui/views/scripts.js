// The scripts of the project, by their comment headers.

import { get, post, query } from "../api.js";
import { say } from "../dialogs.js";
import { h } from "../dom.js";
import { button, empty, head } from "../rows.js";
import { counted } from "../words.js";

const HEADER = `# name: deploy
# description: Deploy to an environment
# inputs: ENV (required)
# timeout: 600`;

export const keys = [["/", "search"]];

export async function load(route) {
	const search = route.query.get("search") ?? "";
	const { scripts } = await get(`/scripts${query({ words: search })}`);
	return { search, scripts };
}

export const affects = () => false;

export function draw({ search, scripts }) {
	return [
		head(h("h1", "Scripts"), button("reload", "Reload scripts")),
		h("div.filters@filters", { role: "search" }, searchField(search)),
		scripts.length ? h("ul.cards@cards", { "aria-label": "Scripts" }, scripts.map(card)) : noScript(search),
	];
}

const searchField = (value) =>
	h("input", {
		type: "search",
		id: "search",
		"data-filter": "search",
		value,
		placeholder: "Words of the name, description or tags",
		"aria-label": "Search scripts",
	});

function noScript(search) {
	if (search) return empty("No scripts match.", "Try other words.");
	return empty(
		"No scripts with a header.",
		"Put a script into a folder of script_dirs, with a comment like this at its top:",
		HEADER,
	);
}

function card(script) {
	const { name, description, path, tool_name: tool, timeout, tags, inputs, outputs } = script;
	return h(
		`li.card@script-${path}`,
		h("header", h("h2", name), tags.map(tagLink)),
		description && h("p", description),
		h("p.facts", h("code", path), h("span", tool), timeout && h("span", `${timeout} s`)),
		inputs.length > 0 && h("p", "Inputs: ", listed(inputs, optional)),
		outputs.length > 0 && h("p", "Outputs: ", listed(outputs)),
		h("div.actions", button("add", "Add task …", { "data-script": name })),
	);
}

const tagLink = (tag) => h("a.badge", { href: `#${searchPath(tag)}` }, tag);

const searchPath = (search) => `/scripts${query({ search })}`;

const optional = (input) => !input.required && " (optional)";

const listed = (parts, suffix = () => null) =>
	parts.map((part, index) => [index > 0 && ", ", h("code", part.name), suffix(part)]);

export function filter(page, _name, value) {
	page.go(searchPath(value), { replace: true });
}

export const acts = {
	async reload(page) {
		const { scripts } = await post("/reload");
		say(`${counted(scripts, "script")} loaded.`);
		await page.refresh();
	},
};
