// The scripts of the project, by their comment headers.

import { get, post } from "../api.js";
import { say } from "../dialogs.js";
import { h } from "../dom.js";
import { button, empty } from "../rows.js";
import { counted } from "../words.js";

export const title = "Scripts";
export const keys = [["/", "search"]];

export async function load(route) {
  const words = route.query.get("search") ?? "";
  const found = await get(`/scripts?words=${encodeURIComponent(words)}`);
  return { words, ...found };
}

export const affects = (event) => event.kind === "reloaded";
export const tasks = () => [];

export function draw(data) {
  return [
    h(
      "header.head",
      { "data-key": "head" },
      h("h1", {}, "Scripts"),
      h("div.actions", {}, button("reload", "Read headers anew")),
    ),
    h(
      "div.filters",
      { "data-key": "filters", role: "search" },
      h("input", {
        type: "search",
        id: "search",
        "data-filter": "search",
        value: data.words,
        placeholder: "A tag, or words of name and description",
        "aria-label": "Search scripts",
      }),
    ),
    data.total
      ? h("ul.cards", { "data-key": "cards", "aria-label": "Scripts" }, data.scripts.map(card))
      : data.words
        ? empty("No script matches.", "Search for something else.")
        : empty(
            "There is no script with a header.",
            "Put one into a folder of script_dirs, with a comment like this before its first line of code:",
            "# name: deploy\n# description: Deploy to an environment\n# inputs: ENV (required)\n# timeout: 600",
          ),
  ];
}

function card(one) {
  return h(
    "li.card",
    { "data-key": `script-${one.path}` },
    h(
      "header",
      {},
      h("h2", {}, one.name),
      one.tags.map((tag) => h("a.badge", { href: `#/scripts?search=${encodeURIComponent(tag)}` }, tag)),
    ),
    one.description && h("p", {}, one.description),
    h(
      "p.facts",
      {},
      h("code", {}, one.path),
      h("span", {}, one.tool_name),
      one.timeout && h("span", {}, `${one.timeout} s`),
    ),
    one.inputs.length > 0 &&
      h(
        "p",
        {},
        "Needs ",
        one.inputs.map((part, index) => [
          index ? ", " : "",
          h("code", {}, part.name),
          part.required ? "" : " (optional)",
        ]),
      ),
    one.outputs.length > 0 &&
      h(
        "p",
        {},
        "Gives ",
        one.outputs.map((part, index) => [index ? ", " : "", h("code", {}, part.name)]),
      ),
    h("div.actions", {}, button("add", "Queue it …", { "data-script": one.name })),
  );
}

export function filter(page, _name, value) {
  page.go(value ? `/scripts?search=${encodeURIComponent(value)}` : "/scripts", { replace: true });
}

export const acts = {
  async reload(page) {
    const { scripts } = await post("/reload");
    say(`${counted(scripts, "script")} read.`);
    await page.refresh();
  },
};
