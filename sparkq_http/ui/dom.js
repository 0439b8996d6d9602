// Elements out of data. Text is only ever set as text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "rect", "text", "title", "g"]);

/** An element: `h("li.row", { "data-id": 7 }, "text", child, null)`. A title inside an svg is drawn, too. */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = DRAWN.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  if (classes.length) made.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") made.setAttribute("class", [...classes, value].join(" "));
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
  return made;
}

/** Make the children of `host` read like `wanted`, keeping what is there: focus, scroll, and what somebody types. */
export function patch(host, wanted) {
  const focused = document.activeElement;
  children(host, wanted.flat(3).filter(Boolean));
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null);

function children(host, wanted) {
  const keys = new Set(wanted.map((one) => one instanceof Node && keyOf(one)).filter(Boolean));
  const kept = new Map();
  for (const old of [...host.childNodes]) {
    const key = keyOf(old);
    if (key && keys.has(key)) kept.set(key, old);
    else if (key) old.remove();
  }
  let at = host.firstChild;
  for (const one of wanted) {
    const node = one instanceof Node ? one : document.createTextNode(String(one));
    const key = keyOf(node);
    const match = key ? kept.get(key) : at && !keyOf(at) && at.nodeName === node.nodeName ? at : null;
    if (!match) {
      host.insertBefore(node, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else host.insertBefore(match, at);
    same(match, node);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function same(old, made) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== made.data) old.data = made.data;
    return;
  }
  for (const { name } of [...old.attributes])
    if (!made.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  for (const { name, value } of [...made.attributes]) {
    if (old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    if (name === "value" && "value" in old && old !== document.activeElement) old.value = value;
  }
  if (old.type === "checkbox") old.checked = made.checked = made.hasAttribute("checked");
  if (old.nodeName === "TEXTAREA") return;
  if (old.nodeName === "SELECT" && old === document.activeElement) return;
  children(old, [...made.childNodes]);
  if (old.nodeName === "SELECT") old.value = made.value;
}
