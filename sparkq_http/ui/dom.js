// Elements out of data. Text is only ever set as text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "rect", "text", "title", "g", "path"]);

export const byId = (id) => document.getElementById(id);

/** What is not seen, or changes the order of what is around it, unless a script or an emoji needs it there. */
const UNSEEN = new RegExp(
	`(${[
		/(?![\t\n\r])\p{Cc}|\p{Bidi_Control}/u,
		/[\u2028\u2029\u115f\u1160\u180e\u2060-\u2064\u3164\ufeff\uffa0\u{e0000}-\u{e007f}]/u,
		/(?<![\p{L}\p{M}\p{ExtPict}\p{EMod}\ufe0f])[\u200c\u200d]|(?<=[\0-\x7f])[\u200c\u200d](?=[\0-\x7f]|$)/u,
		/(?<![\u0e00-\u1aad\ua9e0-\uaa7f])\u200b/u, // scripts without spaces
		/(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]|(?<![\u3400-\u9fff])[\u{e0100}-\u{e01ef}]/u, // variants, of ideographs
	]
		.map(({ source }) => source)
		.join("|")})`,
	"u",
);

const escaped = (char) => {
	const code = char.codePointAt(0).toString(16);
	return `\\u${code.length > 4 ? `{${code}}` : code.padStart(4, "0")}`;
};

/** A text whose unseen characters are shown: what a line of code says is what a reader of it sees. */
const seen = (child) =>
	typeof child === "string" && UNSEEN.test(child)
		? child.split(UNSEEN).map((part, index) => (index % 2 ? h("span.unseen", escaped(part)) : part))
		: child;

const isMissing = (value) => value === null || value === undefined || value === false;

/**
 * An element: `h("li.row@task-7", { "data-id": 7 }, "text", child, null)` has the class "row" and the key "task-7", by
 * which it is found again. Attributes may be left out. A `title` is that of an SVG.
 */
export function h(selector, ...children) {
	const [name, key] = selector.split(/@(.*)/s);
	const [tag, ...classes] = name.split(".");
	const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
	const { class: more, ...attributes } = children[0]?.constructor === Object ? children.shift() : {};
	if (more) classes.push(more);
	if (classes.length) element.setAttribute("class", classes.join(" "));
	if (key) element.setAttribute("data-key", key);
	if (tag === "button") element.type = "button";
	for (const [attribute, value] of Object.entries(attributes))
		if (!isMissing(value)) element.setAttribute(attribute, value === true ? "" : String(value));
	element.append(
		...children
			.flat(3)
			.filter((child) => !isMissing(child) && child !== "")
			.flatMap(seen),
	);
	return element;
}

/**
 * An element with an id whose children, of one `version`, are made once: what is large and does not change is neither
 * made nor compared again.
 */
export function still(selector, id, version, make) {
	const shown = byId(id)?.getAttribute("data-version") === version;
	return h(`${selector}@${selector}${id}`, { id, "data-version": version }, shown ? [] : make());
}

const KEPT = "kept-part";
const builders = new WeakMap();
const factsOf = new WeakMap();

/** A part of a long list: `build` makes it, if it is not there yet or if its `facts` have changed since. */
export function kept(key, facts, build) {
	const part = h(`${KEPT}@${key}`);
	factsOf.set(part, JSON.stringify(facts));
	builders.set(part, build);
	return part;
}

/** The element that a kept part is for, whose own parts are not built yet; any other node is itself. */
function made(node) {
	if (!builders.has(node)) return node;
	const element = builders.get(node)();
	factsOf.set(element, factsOf.get(node));
	return element;
}

/** The element with all its parts. */
function built(node) {
	const element = made(node);
	for (const part of element.querySelectorAll?.(KEPT) ?? []) part.replaceWith(built(part));
	return element;
}

/** Change the children of `host` to `wanted` and keep what is already there: focus, scroll, and typed text. */
export function patch(host, wanted) {
	const focused = document.activeElement;
	patchChildren(host, wanted.flat(3).filter(Boolean));
	if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

/** What tells an element from others beside it. A button never becomes another: it may be under a finger. */
function keyOf(node) {
	if (node.nodeType !== Node.ELEMENT_NODE) return null;
	const key = node.getAttribute("data-key");
	if (key !== null || !node.hasAttribute("data-act")) return key;
	const { act, id, name, value, copies } = node.dataset;
	return [act, id, name, value, copies].join(" ");
}

const nodeOf = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

function patchChildren(host, wanted) {
	const nodes = wanted.map(nodeOf);
	const keys = nodes.map(keyOf);
	const present = keepByKey(host, new Set(keys.filter(Boolean)));
	let next = host.firstChild;
	for (const [index, node] of nodes.entries()) {
		const key = keys[index];
		const match = key ? present.get(key) : isAlike(next, node) ? next : null;
		if (!match) {
			host.insertBefore(built(node), next);
			continue;
		}
		if (match === next) next = next.nextSibling;
		else host.insertBefore(match, next);
		if (!builders.has(node)) patchNode(match, node);
		else if (factsOf.get(match) !== factsOf.get(node)) patchPart(match, node);
	}
	removeFrom(next);
}

function patchPart(present, part) {
	patchNode(present, made(part));
	factsOf.set(present, factsOf.get(part));
}

/** Remove the children whose key is not wanted, and return the others by their key. */
function keepByKey(host, keys) {
	const present = new Map();
	for (const child of [...host.childNodes]) {
		const key = keyOf(child);
		if (keys.has(key) && !present.has(key)) present.set(key, child);
		else if (key) child.remove();
	}
	return present;
}

const isAlike = (present, node) => present && !keyOf(present) && present.nodeName === node.nodeName;

function removeFrom(node) {
	while (node) {
		const next = node.nextSibling;
		node.remove();
		node = next;
	}
}

function patchNode(present, wanted) {
	if (present.nodeType === Node.TEXT_NODE) {
		if (present.data !== wanted.data) present.data = wanted.data;
		return;
	}
	const version = wanted.getAttribute("data-version");
	const isStill = version !== null && version === present.getAttribute("data-version");
	patchAttributes(present, wanted);
	if (isStill) return;
	if (present.type === "checkbox") present.checked = wanted.checked = wanted.hasAttribute("checked");
	if (present.nodeName === "TEXTAREA") return;
	if (present.nodeName === "SELECT" && present === document.activeElement) return;
	patchChildren(present, [...wanted.childNodes]);
	if (present.nodeName === "SELECT") present.value = wanted.value;
}

function patchAttributes(present, wanted) {
	const opened = (name) => name === "open" && present.nodeName === "DETAILS"; // by the user
	for (const { name } of [...present.attributes])
		if (!wanted.hasAttribute(name) && !opened(name)) present.removeAttribute(name);
	for (const { name, value } of [...wanted.attributes]) {
		if (present.getAttribute(name) === value) continue;
		present.setAttribute(name, value);
		if (name === "value" && "value" in present && present !== document.activeElement) present.value = value;
	}
}
