// Which project and which version of SparkQ this page was loaded from. When its address serves another, it loads again.

import { dialogIsOpen } from "./dialogs.js";
import { h } from "./dom.js";

/** The id of the project, the version, and the newest event then, as the document has them. */
export const loadedFrom = document.documentElement.dataset;

const WHEN = "The page loads again when you close the dialog or leave the field. Copy your text first to keep it.";

let isLeaving = false;

/** Compare the server with the one that the page was loaded from. False if the page loads again. */
export function isSameServer(server) {
	const isOtherProject = server.project_id !== loadedFrom.project;
	if (!isOtherProject && server.version === loadedFrom.version) return true;
	if (!isLeaving) leave(server, isOtherProject);
	return false;
}

/** Load the page again, but not while something is being typed. */
function leave(server, isOtherProject) {
	isLeaving = true;
	const reload = () => {
		if (isTyping()) return;
		// A task of the same number is another one there.
		if (isOtherProject) history.replaceState(null, "", "/");
		location.reload();
	};
	const what = isOtherProject ? `The project ${server.project} is served here now.` : "SparkQ has another version now.";
	if (isTyping()) tell(`${what} ${WHEN}`);
	for (const end of ["close", "focusout"]) addEventListener(end, () => setTimeout(reload), true);
	reload();
}

function isTyping() {
	const { activeElement: field } = document;
	return dialogIsOpen() || Boolean(field?.matches("input:not([type=checkbox]), textarea") && field.value);
}

/** Above everything, so in the dialog if one is open. */
function tell(text) {
	const host = document.querySelector("dialog[open]") ?? document.body;
	host.prepend(h("p.moved", { role: "alert" }, text));
}
