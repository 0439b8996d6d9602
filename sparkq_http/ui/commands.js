// What buttons and keys do.

import { palette, say, sheet } from "./dialogs.js";
import { draw, focusedRow, kept, main, marks, NAMES, page, titled } from "./page.js";
import * as verbs from "./verbs.js";
import * as queue from "./views/queue.js";
import * as task from "./views/task.js";

const chosen = (element) => {
  if (element?.dataset.id) return [Number(element.dataset.id)];
  if (page.selected.size) return [...page.selected];
  if (page.view === task) return [page.data.task.id];
  // Of the inbox the first result: what runs and what is next stands above, and cannot be selected.
  const row = document.activeElement?.closest("[data-id]") ?? main.querySelector(".row:has(.pick)");
  return row ? [Number(row.dataset.id)] : [];
};

const some = (verb) => (_, element) => {
  const ids = chosen(element);
  return ids.length ? verb(page, ids) : say("There is no task to do that with.");
};

const one = (verb) => (_, element) => {
  const ids = chosen(element);
  return ids.length ? verb(page, ids[0]) : say("There is no task to do that with.");
};

const named = (verb) => (_, element) => verb(page, element.dataset.name);

const ACTS = {
  accept: some(verbs.accept),
  requeue: some(verbs.requeue),
  cancel: some(verbs.cancel),
  erase: some(verbs.erase),
  front: some(verbs.front),
  edit: one(verbs.edit),
  rework: one(verbs.rework),
  stop: one(verbs.stop),
  add: (_, element) =>
    verbs.add(page, {
      queue: element?.dataset.name ?? (page.view === queue ? page.route.path[1] : null),
      script: element?.dataset.script,
    }),
  create: () => verbs.create(page),
  instruct: named(verbs.instruct),
  rename: named(verbs.rename),
  end: (_, element) => verbs.move(page, element.dataset.name, "end"),
  archive: (_, element) => verbs.move(page, element.dataset.name, "archive"),
  reopen: (_, element) => verbs.move(page, element.dataset.name, "reopen"),
  unarchive: (_, element) => verbs.move(page, element.dataset.name, "unarchive"),
  pick(_, element) {
    const id = Number(element.dataset.id);
    if (!page.selected.delete(id)) page.selected.add(id);
    draw();
  },
  async copy(_, element) {
    const text = document.getElementById(element.dataset.copies).textContent;
    try {
      await navigator.clipboard.writeText(text);
      say("Copied.");
    } catch {
      getSelection().selectAllChildren(document.getElementById(element.dataset.copies));
      say("This browser does not let a page copy: the text is selected, press Ctrl-C.");
    }
  },
  theme() {
    const next = { undefined: "light", light: "dark", dark: null }[document.documentElement.dataset.theme];
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    kept("theme", next);
    draw();
    say(`Theme: ${page.theme()}.`);
  },
  async notify() {
    if (page.notifies()) kept("notify", null);
    else if (!("Notification" in window)) say("This browser shows no notifications.", { problem: true });
    else if ((await Notification.requestPermission()) === "granted") kept("notify", "yes");
    else say("The browser does not allow it.", { problem: true });
    draw();
  },
  skip: () => main.focus(),
  palette: () => palette(commands()),
  sheet: showSheet,
};

export async function act(name, element) {
  const verb = page.view?.acts?.[name] ?? ACTS[name];
  try {
    await verb?.(page, element);
  } catch (error) {
    say(`${error.message} ${error.hint ?? ""}`, { problem: true });
    await page.refresh();
  }
}

function move(by) {
  const rows = [...main.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const index = rows.indexOf(focusedRow());
  const next = rows[Math.max(0, Math.min(rows.length - 1, index < 0 ? 0 : index + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function search() {
  const field = document.getElementById("search");
  if (field) {
    field.focus();
    field.select();
    return;
  }
  page.go("/tasks");
  const look = setInterval(() => document.getElementById("search") && (clearInterval(look), search()), 30);
  setTimeout(() => clearInterval(look), 3000);
}

export const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  x: () => document.activeElement?.closest("[data-id]") && act("pick", document.activeElement.closest("[data-id]")),
  a: () => act("accept"),
  r: () => act("requeue"),
  e: () => act("edit"),
  c: () => act("cancel"),
  f: () => act("front"),
  n: () => act("add"),
  "/": search,
  "?": () => showSheet(),
  t: () => act("theme"),
  Escape() {
    if (page.selected.size) {
      page.selected.clear();
      draw();
    } else document.activeElement?.blur();
  },
};
export const GO = { i: "/inbox", q: "/queues", t: "/tasks", s: "/sessions", c: "/scripts", o: "/settings" };
export const ON_TASKS = new Set(["a", "r", "e", "c", "f"]);
export const ASKING = new Set(["n", "r", "e", "c"]);

function showSheet() {
  sheet([
    [titled(), page.view.keys.length ? page.view.keys : [["j k", "next and previous"]]],
    [
      "Everywhere",
      [
        ["j k", "next and previous row"],
        ["Enter", "open"],
        ["x", "select"],
        ["a", "accept"],
        ["r", "requeue with feedback"],
        ["e", "edit"],
        ["c", "cancel"],
        ["n", "add tasks"],
        ["/", "search"],
        ["t", "theme"],
        ["Ctrl K", "everything, by name"],
        ["?", "this sheet"],
      ],
    ],
    ["Go to", Object.entries(GO).map(([key, path]) => [`g ${key}`, NAMES[path.slice(1)]])],
  ]);
}

export function commands() {
  const listed = Object.entries(NAMES).map(([name, word]) => [`Go to ${word}`, () => page.go(`/${name}`)]);
  listed.push(
    ["Add tasks", () => act("add")],
    ["New queue", () => act("create")],
    ["Search tasks", search],
    ["Change the theme", () => act("theme")],
    ["Show the keys", showSheet],
  );
  for (const name of Object.keys(marks.open ?? {}))
    listed.push([`Open queue ${name}`, () => page.go(`/queues/${encodeURIComponent(name)}`)]);
  for (const one of page.data ? page.view.tasks(page.data).slice(0, 200) : [])
    listed.push([`Open #${one.id} ${one.title}`, () => page.go(`/tasks/${one.id}`)]);
  return listed;
}
