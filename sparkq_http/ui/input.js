// Which command a key, a click, a field, a finger or a dragged task means.

import { act, GO, KEYS, tried } from "./commands.js";
import { dialogIsOpen, say } from "./dialogs.js";
import { byId } from "./dom.js";
import { keepDraft } from "./drafts.js";
import { main, page, setPressed } from "./page.js";
import { isComing, later, loadedPart } from "./parts.js";
import { usesLetters } from "./preferences.js";
import { fit } from "./review/verdict.js";

const GO_MS = 1200;

let goPressedAt = 0;
let opening = null; // the key press whose dialog has not opened yet
let isCutOff = false; // the field in which one was typing has gone: what follows is the rest of a sentence

/** The name of a key. On a layout without Latin letters it is the letter that the key has on others. */
function nameOf({ key, code }) {
	if (key.length > 1 || (/[ -~]/.test(key) && !(/^Digit/.test(code) && !KEYS[key]))) return key;
	return /^(?:Key|Digit)(.)$/.exec(code)?.[1].toLowerCase() ?? key;
}

addEventListener("keydown", (event) => {
	const withModifier = event.ctrlKey || event.metaKey;
	// A key that is held presses a button once: the next result may be under it by then.
	if (event.repeat && event.target.closest?.("[data-act]") && /^(Enter| )$/.test(event.key)) event.preventDefault();
	if (withModifier && nameOf(event).toLowerCase() === "k") {
		event.preventDefault();
		act("palette");
		return;
	}
	if (event.key === "Escape" && leaveMenu()) return;
	if (withModifier && event.key === "Enter" && !event.repeat && !dialogIsOpen()) {
		const verb = document.querySelector('.verdict [data-act="answer"], .verdict [data-act="send-back"]');
		if (verb) {
			event.preventDefault();
			act(verb.dataset.act, verb);
		}
		return;
	}
	const field = event.target.closest?.("input:not([type=checkbox]), textarea, select");
	if (event.key === "Escape" && field && !dialogIsOpen()) {
		field.blur();
		if (field.id === "feedback") loadedPart("review/changes")?.backToLine();
	}
	if (withModifier || event.altKey || field || dialogIsOpen()) return;
	const name = nameOf(event);
	if (event.key === "Escape") isCutOff = false;
	if (name.length === 1 && (isCutOff || (name !== " " && !usesLetters()))) return;
	if (Date.now() - goPressedAt < GO_MS && GO[name]) {
		goPressedAt = 0;
		event.preventDefault();
		page.go(GO[name]);
		return;
	}
	if (name === "g") {
		goPressedAt = Date.now();
		return;
	}
	press(event, name);
});

/** Close the open menu and focus what opens it. False if none is open. */
function leaveMenu() {
	const menu = document.querySelector(".menu[open]");
	closeMenus();
	return menu !== null;
}

function press(event, name) {
	const key = KEYS[name];
	if (!key || !page.data) return;
	if (name.startsWith("Arrow") && moveAlong(event)) return;
	if (name === " " && (event.target.closest?.("button:not([aria-current]), summary, input") || !page.data.detail))
		return;
	if (event.repeat && !key.repeats) return;
	if (key.tasks && !page.tasks().length) return;
	// Letters typed before a dialog has opened are meant for the dialog.
	if ((opening || isComing()) && name.length === 1) return;
	event.preventDefault();
	if (key.asks) opening = event;
	const done = key.run({ key: name, shift: event.shiftKey });
	if (!key.asks) return;
	done.finally(() => {
		if (opening === event) opening = null;
	});
}

/** Arrows move along lines of a change and rows of a list; elsewhere they scroll. */
function moveAlong(event) {
	const number = document.activeElement?.closest(".number button");
	if (!number) return !document.activeElement?.closest("[data-row]");
	const numbers = [...main.querySelectorAll(".number button")];
	const next = numbers[numbers.indexOf(number) + (event.key === "ArrowDown" ? 1 : -1)];
	if (next && /Down|Up/.test(event.key)) {
		event.preventDefault();
		next.focus();
	}
	return true;
}

addEventListener("dialog-opened", () => {
	opening = null;
});

addEventListener("field-gone", () => {
	isCutOff = true;
	say("The field is gone, because its task has changed. What you wrote is kept. Escape: back to the keys.", {
		problem: true,
	});
});
for (const moved of ["pointerdown", "focusin"]) addEventListener(moved, () => (isCutOff = false));

/** Close the open menus but the one that has this element. The focus in them goes to what opens them. */
function closeMenus(element = null) {
	for (const menu of document.querySelectorAll(".menu[open]")) {
		if (menu.contains(element)) continue;
		if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
		menu.open = false;
	}
}

/** The second click of a double click would be meant for what has come under the finger by then. */
const isAgain = (event, element) =>
	event.detail > 1 && !["pick", "theme", "status", "revision", "more"].includes(element.dataset.act);

addEventListener("click", (event) => {
	closeMenus(event.target.closest("summary"));
	const element = event.target.closest("[data-act]");
	if (!element) return;
	if (element.tagName === "A") event.preventDefault();
	if (isAgain(event, element)) return;
	act(element.dataset.act, element, { range: event.shiftKey });
});

addEventListener("submit", (event) => event.target.matches(".verdict") && event.preventDefault());

const TYPING_MS = 250;

let filterTimer = 0;

addEventListener("input", ({ target }) => {
	if (target.dataset?.draft) {
		keepDraft(target.dataset.draft, target.value);
		fit(target);
	}
	const name = target.dataset?.filter;
	if (!name) return;
	clearTimeout(filterTimer);
	const wait = target.tagName === "SELECT" ? 0 : TYPING_MS;
	filterTimer = setTimeout(() => page.view.filter?.(page, name, target.value.trim()), wait);
});

let isDragging = false;

addEventListener("pointerdown", ({ button }) => button === 0 && setPressed(true));
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
	const { drop = (_, dropped) => later("verbs/tasks", "moveToFront")(page, [dropped]) } = page.view;
	if (id) tried(() => drop(page, id, event.target));
});

// The button at the end of a list is pressed when it is scrolled into view. What was in view a frame ago may have been
// pushed out of it by the rows that came.
const isInView = (element) => element.getBoundingClientRect().top < innerHeight;
const end = new IntersectionObserver((entries) => {
	for (const { isIntersecting, target } of entries)
		if (isIntersecting && isInView(target)) act(target.dataset.act, target);
});
new MutationObserver(() => {
	end.disconnect();
	const button = byId("reveal");
	if (button) end.observe(button);
}).observe(main, { childList: true, subtree: true });
