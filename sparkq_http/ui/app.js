// The page: which view is shown, what keys and buttons do, and how it follows what happens.

import { get, post } from "./api.js";
import { palette, say, sheet } from "./dialogs.js";
import { h, patch } from "./dom.js";
import { follow } from "./live.js";
import * as verbs from "./verbs.js";
import * as inbox from "./views/inbox.js";
import * as queue from "./views/queue.js";
import * as queues from "./views/queues.js";
import * as scripts from "./views/scripts.js";
import * as sessions from "./views/sessions.js";
import * as settings from "./views/settings.js";
import * as task from "./views/task.js";
import * as tasks from "./views/tasks.js";

const VIEWS = { inbox, queues, tasks, sessions, scripts, settings };
const DEEPER = { queues: queue, tasks: task };
const NAMES = { inbox: "Inbox", queues: "Queues", tasks: "Tasks", sessions: "Sessions", scripts: "Scripts", settings: "Settings" };
const SOON_MS = 120;
const TICK_MS = 5000;

const main = document.getElementById("main");
const marks = { counts: {}, open: null, project: "" };

const page = {
  view: null,
  route: null,
  data: null,
  selected: new Set(),
  go(path, { replace = false } = {}) {
    if (replace) history.replaceState(null, "", `#${path}`);
    else location.hash = path;
    if (replace) navigate();
  },
  known: (id) => page.view.tasks(page.data).find((one) => one.id === id),
  refresh: load,
  /** These tasks are gone: nobody stays at the address of one. */
  left: (ids) => (page.view === task && ids.includes(page.data?.task.id) ? page.go(`/queues/${encodeURIComponent(page.data.task.queue)}`, { replace: true }) : load()),
  redraw: draw,
  theme: () => document.documentElement.dataset.theme ?? "as the system",
  notifies: () => kept("notify") === "yes" && "Notification" in window && Notification.permission === "granted",
};

function kept(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Then it is forgotten with the tab.
  }
  return value;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function routed() {
  const [path, text] = (location.hash.slice(1) || "/inbox").split("?");
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { path: parts, address: location.hash, query: new URLSearchParams(text ?? "") };
}

function navigate() {
  const route = routed();
  const [first, second] = route.path;
  const among = second && Object.hasOwn(DEEPER, first) ? DEEPER : VIEWS;
  const view = Object.hasOwn(among, first) && among[first];
  if (!view) {
    location.replace("#/inbox");
    return;
  }
  const same = view === page.view && route.path.join("/") === page.route?.path.join("/");
  page.view = view;
  page.route = route;
  if (!same) {
    page.data = null;
    page.selected.clear();
  }
  nav();
  load();
}

let loading = 0;

let listed = "";

async function load() {
  const mine = ++loading;
  const fresh = page.data === null;
  const { view, route } = page;
  if (fresh) main.setAttribute("aria-busy", "true");
  try {
    const data = await view.load(route, { before: page.data });
    if (mine !== loading) return;
    page.data = data;
    // Another list begins at its head: left at the old one's end, it would go on loading by itself.
    const list = route.address.replace(/[?&]shown=\d+/, "");
    if (list !== listed) scrollTo(0, 0);
    listed = list;
    const here = new Set(view.tasks(data).map((one) => one.id));
    for (const id of page.selected) if (!here.has(id)) page.selected.delete(id);
    draw();
    if (fresh) arrive();
  } catch (error) {
    if (mine !== loading) return;
    if (error.status === 404) page.data = null;
    if (page.data) say(`${error.message} ${error.hint ?? ""}`, { problem: true });
    else patch(main, [h("div.empty", { "data-key": "problem", role: "alert" }, h("p", {}, h("strong", {}, error.message)), h("p", {}, error.hint ?? ""))]);
  } finally {
    if (mine === loading) main.removeAttribute("aria-busy");
  }
}

function draw() {
  if (!page.data) return;
  const rows = [...main.querySelectorAll("[data-row]")];
  const index = rows.indexOf(focusedRow());
  patch(main, page.view.draw(page.data, page));
  // The row that had the focus has gone: the one that took its place is next.
  if (index >= 0 && !document.activeElement?.closest("li")) {
    const left = [...main.querySelectorAll("[data-row]")];
    left[Math.min(index, left.length - 1)]?.focus({ preventScroll: true });
  }
  headline();
}

const focusedRow = () => document.activeElement?.closest("#main li")?.querySelector("[data-row]");

let arrived = false;

function arrive() {
  scrollTo(0, 0);
  // The first view leaves the focus before everything, where the skip link is.
  if (arrived && !document.querySelector("dialog[open]")) main.focus({ preventScroll: true });
  arrived = true;
}

const titled = () => (typeof page.view.title === "function" ? page.view.title(page.route) : page.view.title);

function nav() {
  const list = document.getElementById("views");
  patch(
    list,
    Object.entries(NAMES).map(([name, word]) => {
      const count = { inbox: marks.counts.unreviewed, tasks: marks.counts.open }[name];
      return h("li", { "data-key": name }, h("a", { href: `#/${name}`, "aria-current": page.route.path[0] === name ? "page" : null }, word, count ? h("span.count", {}, " ", count.toLocaleString("en")) : null));
    }),
  );
  headline();
}

/** The tab says how many results wait, in its title and on its icon. */
function headline() {
  const waiting = marks.counts.unreviewed ?? 0;
  document.title = `${waiting ? `(${waiting}) ` : ""}${titled()} · ${marks.project || "SparkQ"}`;
  const shown = waiting > 99 ? "99" : String(waiting || "");
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${waiting ? "#c2410c" : "#475569"}"/><text x="16" y="22" font-family="sans-serif" font-size="${shown.length > 1 ? 15 : 18}" font-weight="bold" text-anchor="middle" fill="#fff">${shown || "Q"}</text></svg>`;
  const icon = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
  const link = document.querySelector("link[rel=icon]");
  if (link.href !== icon) link.href = icon;
}

async function count() {
  const { queues: found } = await get("/queues");
  const sum = (name) => found.reduce((all, one) => all + one[name], 0);
  const open = Object.fromEntries(found.map((one) => [one.name, one.queued + one.running]));
  if (marks.open && page.notifies())
    for (const one of found) if (marks.open[one.name] > 0 && open[one.name] === 0) new Notification(`${one.name} has drained`, { body: `${one.unreviewed} to review`, tag: `drained-${one.name}` });
  marks.open = open;
  marks.counts = { unreviewed: sum("unreviewed"), open: sum("queued") + sum("running") };
  nav();
}

let soon = 0;

function happened(event) {
  if (page.view?.affects(event, page.data)) page.stale = true;
  if (soon) return;
  soon = setTimeout(async () => {
    soon = 0;
    const again = page.stale;
    page.stale = false;
    await Promise.allSettled([count(), again ? page.refresh() : null]);
  }, SOON_MS);
}

let online = true;

function answers(yes) {
  const banner = document.getElementById("banner");
  banner.hidden = yes;
  if (yes && !online) {
    count().catch(() => {});
    page.refresh();
  }
  online = yes;
}

// What buttons and keys do.

const chosen = (element) => {
  if (element?.dataset.id) return [Number(element.dataset.id)];
  if (page.selected.size) return [...page.selected];
  const row = document.activeElement?.closest("[data-id]") ?? main.querySelector("[data-id]");
  if (page.view === task) return [page.data.task.id];
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
  add: (_, element) => verbs.add(page, { queue: element?.dataset.name ?? (page.view === queue ? page.route.path[1] : null), script: element?.dataset.script }),
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

async function act(name, element) {
  const verb = page.view?.acts?.[name] ?? ACTS[name];
  try {
    await (page.view?.acts?.[name] ? verb(page, element) : verb?.(page, element));
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

const KEYS = {
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
const GO = { i: "/inbox", q: "/queues", t: "/tasks", s: "/sessions", c: "/scripts", o: "/settings" };
const ON_TASKS = new Set(["a", "r", "e", "c", "f"]);
const ASKING = new Set(["n", "r", "e", "c"]);

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

function commands() {
  const listed = Object.entries(NAMES).map(([name, word]) => [`Go to ${word}`, () => page.go(`/${name}`)]);
  listed.push(["Add tasks", () => act("add")], ["New queue", () => act("create")], ["Search tasks", search], ["Change the theme", () => act("theme")], ["Show the keys", showSheet]);
  for (const name of Object.keys(marks.open ?? {})) listed.push([`Open queue ${name}`, () => page.go(`/queues/${encodeURIComponent(name)}`)]);
  for (const one of page.data ? page.view.tasks(page.data).slice(0, 200) : []) listed.push([`Open #${one.id} ${one.title}`, () => page.go(`/tasks/${one.id}`)]);
  return listed;
}

let went = 0;
let asking = 0;

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    palette(commands());
    return;
  }
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
  if (event.key === "Escape" && typing && !document.querySelector("dialog[open]")) typing.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || typing || document.querySelector("dialog[open]")) return;
  if (Date.now() - went < 1200 && GO[event.key]) {
    went = 0;
    event.preventDefault();
    page.go(GO[event.key]);
    return;
  }
  if (event.key === "g") {
    went = Date.now();
    return;
  }
  const run = KEYS[event.key];
  if (!run || !page.data) return;
  if (event.key.startsWith("Arrow") && !document.activeElement?.closest("[data-row]")) return;
  if (ON_TASKS.has(event.key) && !page.view.tasks(page.data).length) return;
  // What is typed before a dialog has opened is not another command.
  if (asking && (ON_TASKS.has(event.key) || event.key === "n")) return;
  event.preventDefault();
  if (!ASKING.has(event.key)) return void run();
  asking += 1;
  run().finally(() => (asking -= 1));
});

addEventListener("click", (event) => {
  const element = event.target.closest("[data-act]");
  if (!element) return;
  if (element.tagName === "A") event.preventDefault();
  act(element.dataset.act, element);
});

let typed = 0;

addEventListener("input", (event) => {
  const name = event.target.dataset?.filter;
  if (!name) return;
  clearTimeout(typed);
  typed = setTimeout(() => page.view.filter?.(page, name, event.target.value.trim()), event.target.tagName === "SELECT" ? 0 : 250);
});

// A waiting task is dragged to the front of its queue.
addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[draggable][data-id]");
  if (!row) return;
  event.dataTransfer.setData("text/plain", row.dataset.id);
  event.dataTransfer.effectAllowed = "move";
  document.body.classList.add("dragging");
});
addEventListener("dragend", () => document.body.classList.remove("dragging"));
addEventListener("dragover", (event) => {
  if (event.target.closest?.("[data-drop]")) event.preventDefault();
});
addEventListener("drop", (event) => {
  if (!event.target.closest?.("[data-drop]")) return;
  event.preventDefault();
  const id = Number(event.dataTransfer.getData("text/plain"));
  if (id) verbs.front(page, [id]);
});

// The person leaves: "since you were last here" counts from now.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && page.view === inbox && page.data) post("/inbox/look", undefined, { keepalive: true }).catch(() => {});
});

const revealed = new IntersectionObserver((found) => {
  for (const one of found) if (one.isIntersecting) act(one.target.dataset.act, one.target);
});
new MutationObserver(() => {
  revealed.disconnect();
  for (const one of main.querySelectorAll("[data-reveal]")) revealed.observe(one);
}).observe(main, { childList: true, subtree: true });

addEventListener("hashchange", navigate);
setInterval(() => document.visibilityState === "visible" && draw(), TICK_MS);
get("/health")
  .then((told) => {
    marks.project = told.project;
    document.getElementById("project").textContent = told.project;
    headline();
  })
  .catch(() => {});
navigate();
count().catch(() => {});
follow(happened, answers);
