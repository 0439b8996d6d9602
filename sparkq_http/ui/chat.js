// The chat behind a task: who it was and when, whether it was closed, and the way back into it.

import { h } from "./dom.js";
import { clockTime } from "./words.js";

export const goneFact = ({ chat_closed_at: closed }) =>
	closed ? h("span.late", "its chat closed at ", clockTime(closed)) : null;

/** "claude-code, 21:04–23:40", and the command that opens it again, to copy. */
export const chatOf = (chat) => [
	`${chat.client}, `,
	...timeOf(chat),
	chat.closed_at && [", closed at ", clockTime(chat.closed_at)],
	chat.resume ? copyable("resume-command", chat.resume, "Copy the command") : h("p.soft", chat.resume_problem),
];

function timeOf({ first_at: first, last_at: last }) {
	const sameMinute = first.slice(0, 16) === last.slice(0, 16);
	return sameMinute ? [clockTime(first)] : [clockTime(first), "–", clockTime(last)];
}

/** A text of the page with a button that copies it. */
export const copyable = (id, text, label = "Copy", tag = "code") =>
	h("p.command", h(tag, { id }, text), " ", h("button.quiet", { "data-act": "copy", "data-copies": id }, label));
