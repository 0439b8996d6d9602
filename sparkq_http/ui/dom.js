// Elements out of data. Text is only ever set as text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "rect", "text", "title", "g"]);

const isMissing = (value) => value === null || value === undefined || value === false;

/** An element: `h("li.row", { "data-id": 7 }, "text", child, null)`. A `title` is that of an SVG. */
export function h(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (isMissing(value)) continue;
    if (name === "class") element.setAttribute("class", [...classes, value].join(" "));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => !isMissing(child) && child !== ""));
  return element;
}

/**
 * An element with an id whose children, of one `version`, are made once: what is large and does not change is neither
 * made nor compared again.
 */
export function still(selector, id, version, make) {
  const shown = document.getElementById(id)?.getAttribute("data-version") === version;
  return h(selector, { id, "data-key": id, "data-version": version }, shown ? [] : make());
}

/** Change the children of `host` to `wanted` and keep what is already there: focus, scroll, and typed text. */
export function patch(host, wanted) {
  const focused = document.activeElement;
  patchChildren(host, wanted.flat(3).filter(Boolean));
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null);

const nodeOf = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

function patchChildren(host, wanted) {
  const nodes = wanted.map(nodeOf);
  const kept = keepByKey(host, new Set(nodes.map(keyOf).filter(Boolean)));
  let next = host.firstChild;
  for (const node of nodes) {
    const match = keyOf(node) ? kept.get(keyOf(node)) : isAlike(next, node) ? next : null;
    if (!match) {
      host.insertBefore(node, next);
      continue;
    }
    if (match === next) next = next.nextSibling;
    else host.insertBefore(match, next);
    patchNode(match, node);
  }
  removeFrom(next);
}

/** Remove the children whose key is not wanted, and return the others by their key. */
function keepByKey(host, keys) {
  const kept = new Map();
  for (const child of [...host.childNodes]) {
    const key = keyOf(child);
    if (keys.has(key)) kept.set(key, child);
    else if (key) child.remove();
  }
  return kept;
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
