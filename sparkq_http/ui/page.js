// What is shown: the view at the address, its data, and the marks in the navigation, the title and the icon.

import { get } from "./api.js";
import { say } from "./dialogs.js";
import { h, patch } from "./dom.js";
import { totalOf, UNFINISHED } from "./statuses.js";
import * as inbox from "./views/inbox.js";
import * as nowhere from "./views/nowhere.js";
import * as queue from "./views/queue.js";
import * as queues from "./views/queues.js";
import * as scripts from "./views/scripts.js";
import * as sessions from "./views/sessions.js";
import * as settings from "./views/settings.js";
import * as task from "./views/task.js";
import * as tasks from "./views/tasks.js";

const VIEWS = { inbox, queues, tasks, sessions, scripts, settings };
const DEEPER = { queues: queue, tasks: task };
export const NAMES = {
  inbox: "Inbox",
  queues: "Queues",
  tasks: "Tasks",
  sessions: "Sessions",
  scripts: "Scripts",
  settings: "Settings",
};

export const main = document.getElementById("main");
export const marks = { counts: {}, open: null, project: "" };

export const page = {
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
  left: (ids) =>
    page.view === task && ids.includes(page.data?.task.id)
      ? page.go(`/queues/${encodeURIComponent(page.data.task.queue)}`, { replace: true })
      : load(),
  redraw: draw,
  theme: () => document.documentElement.dataset.theme ?? "as the system",
  notifies: () => kept("notify") === "yes" && "Notification" in window && Notification.permission === "granted",
};

export function kept(name, value) {
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

export function navigate() {
  const route = routed();
  const [first, second] = route.path;
  const among = second && Object.hasOwn(DEEPER, first) ? DEEPER : VIEWS;
  if (!first) {
    location.replace("#/inbox");
    return;
  }
  const view = Object.hasOwn(among, first) ? among[first] : nowhere;
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
  if (fresh && !arrived) patch(main, [h("p.loading", { "data-key": "loading" }, "Loading …")]);
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
    else
      patch(main, [
        h(
          "div.empty",
          { "data-key": "problem", role: "alert" },
          h("p", {}, h("strong", {}, error.message)),
          h("p", {}, error.hint ?? ""),
        ),
      ]);
  } finally {
    if (mine === loading) main.removeAttribute("aria-busy");
  }
}

export function draw() {
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

export const focusedRow = () => document.activeElement?.closest("#main li")?.querySelector("[data-row]");

let arrived = false;

function arrive() {
  scrollTo(0, 0);
  // The first view leaves the focus before everything, where the skip link is.
  if (arrived && !document.querySelector("dialog[open]")) main.focus({ preventScroll: true });
  arrived = true;
}

export const titled = () => (typeof page.view.title === "function" ? page.view.title(page.route) : page.view.title);

function nav() {
  const list = document.getElementById("views");
  patch(
    list,
    Object.entries(NAMES).map(([name, word]) => {
      const count = { inbox: marks.counts.unreviewed, tasks: marks.counts.open }[name];
      return h(
        "li",
        { "data-key": name },
        h(
          "a",
          { href: `#/${name}`, "aria-current": page.route.path[0] === name ? "page" : null },
          word,
          count ? h("span.count", {}, " ", count.toLocaleString("en")) : null,
        ),
      );
    }),
  );
  headline();
}

/** Show in the tab's title and icon how many results wait for review. */
export function headline() {
  const waiting = marks.counts.unreviewed ?? 0;
  document.title = `${waiting ? `(${waiting}) ` : ""}${titled()} · ${marks.project || "SparkQ"}`;
  const icon = `data:image/svg+xml,${encodeURIComponent(drawing(waiting))}`;
  const link = document.querySelector("link[rel=icon]");
  if (link.href !== icon) link.href = icon;
}

function drawing(waiting) {
  const text = waiting > 99 ? "99" : String(waiting || "Q");
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">',
    `<rect width="32" height="32" rx="8" fill="${waiting ? "#c2410c" : "#475569"}"/>`,
    `<text x="16" y="22" font-family="sans-serif" font-size="${text.length > 1 ? 15 : 18}" font-weight="bold"`,
    ` text-anchor="middle" fill="#fff">${text}</text></svg>`,
  ].join("");
}

export async function count() {
  const { queues: found } = await get("/queues");
  const sum = (name) => found.reduce((all, one) => all + one[name], 0);
  const open = Object.fromEntries(found.map((one) => [one.name, totalOf(one, UNFINISHED)]));
  if (marks.open && page.notifies())
    for (const one of found)
      if (marks.open[one.name] > 0 && open[one.name] === 0)
        new Notification(`${one.name} has drained`, {
          body: `${one.unreviewed} to review`,
          tag: `drained-${one.name}`,
        });
  marks.open = open;
  marks.counts = { unreviewed: sum("unreviewed"), open: found.reduce((all, one) => all + open[one.name], 0) };
  nav();
}
