// A text that the server has rendered from Markdown: its tree of elements, built here. Nothing parses HTML.

import { h } from "../dom.js";

const TAGS = new Set("p blockquote ul ol li hr thead tbody tr th td strong em del code br".split(" "));
const HEADING = /^h[1-6]$/;

let versions = 0;
const versionOf = new WeakMap();

/** A name for this answer of the server: another answer, another name. */
export function version(answer) {
	if (!versionOf.has(answer)) versionOf.set(answer, ++versions);
	return versionOf.get(answer);
}

/** The elements of a rendered text, whose headings are below those of level `under`. */
export function built({ blocks, rest }, under = 2) {
	const open = [];
	const children = blocks.map((block) => elementOf(block, (tag) => headingOf(tag, open, under)));
	return rest ? [...children, h("pre", rest)] : children;
}

/** A heading is one level below the one around it, also where its author has left levels out. */
function headingOf(tag, open, under) {
	const level = Number(tag[1]);
	while (open.at(-1) >= level) open.pop();
	open.push(level);
	return `h${Math.min(6, under + open.length)}`;
}

function elementOf(node, heading) {
	if (typeof node === "string") return node;
	const { tag } = node;
	const children = () => (node.kids ?? []).map((child) => elementOf(child, heading));
	if (tag === "pre") return code(node);
	if (tag === "a") return link(node, children());
	if (HEADING.test(tag)) return h(heading(tag), { class: tag }, children());
	if (tag === "table")
		return h("div.table", { tabindex: "0", role: "group", "aria-label": "Table" }, h("table", children()));
	if (tag === "li" && node.checked !== undefined) return h("li.check", tick(node.checked), children());
	return h(TAGS.has(tag) ? tag : "span", { start: node.start, "data-align": node.align }, children());
}

const tick = (checked) => {
	const [label, mark] = checked ? ["done", "☑"] : ["open", "☐"];
	return h("span.tick", { role: "img", "aria-label": label, "data-done": checked }, mark);
};

const code = ({ language, spans }) =>
	h(
		"pre.code",
		{ "data-language": language, tabindex: "0" },
		h(
			"code",
			spans.map(([kind, text]) => (kind ? h("span", { "data-code": kind }, text) : text)),
		),
	);

/** Only web pages and mail can be opened; what else a link names is shown in its tooltip. */
function link({ href, address }, children) {
	if (!href) return h("span.address", { title: address }, children);
	return h("a.outside", { href, title: href, target: "_blank", rel: "noopener noreferrer nofollow" }, children);
}
