// Which command a key, a click, a field or a dragged task means.

import { act, ASKING, commands, GO, KEYS, ON_TASKS } from "./commands.js";
import { palette } from "./dialogs.js";
import { main, page } from "./page.js";
import { front } from "./verbs.js";

let went = 0;
let asking = null;

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
  const mine = (asking = {});
  run().finally(() => asking === mine && (asking = null));
});
addEventListener("asked", () => (asking = null));

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
  typed = setTimeout(
    () => page.view.filter?.(page, name, event.target.value.trim()),
    event.target.tagName === "SELECT" ? 0 : 250,
  );
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
  if (id) front(page, [id]);
});

// What scrolls into view acts by itself: the end of a list loads more.
const revealed = new IntersectionObserver((found) => {
  for (const one of found) if (one.isIntersecting) act(one.target.dataset.act, one.target);
});
new MutationObserver(() => {
  revealed.disconnect();
  for (const one of main.querySelectorAll("[data-reveal]")) revealed.observe(one);
}).observe(main, { childList: true, subtree: true });
