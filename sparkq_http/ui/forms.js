// Forms in a dialog: questions to the user, and confirmations.

import { dialogHeader, openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { draftOf, forgetDraft, keepDraft } from "./drafts.js";
import { options } from "./options.js";

/**
 * Ask for fields and hand the answers to `submit`. A refusal is shown in the dialog, and nothing typed is lost.
 * Return what `submit` returns, else the answers; null if the dialog was closed.
 *
 * A field is { name, label, kind: text|area|select|check|number, value, options, hint, required, min, max }, where
 * `options` are [value, label]. `fields` may be a function of the answers so far: it is called again when a field
 * with `changesFields` changes. Under the key `draft` the answers are kept until they are sent, for the next time
 * that the form opens; a field with `preset` begins with its value all the same.
 */
export function ask({ title, text, fields = [], submitLabel = "Save", danger = false, draft = null, submit }) {
  const fieldsFor = typeof fields === "function" ? fields : () => fields;
  const problem = h("p.problem", { role: "alert" });
  const body = h("div.fields");
  const form = h("form", {}, dialogHeader(title), text && h("p", {}, text), body, problem, footer(submitLabel, danger));
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
  const draw = (answers) => {
    body.replaceChildren(...fieldsFor(answers).map((field) => labelled(field, answers[field.name])));
  };
  draw(firstAnswers(fieldsFor({}), (draft && draftOf(draft)) ?? {}));
  form.addEventListener("change", (event) => {
    if (event.target.dataset.changesFields === undefined) return;
    draw(answersOf(form));
    form.elements[event.target.name]?.focus();
  });
  form.addEventListener("input", () => draft && keepDraft(draft, answersOf(form)));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return new Promise((resolve) => {
    let result = null;
    dialog.addEventListener("close", () => resolve(result));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("[type=submit]");
      if (button.disabled) return; // requestSubmit() ignores that its button is disabled
      button.disabled = true;
      problem.textContent = "";
      try {
        const answers = answersOf(form);
        result = (await submit(answers)) ?? answers;
        if (draft) forgetDraft(draft);
        dialog.close();
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

/** True if the user agrees to what cannot be undone. */
export async function confirmed(title, text, submitLabel) {
  return (await ask({ title, text, submitLabel, danger: true, submit: () => true })) !== null;
}

function footer(submitLabel, danger) {
  return h(
    "footer",
    {},
    h("button", { type: "button", "data-close": true }, "Cancel"),
    h(danger ? "button.danger" : "button.primary", { type: "submit" }, submitLabel),
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
  if (kind === "check") return h("label.check", {}, control, h("span", {}, label), note);
  return h("label", { for: `field-${name}` }, h("span", {}, label), control, note);
}

function controlOf({ name, kind = "text", options: pairs, hint, required, changesFields, min, max }, answer) {
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
  return h("input", { ...common, type: kind, value: answer, min, max, autocomplete: "off" });
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
    form.querySelector(".fields :is(textarea, input)") ??
    form.querySelector(".fields select") ??
    form.querySelector(danger ? "footer [data-close]" : "footer [type=submit]");
  first.focus();
}
