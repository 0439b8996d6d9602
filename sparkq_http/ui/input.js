// Which command a key, a click, a field or a dragged task means.

import { act, commands, GO, KEYS } from "./commands.js";
import { dialogIsOpen } from "./dialogs.js";
import { main, page } from "./page.js";
import { palette } from "./palette.js";
import { moveToFront } from "./verbs/tasks.js";

const GO_MS = 1200;

let goPressedAt = 0;
let opening = null; // the key press whose dialog has not opened yet

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

const TYPING_MS = 250;

let filterTimer = 0;

addEventListener("input", ({ target }) => {
  const name = target.dataset?.filter;
  if (!name) return;
  clearTimeout(filterTimer);
  const wait = target.tagName === "SELECT" ? 0 : TYPING_MS;
  filterTimer = setTimeout(() => page.view.filter?.(page, name, target.value.trim()), wait);
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
  if (id) moveToFront(page, [id]);
});

// A button with data-reveal is pressed when it is scrolled into view: the end of a list loads more.
const reveals = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) act(target.dataset.act, target);
});
new MutationObserver(() => {
  reveals.disconnect();
  for (const button of main.querySelectorAll("[data-reveal]")) reveals.observe(button);
}).observe(main, { childList: true, subtree: true });
