// The reference page: every operation of /openapi.json with a form that sends it. All text goes through textContent.

const spec = await (await fetch("/openapi.json")).json();
const main = document.getElementById("routes");
main.replaceChildren(...grouped(spec).map(([tag, operations]) => section(tag, operations)));
document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value.toLowerCase()));

function grouped({ paths }) {
  const groups = new Map();
  for (const [path, verbs] of Object.entries(paths)) {
    for (const [verb, operation] of Object.entries(verbs)) {
      const tag = operation.tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), { path, verb, ...operation }]);
    }
  }
  return [...groups].sort(([one], [other]) => one.localeCompare(other));
}

function make(name, properties = {}, ...children) {
  const { dataset = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(name), rest);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

function section(tag, operations) {
  return make("section", {}, make("h2", { textContent: tag }), ...operations.map(details));
}

function details(operation) {
  const { verb, path, description = "" } = operation;
  const box = make("details", { dataset: { words: `${verb} ${path} ${description}`.toLowerCase() } });
  const head = make(
    "summary",
    {},
    make("span", { className: "verb", dataset: { verb }, textContent: verb.toUpperCase() }),
    make("span", { className: "path", textContent: path }),
    make("span", { className: "says", textContent: description }),
  );
  box.append(head);
  box.addEventListener("toggle", () => box.childElementCount > 1 || box.append(form(operation), answers(operation)), {
    once: true,
  });
  return box;
}

function form(operation) {
  const { verb, path, parameters = [], requestBody } = operation;
  const places = parameters.filter((one) => one.in !== "header");
  const fields = places.map((one) => field(one));
  const body = requestBody && make("textarea", { rows: 6, spellcheck: false, value: example(requestBody) });
  const said = make("pre", { hidden: true });
  const made = make(
    "form",
    {},
    ...fields.map(({ label }) => label),
    ...(body ? [make("label", {}, make("span", { textContent: "Body" }), body)] : []),
    make("button", { textContent: "Send" }),
    said,
  );
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.hidden = false;
    said.textContent = await sent(verb, address(path, fields), body?.value);
  });
  return made;
}

function field({ name, in: place, required, description = "", schema = {} }) {
  const input = make("input", { name, required: Boolean(required), placeholder: String(schema.default ?? "") });
  const label = make(
    "label",
    {},
    make("span", { textContent: `${name}${required ? "" : " (optional)"} ${description}` }),
    input,
  );
  return { name, place, input, label };
}

function address(path, fields) {
  const query = new URLSearchParams();
  let whole = path;
  for (const { name, place, input } of fields) {
    if (place === "path") whole = whole.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value) query.set(name, input.value);
  }
  return query.size ? `${whole}?${query}` : whole;
}

async function sent(verb, url, body) {
  try {
    if (url.startsWith("/api/events")) return "This stream does not end: open it with curl -N.";
    const options = { method: verb.toUpperCase() };
    if (verb !== "get")
      Object.assign(options, { headers: { "Content-Type": "application/json" }, body: body || undefined });
    const answer = await fetch(url, options);
    return `${answer.status} ${answer.statusText}\n${pretty(await answer.text())}`;
  } catch (error) {
    return String(error);
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function resolved(schema = {}) {
  if (schema.$ref) return resolved(spec.components.schemas[schema.$ref.split("/").at(-1)]);
  const choice = (schema.anyOf ?? []).find((one) => one.type !== "null");
  return choice ? resolved(choice) : schema;
}

function example({ content }) {
  const { properties = {}, required = [] } = resolved(content["application/json"]?.schema);
  const empty = { string: "", integer: 0, number: 0, boolean: false, array: [], object: {} };
  const shown = Object.entries(properties).filter(([name]) => required.includes(name));
  return JSON.stringify(
    Object.fromEntries(shown.map(([name, one]) => [name, empty[resolved(one).type] ?? null])),
    null,
    2,
  );
}

function answers({ requestBody, responses }) {
  const body = requestBody
    ? Object.entries(resolved(requestBody.content["application/json"]?.schema).properties ?? {})
    : [];
  const rows = [
    ...body.map(([name, one]) => [`body.${name}`, `${resolved(one).type ?? "any"} ${one.description ?? ""}`]),
    ...Object.entries(responses).map(([status, { description }]) => [status, description]),
  ];
  return make(
    "table",
    {},
    make(
      "tbody",
      {},
      ...rows.map((cells) => make("tr", {}, ...cells.map((text) => make("td", { textContent: text })))),
    ),
  );
}

function filter(words) {
  for (const box of document.querySelectorAll("details")) box.hidden = !box.dataset.words.includes(words);
}
