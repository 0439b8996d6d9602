// Questions to the person: forms, confirmations, the sheet of keys, the palette, short messages.

import { h } from "./dom.js";

const MOST_MATCHES = 12;

const drafts = new Map();

function shown(dialog) {
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  dispatchEvent(new Event("dialog-opened"));
  return dialog;
}

function head(title) {
  return h(
    "header",
    {},
    h("h2", { id: "dialog-title" }, title),
    h("button.quiet", { type: "button", "data-close": true, "aria-label": "Close" }, "✕"),
  );
}

function closing(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
}

/**
 * Ask for some fields and hand them to `submit`; a refusal is shown in the dialog and nothing typed is lost.
 * A field is { name, label, kind: text|area|select|check|number, value, options, hint, required, given }.
 * What was typed and not sent is there again the next time that the same `keep` is asked, save for what is `given`.
 */
export function ask({ title, text, fields = [], verb = "Save", danger = false, keep = null, submit, redraw = null }) {
  const kept = { ...(keep && drafts.get(keep)) };
  for (const one of fields) if (one.given) delete kept[one.name];
  const problem = h("p.problem", { role: "alert" });
  const body = h("div.fields");
  const form = h(
    "form",
    {},
    head(title),
    text && h("p", {}, text),
    body,
    problem,
    h(
      "footer",
      {},
      h("button", { type: "button", "data-close": true }, "Cancel"),
      h(danger ? "button.danger" : "button.primary", { type: "submit" }, verb),
    ),
  );
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
  const values = () =>
    Object.fromEntries(
      [...form.elements]
        .filter((one) => one.name)
        .map((one) => [
          one.name,
          one.type === "checkbox"
            ? one.checked
            : one.type === "number"
              ? one.value === ""
                ? null
                : Number(one.value)
              : one.value,
        ]),
    );
  const draw = (listed, filled) => body.replaceChildren(...listed.map((one) => field(one, filled[one.name])));
  draw(fields, kept);
  if (redraw) {
    draw(redraw({ ...Object.fromEntries(fields.map((one) => [one.name, one.value])), ...kept }), kept);
    form.addEventListener("change", (event) => {
      if (event.target.dataset.redraws === undefined) return;
      const now = values();
      draw(redraw(now), now);
      form.elements[event.target.name]?.focus();
    });
  }
  form.addEventListener("input", () => keep && drafts.set(keep, values()));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  closing(dialog);
  return new Promise((resolve) => {
    let answer = null;
    dialog.addEventListener("close", () => resolve(answer));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const sending = form.querySelector("[type=submit]");
      if (sending.disabled) return; // requestSubmit() does not look whether its button is
      sending.disabled = true;
      problem.textContent = "";
      try {
        const given = values();
        answer = (await submit?.(given)) ?? given;
        if (keep) drafts.delete(keep);
        dialog.close();
        resolve(answer);
      } catch (error) {
        problem.textContent = `${error.message} ${error.hint ?? ""}`;
        sending.disabled = false;
      }
    });
    shown(dialog);
    (
      body.querySelector("textarea, input") ??
      body.querySelector("select") ??
      form.querySelector("footer button:last-child")
    ).focus();
  });
}

function field({ name, label, kind = "text", value = "", options, hint, required, redraws, min, max }, given) {
  const now = given ?? value;
  const common = {
    name,
    id: `field-${name}`,
    required,
    "data-redraws": redraws ? "" : null,
    "aria-describedby": hint ? `hint-${name}` : null,
  };
  const said = hint && h("small", { id: `hint-${name}` }, hint);
  if (kind === "check") {
    const box = h("input", { ...common, type: "checkbox", checked: Boolean(now) });
    return h("label.check", {}, box, h("span", {}, label), said);
  }
  let control;
  if (kind === "select") {
    control = h(
      "select",
      common,
      options.map(([one, word]) => h("option", { value: one, selected: one === now }, word)),
    );
  } else if (kind === "area") {
    control = h("textarea", { ...common, rows: 10, spellcheck: "true" });
    control.value = now;
  } else {
    control = h("input", { ...common, type: kind, value: now, min, max, autocomplete: "off" });
  }
  return h("label", { for: common.id }, h("span", {}, label), control, said);
}

/** Yes or no, for what cannot be undone. */
export async function confirmed(title, text, verb) {
  return (await ask({ title, text, verb, danger: true, submit: () => true })) !== null;
}

/** Which key does what. */
export function sheet(groups) {
  if (document.querySelector("dialog[open]")) return;
  const dialog = h(
    "dialog.sheet",
    { "aria-labelledby": "dialog-title" },
    head("Keys"),
    h(
      "div.keys",
      {},
      groups.map(([title, keys]) =>
        h(
          "section",
          {},
          h("h3", {}, title),
          h(
            "dl",
            {},
            keys.map(([key, what]) =>
              h(
                "div",
                {},
                h(
                  "dt",
                  {},
                  key.split(" ").map((one) => h("kbd", {}, one)),
                ),
                h("dd", {}, what),
              ),
            ),
          ),
        ),
      ),
    ),
  );
  closing(dialog);
  shown(dialog);
}

/** Find a command by typing words of its name, and run it. `commands` are { name, run }. */
export function palette(commands) {
  if (document.querySelector("dialog[open]")) return;
  const input = h("input", {
    type: "text",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "palette-list",
    "aria-label": "Command",
    placeholder: "Go to, or do …",
    autocomplete: "off",
  });
  const list = h("ul", { id: "palette-list", role: "listbox", "aria-label": "Commands" });
  const dialog = h("dialog.palette", { "aria-label": "Command palette" }, input, list);
  let matches = [];
  let active = 0;
  const draw = () => {
    matches = matching(commands, input.value);
    active = Math.max(0, Math.min(active, matches.length - 1));
    list.replaceChildren(
      ...(matches.length ? matches.map((match, index) => option(match, index, active)) : [noOption()]),
    );
    input.setAttribute("aria-activedescendant", matches.length ? `palette-${active}` : "");
  };
  const run = (index) => {
    dialog.close();
    matches[index]?.run();
  };
  input.addEventListener("input", () => {
    active = 0;
    draw();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      active = (active + step + matches.length) % (matches.length || 1);
      draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(active);
    }
  });
  list.addEventListener("click", (event) => {
    const index = event.target.closest("li")?.dataset.index;
    if (index !== undefined) run(Number(index));
  });
  closing(dialog);
  draw();
  shown(dialog);
  input.focus();
}

function matching(commands, text) {
  const words = text.toLowerCase().split(/\s+/);
  const matches = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  return matches.slice(0, MOST_MATCHES);
}

const option = ({ name }, index, active) =>
  h(
    "li",
    { role: "option", id: `palette-${index}`, "data-index": index, "aria-selected": String(index === active) },
    name,
  );

const noOption = () =>
  h("li", { role: "option", "aria-selected": "false", "aria-disabled": "true" }, "Nothing is called so.");

/** A short message that goes by itself; a problem stays until it is read. */
export function say(text, { problem = false } = {}) {
  const message = h(
    "div.toast",
    { class: problem ? "problem" : "" },
    h("span", {}, text),
    h("button.quiet", { type: "button", "aria-label": "Dismiss" }, "✕"),
  );
  message.querySelector("button").addEventListener("click", () => message.remove());
  const toasts = document.getElementById("toasts");
  for (const one of [...toasts.children]) if (one.textContent === message.textContent) one.remove();
  toasts.append(message);
  setTimeout(() => message.remove(), problem ? 15_000 : 4000);
}
