// The reference page: every operation of /openapi.json with a form that sends it. All text goes through textContent.

const spec = await (await fetch("/openapi.json")).json();
const main = document.getElementById("routes");
main.replaceChildren(...operationsByTag(spec).map(([tag, operations]) => section(tag, operations)));
document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value.toLowerCase()));

function operationsByTag({ paths }) {
	const groups = new Map();
	for (const [path, verbs] of Object.entries(paths)) {
		for (const [verb, operation] of Object.entries(verbs)) {
			const tag = operation.tags?.[0] ?? "other";
			groups.set(tag, [...(groups.get(tag) ?? []), { path, verb, ...operation }]);
		}
	}
	return [...groups].sort(([first], [second]) => first.localeCompare(second));
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
	const box = make(
		"details",
		{ dataset: { words: `${verb} ${path} ${description}`.toLowerCase() } },
		make(
			"summary",
			{},
			make("span", { className: "verb", dataset: { verb }, textContent: verb.toUpperCase() }),
			make("span", { className: "path", textContent: path }),
			make("span", { className: "says", textContent: description }),
		),
	);
	box.addEventListener("toggle", () => box.append(form(operation), answers(operation)), { once: true });
	return box;
}

function form(operation) {
	const { verb, path, parameters = [], requestBody } = operation;
	const fields = parameters.filter((parameter) => parameter.in !== "header").map(field);
	const body = requestBody && make("textarea", { rows: 6, spellcheck: false, value: example(requestBody) });
	const answer = make("pre", { hidden: true });
	const element = make(
		"form",
		{},
		...fields.map(({ label }) => label),
		...(body ? [make("label", {}, make("span", { textContent: "Body" }), body)] : []),
		make("button", { textContent: "Send" }),
		make("pre", { className: "curl", textContent: curl(operation) }),
		answer,
	);
	element.addEventListener("submit", async (event) => {
		event.preventDefault();
		answer.hidden = false;
		answer.textContent = await send(verb, address(path, fields), body?.value);
	});
	return element;
}

function field({ name, in: place, required, description = "", schema = {} }) {
	const input = make("input", { name, required: Boolean(required), placeholder: String(schema.default ?? "") });
	const text = `${name}${required ? "" : " (optional)"} ${description}`;
	const label = make("label", {}, make("span", { textContent: text }), input);
	return { name, place, input, label };
}

/** The request as a line for a terminal, with the names of its parameters where their values belong. */
function curl({ verb, path, requestBody }) {
	const url = `'${location.origin}${path}'`;
	if (verb === "get") return `curl ${path === "/api/events" ? "-N " : ""}${url}`;
	const json = `-H 'Content-Type: application/json'`;
	const body = requestBody ? ` -d '${JSON.stringify(JSON.parse(example(requestBody))).replaceAll("'", "'\\''")}'` : "";
	return `curl -X ${verb.toUpperCase()} ${url} ${json}${body}`;
}

function address(path, fields) {
	const query = new URLSearchParams();
	let filled = path;
	for (const { name, place, input } of fields) {
		if (place === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(input.value));
		else if (input.value) query.set(name, input.value);
	}
	return query.size ? `${filled}?${query}` : filled;
}

/** Send a request and return its answer as text. */
async function send(verb, url, body) {
	try {
		if (url.startsWith("/api/events")) return "This stream does not end. In a terminal: curl -N";
		const json = { headers: { "Content-Type": "application/json" }, body: body || undefined };
		const response = await fetch(url, { method: verb.toUpperCase(), ...(verb === "get" ? {} : json) });
		return `${response.status} ${response.statusText}\n${pretty(await response.text())}`;
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

/** A schema with its reference followed, and without the choice of null. */
function resolved(schema = {}) {
	if (schema.$ref) return resolved(spec.components.schemas[schema.$ref.split("/").at(-1)]);
	const choice = (schema.anyOf ?? []).find((alternative) => alternative.type !== "null");
	return choice ? resolved(choice) : schema;
}

const bodySchema = ({ content }) => resolved(content["application/json"]?.schema);

const EMPTY = { string: "", integer: 0, number: 0, boolean: false, array: [], object: {} };

/** A body with its required properties, each empty. */
function example(requestBody) {
	const { properties = {}, required = [] } = bodySchema(requestBody);
	const shown = Object.entries(properties).filter(([name]) => required.includes(name));
	const values = shown.map(([name, schema]) => [name, EMPTY[resolved(schema).type] ?? null]);
	return JSON.stringify(Object.fromEntries(values), null, 2);
}

/** What the properties of the body and the statuses of the answer mean. */
function answers({ requestBody, responses }) {
	const properties = requestBody ? (bodySchema(requestBody).properties ?? {}) : {};
	const rows = [
		...Object.entries(properties).map(([name, schema]) => [
			`body.${name}`,
			`${resolved(schema).type ?? "any"} ${schema.description ?? ""}`,
		]),
		...Object.entries(responses).map(([status, { description }]) => [status, description]),
		...answerKeys(responses),
	];
	return make("table", {}, make("tbody", {}, ...rows.map(tableRow)));
}

/** What the keys of the answer mean; those in brackets may be left out. */
function answerKeys(responses) {
	const schema = (responses["200"] ?? responses["201"])?.content?.["application/json"]?.schema;
	const { properties = {}, required = [], description = "" } = resolved(schema);
	const rows = Object.entries(properties).map(([name, property]) => [
		required.includes(name) ? `answer.${name}` : `answer.[${name}]`,
		`${named(property)} ${property.description ?? ""}`,
	]);
	return rows.length ? [["answer", description], ...rows] : [];
}

/** The type of a property as a reader says it: its name, and that it is a list. */
function named(property) {
	const choice = (property.anyOf ?? []).find((alternative) => alternative.type !== "null") ?? property;
	if (choice.type === "array") return `list of ${named(choice.items ?? {})}`;
	return choice.$ref ? choice.$ref.split("/").at(-1) : (choice.enum?.join(" | ") ?? choice.type ?? "any");
}

const tableRow = (texts) => make("tr", {}, ...texts.map((text) => make("td", { textContent: text })));

function filter(words) {
	for (const box of document.querySelectorAll("details")) box.hidden = !box.dataset.words.includes(words);
}
