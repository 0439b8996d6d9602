// Dialogs and short messages.

import { byId, h } from "./dom.js";

export const dialogIsOpen = () => document.querySelector("dialog[open]") !== null;

let opener = null; // what had the focus before the open dialog

/** What has the focus, or gets it back when the open dialog is closed. */
export const focusedNow = () => (dialogIsOpen() ? opener : document.activeElement);

/** Focus an element now, or when the open dialog is closed. */
export function giveFocus(element) {
	if (dialogIsOpen()) opener = element;
	else element?.focus({ preventScroll: true });
}

/** The browser gives the focus back itself, unless the element that had it is gone. */
function giveBack() {
	if (document.activeElement !== document.body || opener === document.body) return;
	(opener?.isConnected ? opener : byId("main")).focus({ preventScroll: true });
}

/** Show a dialog until it is closed: by its buttons, Escape, or a click beside it. */
export function openDialog(dialog) {
	opener = document.activeElement;
	let pressed = null; // a selection that is dragged out of the dialog does not close it
	dialog.addEventListener("pointerdown", (event) => (pressed = event.target));
	dialog.addEventListener("click", (event) => {
		const beside = event.target === dialog && pressed === dialog;
		if (!beside && !event.target.closest("[data-close]")) return;
		dialog.dispatchEvent(new Event("cancel")); // as Escape does
		dialog.close();
	});
	dialog.addEventListener("close", () => {
		dialog.remove();
		giveBack();
	});
	document.body.append(dialog);
	dialog.showModal();
	dispatchEvent(new Event("dialog-opened"));
}

export function dialogHeader(title) {
	return h(
		"header",
		h("h2", { id: "dialog-title" }, title),
		h("button.quiet", { "data-close": true, "aria-label": "Close" }, "✕"),
	);
}

/** Show something to read in a dialog. */
export const openSheet = (title, body) =>
	openDialog(h("dialog.sheet", { "aria-labelledby": "dialog-title" }, dialogHeader(title), body));

const MESSAGE_MS = 4000;
const LONGER_MS = 15_000;

/** Show a short message for a while. A problem and what has an `act`, [label, action, ids], stay longer. */
export function say(text, { problem = false, act = null } = {}) {
	const dismiss = h("button.quiet", { "aria-label": "Dismiss" }, "✕");
	const message = h("div.toast", { class: problem ? "problem" : "" }, h("span", text), act && actButton(act), dismiss);
	dismiss.addEventListener("click", () => message.remove());
	const toasts = byId("toasts");
	for (const shown of [...toasts.children]) if (shown.textContent === message.textContent) shown.remove();
	toasts.append(message);
	setTimeout(() => message.remove(), problem || act ? LONGER_MS : MESSAGE_MS);
}

const actButton = ([label, action, ids]) => h("button.quiet", { "data-act": action, "data-ids": ids.join(",") }, label);

/** Copy a text; where the browser does not allow it, `select` it. */
export async function copy(text, select, done = "Copied.") {
	try {
		await navigator.clipboard.writeText(text);
		say(done);
	} catch {
		select();
		say("The browser does not allow copying. The text is selected: press Ctrl+C.");
	}
}

export const selectText = (id) => getSelection().selectAllChildren(byId(id));

export const sayError = ({ message, hint = "" }) => say(`${message} ${hint}`, { problem: true });
