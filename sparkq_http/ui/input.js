// Which command a key, a click, a field or a dragged task means.

import { act, commands, GO, KEYS } from "./commands.js";
import { dialogIsOpen } from "./dialogs.js";
import { main, page, setPressed } from "./page.js";
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
  if (event.key === "Escape" && leaveMenu()) return;
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

/** Close the open menu and focus what opens it. False if none is open. */
function leaveMenu() {
  const menu = document.querySelector(".menu[open]");
  if (menu?.contains(document.activeElement)) menu.querySelector("summary").focus();
  closeMenus();
  return menu !== null;
}

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

/** Close the open menus but the one that has this element. */
function closeMenus(element = null) {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(element)) menu.open = false;
}

addEventListener("click", (event) => {
  closeMenus(event.target.closest("summary"));
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

let isDragging = false;

addEventListener("pointerdown", () => setPressed(true));
const release = () => setTimeout(() => setPressed(false)); // after the click
for (const end of ["pointerup", "dragend", "blur"]) addEventListener(end, release);
addEventListener("pointercancel", () => isDragging || release());

// A waiting task is dragged to another place, a result back to its queue.
addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[draggable][data-id]");
  if (!row) return;
  event.dataTransfer.setData("text/plain", row.dataset.id);
  event.dataTransfer.effectAllowed = "move";
  isDragging = true;
  // Not at once: Chrome ends a drag whose source moves while it starts.
  setTimeout(() => document.body.classList.toggle("dragging", isDragging));
});
addEventListener("dragend", () => {
  isDragging = false;
  document.body.classList.remove("dragging");
});
addEventListener("dragover", (event) => {
  if (event.target.closest?.("[data-drop]")) event.preventDefault();
});
addEventListener("drop", (event) => {
  if (!event.target.closest?.("[data-drop]")) return;
  event.preventDefault();
  const id = Number(event.dataTransfer.getData("text/plain"));
  if (id && page.view.drop) page.view.drop(page, id, event.target);
  else if (id) moveToFront(page, [id]);
});

// A button with data-reveal is pressed when it is scrolled into view: the end of a list loads more.
const reveals = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) act(target.dataset.act, target);
});
new MutationObserver(() => {
  reveals.disconnect();
  for (const button of main.querySelectorAll("[data-reveal]")) reveals.observe(button);
}).observe(main, { childList: true, subtree: true });
