// Which command a key, a click, a field or a dragged task means.

import { act, commands, GO, KEYS } from "./commands.js";
import { palette } from "./dialogs.js";
import { main, page } from "./page.js";
import { front } from "./verbs.js";

const GO_MS = 1200;

let goPressedAt = 0;
let opening = null; // the key press whose dialog has not opened yet

const dialogIsOpen = () => document.querySelector("dialog[open]") !== null;

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    palette(commands());
    return;
  }
  const field = event.target.closest?.("input:not([type=checkbox]), textarea, select");
  if (event.key === "Escape" && field && !dialogIsOpen()) field.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || field || dialogIsOpen()) return;
  if (Date.now() - goPressedAt < GO_MS && GO[event.key]) {
    goPressedAt = 0;
    event.preventDefault();
    page.go(GO[event.key]);
    return;
  }
  if (event.key === "g") {
    goPressedAt = Date.now();
    return;
  }
  press(event);
});

function press(event) {
  const key = KEYS[event.key];
  if (!key || !page.data) return;
  if (event.key.startsWith("Arrow") && !document.activeElement?.closest("[data-row]")) return;
  if (key.tasks && !page.view.tasks(page.data).length) return;
  // Letters typed before a dialog has opened are meant for the dialog.
  if (opening && (key.tasks || key.asks)) return;
  event.preventDefault();
  if (!key.asks) {
    key.run();
    return;
  }
  opening = event;
  key.run().finally(() => {
    if (opening === event) opening = null;
  });
}

addEventListener("dialog-opened", () => {
  opening = null;
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
