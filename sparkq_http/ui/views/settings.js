// Every setting in force and where it comes from; what may be changed from a page is changed here.

import { change, get, post } from "../api.js";
import { ask, confirmed, say } from "../dialogs.js";
import { h } from "../dom.js";
import { notifies, theme } from "../preferences.js";
import { button, section } from "../rows.js";
import { counted } from "../words.js";

export const title = "Settings";
export const keys = [];

export const load = () => get("/config");
export const affects = (event) => event.kind === "reloaded";
export const tasks = () => [];

const GROUPS = [
  ["Task classes", "task_classes."],
  ["Tools", "tools."],
  ["Purge", "purge."],
  ["Intervals", "queue_runner."],
  ["Project", "project."],
  ["Server", "server."],
  ["Files", "database."],
];

export function draw(data) {
  const groups = GROUPS.map(([name, prefix]) => [name, data.settings.filter((one) => one.key.startsWith(prefix))]);
  groups.push(["Other", data.settings.filter((one) => !GROUPS.some(([, prefix]) => one.key.startsWith(prefix)))]);
  return [
    h(
      "header.head",
      { "data-key": "head" },
      h("h1", {}, "Settings"),
      h("div.actions", {}, button("purge", "Purge now …"), button("reload", "Read sparkq.yml anew")),
    ),
    h(
      "p.total",
      { "data-key": "where" },
      data.file
        ? [
            "They stand in ",
            h("code", {}, data.file),
            "; a change here changes that line and leaves your comments alone.",
          ]
        : "They stand in the database: there is no sparkq.yml.",
    ),
    section(
      "This browser",
      null,
      h(
        "dl.settings",
        {},
        here("Theme", theme(), button("theme", "Change")),
        here(
          "Tell me when a queue has drained",
          notifies() ? "yes" : "no",
          button("notify", notifies() ? "Stop" : "Allow"),
        ),
      ),
    ),
    groups
      .filter(([, found]) => found.length)
      .map(([name, found]) => section(name, null, h("dl.settings", {}, found.map(setting)))),
  ];
}

const here = (name, value, control) =>
  h("div", {}, h("dt", {}, name), h("dd", {}, h("span.value", {}, value), control));

const isTool = (one) => one.key.startsWith("tools.");
const toolShown = ({ how, task_class: word }) => [h("span", {}, how), h("span.value", {}, word)];
const valueShown = (value) => h("span.value", {}, String(value) || "(empty)");

function setting(one) {
  return h(
    "div",
    { "data-key": one.key },
    h("dt", {}, h("code", {}, one.key), one.doc && h("p", {}, one.doc)),
    h(
      "dd",
      {},
      isTool(one) ? toolShown(one.value) : valueShown(one.value),
      h("small", {}, one.source),
      one.changeable
        ? button("set", "Change …", { "data-name": one.key })
        : h("small", { title: "It runs programs, opens doors or names files" }, "at the keyboard only"),
    ),
  );
}

function fieldsOf(one) {
  if (one.choices)
    return [
      {
        name: "value",
        label: one.key,
        kind: "select",
        value: one.value,
        options: one.choices.map((word) => [word, word]),
      },
    ];
  if (typeof one.value === "boolean") return [{ name: "value", label: one.key, kind: "check", value: one.value }];
  if (typeof one.value === "number")
    return [
      {
        name: "value",
        label: one.key,
        kind: "number",
        value: one.value,
        min: one.minimum,
        max: one.maximum,
        required: true,
      },
    ];
  if (typeof one.value === "object")
    return Object.entries(one.value).map(([name, value]) => ({
      name,
      label: name,
      kind: name === "how" ? "area" : typeof value === "number" ? "number" : "text",
      value,
    }));
  return [{ name: "value", label: one.key, value: one.value }];
}

export const acts = {
  async set(page, { dataset }) {
    const one = page.data.settings.find((found) => found.key === dataset.name);
    await ask({
      title: `Change ${one.key}`,
      text: one.doc,
      fields: fieldsOf(one),
      submit: async (given) => {
        const value = "value" in given ? given.value : given;
        const { source } = await change("/config", { key: one.key, value });
        say(`${one.key} is changed in ${source}.`);
        await page.refresh();
      },
    });
  },
  async reload(page) {
    const { scripts } = await post("/reload");
    say(`Read anew, with ${counted(scripts, "script")}.`);
    await page.refresh();
  },
  async purge() {
    const would = await post("/purge", { dry_run: true });
    if (!would.total) return say("There is nothing old enough to delete.");
    const old = `${counted(would.reviewed, "reviewed result")} and ${counted(would.unreviewed, "unreviewed one")}`;
    const words = `${old} are old enough. This cannot be undone.`;
    if (!(await confirmed(`Delete ${counted(would.total, "finished task")}?`, words, "Delete"))) return;
    const gone = await post("/purge", {});
    say(`${counted(gone.total, "task")} deleted.`);
  },
};
