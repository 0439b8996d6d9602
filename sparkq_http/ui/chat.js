// The chat behind a task: whether it was closed, and a command to copy that leads back into it.

import { h } from "./dom.js";
import { clockTime } from "./words.js";

export const goneFact = ({ chat_closed_at: closed }) =>
	closed ? h("span.late", "its chat closed at ", clockTime(closed)) : null;

/** A text of the page with a button that copies it. */
export const copyable = (id, text, label = "Copy", tag = "code") =>
	h("p.command", h(tag, { id }, text), " ", h("button.quiet", { "data-act": "copy", "data-copies": id }, label));
