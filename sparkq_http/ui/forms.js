// Forms in a dialog: questions to the user, and confirmations.

import { dialogHeader, openDialog, sayError } from "./dialogs.js";
import { h, patch } from "./dom.js";
import { draftOf, forgetDraft, keepDraft } from "./drafts.js";
import { options } from "./options.js";

/**
 * Ask for fields and hand the answers to `submit`. A refusal is shown in the dialog, and nothing typed is lost.
 * Return what `submit` returns, else the answers; null if the dialog was closed.
 *
 * A field is { name, label, kind: text|area|check|number|date, value, options, hint, required, min, max }. With
 * `options`, as [value, label], it is a select, or if it has a kind they are suggested. `fields` may be a function of
 * the answers so far: it is called again when a field with `changesFields` changes. Under the key `draft` the answers
 * are kept until they are sent, for the next time that the form opens; a field with `preset` begins with its value.
 *
 * With `again`, a second button submits too, and the form stays open with `clears` empty. `preview` returns what the
 * answers will lead to, shown below the fields. `chosen` is called with the form and the name of a changed field.
 */
export function ask(options) {
	const { title, text, fields = [], submitLabel = "Save", danger = false, draft = null, submit } = options;
	const { again = null, clears = [], preview = null, chosen = () => {} } = options;
	const fieldsFor = typeof fields === "function" ? fields : () => fields;
	const problem = h("p.problem", { role: "alert" });
	const body = h("div.fields");
	const shown = h("div.preview", { "aria-live": "polite" });
	const parts = [dialogHeader(title), text && h("p", text), body, preview && shown, problem];
	const form = h("form", parts, footer(submitLabel, danger, again));
	const dialog = h(preview ? "dialog.side" : "dialog", { "aria-labelledby": "dialog-title" }, form);
	const showPreview = inTurns(async () => patch(shown, await preview(answersOf(form))));
	const draw = (answers) => {
		body.replaceChildren(...fieldsFor(answers).map((field) => labelled(field, answers[field.name])));
	};
	draw(firstAnswers(fieldsFor({}), (draft && draftOf(draft)) ?? {}));
	form.addEventListener("change", (event) => {
		if (event.target.dataset.changesFields === undefined) return;
		draw(answersOf(form));
		form.elements[event.target.name]?.focus();
	});
	form.addEventListener("change", ({ target }) => chosen(form, target.name));
	form.addEventListener("input", () => {
		if (draft) keepDraft(draft, answersOf(form));
		if (preview) showPreview();
	});
	acceptFiles(form);
	if (preview) showPreview();
	form.addEventListener("keydown", (event) => {
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
	});
	return new Promise((resolve) => {
		let result = null;
		dialog.addEventListener("cancel", () => resolve(null)); // at once: the next key may come before "close"
		dialog.addEventListener("close", () => resolve(result));
		form.addEventListener("submit", async (event) => {
			event.preventDefault();
			const [button] = form.querySelectorAll("[type=submit]");
			if (button.disabled) return; // requestSubmit() ignores that its button is disabled
			button.disabled = true;
			problem.textContent = "";
			try {
				const answers = answersOf(form);
				result = (await submit(answers)) ?? answers;
				if (draft) forgetDraft(draft);
				if (event.submitter?.dataset.again === undefined) dialog.close();
				else begin(form, clears);
				button.disabled = false;
			} catch (error) {
				problem.textContent = `${error.message} ${error.hint ?? ""}`;
				button.disabled = false;
			}
		});
		openDialog(dialog);
		focusFirst(form, danger);
	});
}

/** True if a text was changed; a form turns every line end into a line feed, which is not a change. */
export const edited = (before, after) => after !== before.replace(/\r\n?/g, "\n");

export async function confirmed(title, text, submitLabel) {
	return (await ask({ title, text, submitLabel, danger: true, submit: () => true })) !== null;
}

/** Call an asynchronous function now, or once more as soon as its present call has ended. */
function inTurns(run) {
	let running = false;
	let again = false;
	return async function turn() {
		again = running;
		if (running) return;
		running = true;
		await run().catch(() => {}); // what cannot be shown is said when it is sent
		running = false;
		if (again) await turn();
	};
}

function begin(form, names) {
	for (const name of names) if (form.elements[name]) form.elements[name].value = "";
	form.elements[names[0]]?.focus();
	form.dispatchEvent(new Event("input"));
}

const MOST_BYTES = 1_048_576;

function acceptFiles(form) {
	form.addEventListener("dragover", (event) => event.target.matches("textarea") && event.preventDefault());
	form.addEventListener("drop", async (event) => {
		const [file] = event.dataTransfer.files;
		const { target } = event;
		if (!file || !target.matches("textarea")) return;
		event.preventDefault();
		if (file.size > MOST_BYTES) return sayError({ message: `${file.name} is larger than 1 MiB.` });
		target.setRangeText(await file.text(), target.selectionStart, target.selectionEnd, "end");
		target.dispatchEvent(new Event("input", { bubbles: true }));
	});
}

function footer(submitLabel, danger, again) {
	return h(
		"footer",
		h("button", { "data-close": true }, "Cancel"),
		h(danger ? "button.danger" : "button.primary", { type: "submit" }, submitLabel),
		again && h("button", { type: "submit", "data-again": true }, again),
	);
}

function firstAnswers(fields, draft = {}) {
	const answers = { ...draft };
	for (const { name, value, preset } of fields) answers[name] = preset ? value : (draft[name] ?? value);
	return answers;
}

const answersOf = (form) =>
	Object.fromEntries([...form.elements].filter(({ name }) => name).map((control) => [control.name, answerOf(control)]));

function answerOf(control) {
	if (control.type === "checkbox") return control.checked;
	if (control.type !== "number") return control.value;
	return control.value === "" ? null : Number(control.value);
}

function labelled(field, answer) {
	const { name, label, hint, kind } = field;
	const note = hint && h("small", { id: `hint-${name}` }, hint);
	const control = controlOf(field, answer ?? field.value ?? "");
	if (kind === "check") return h("label.check", control, h("span", label), note);
	return h("label", { for: `field-${name}` }, h("span", label), control, note);
}

function controlOf(
	{ name, options: pairs, kind = pairs ? "select" : "text", hint, required, changesFields, min, max },
	answer,
) {
	const common = {
		name,
		id: `field-${name}`,
		required,
		"data-changes-fields": changesFields ? "" : null,
		"aria-describedby": hint ? `hint-${name}` : null,
	};
	if (kind === "check") return h("input", { ...common, type: "checkbox", checked: Boolean(answer) });
	if (kind === "select") return h("select", common, options(pairs, answer));
	if (kind === "area") return textArea(common, answer);
	const list = pairs && `list-${name}`;
	const attributes = { ...common, type: kind, value: answer, min, max, list, autocomplete: "off" };
	return [h("input", attributes), pairs && h("datalist", { id: list }, options(pairs))];
}

/** Its text is set as its value, which puts the cursor at the end. */
function textArea(attributes, text) {
	const area = h("textarea", { ...attributes, rows: 10, spellcheck: "true" });
	area.value = text;
	return area;
}

/** What cannot be undone is never under the Enter key when it is asked for. */
function focusFirst(form, danger) {
	const first =
		form.querySelector(".fields :is(textarea, input:not([type=checkbox]))") ??
		form.querySelector(".fields :is(select, input)") ??
		form.querySelector(danger ? "footer [data-close]" : "footer [type=submit]");
	first.focus();
}
