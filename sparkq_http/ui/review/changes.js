// What an attempt changed: its files with their lines. A comment on a line becomes part of the feedback.

import { get, query, taskPath } from "../api.js";
import { h, still } from "../dom.js";
import { draftOf } from "../drafts.js";
import { button, empty } from "../rows.js";
import { changeSize, counted, digits } from "../words.js";
import { version } from "./markdown.js";
import { appendFeedback, feedbackKey } from "./verdict.js";

const RANGE = /^@@ -(\d+)(?:,\d+)? \+(\d+)/;

const viewed = new Set();

/** The first files of a change, and where the next are; null if it is not known. */
export async function load({ id }, { attempt, git_before: before, git_after: after }, shown) {
	if (shown?.attempt === attempt && shown.id === id) return shown;
	if (!before?.tree || !after?.tree) return { id, attempt, files: null };
	return { id, attempt, ...(await get(`${taskPath(id)}/changes${query({ attempt })}`)) };
}

export function draw({ task, changes }) {
	if (!changes) return h("p.loading@loading", "Loading …");
	const { files } = changes;
	if (!files)
		return empty("It is not known what this attempt changed.", "Its worker had no work tree of Git, or it runs.");
	if (!files.length) return empty("Nothing changed.", "The files are as they were when this attempt began.");
	const feedback = draftOf(feedbackKey(task)) ?? "";
	return h(
		"div.changes@changes",
		h("p.marks@marks", marksOf(changes)),
		files.map((file) => drawFile(file, changes, feedback)),
		changes.next_cursor && h("p.more@more", button("more-files", `Show ${digits(changes.total - files.length)} more`)),
	);
}

function marksOf({ total, insertions, deletions, shared, between, skipped, branch }) {
	return [
		changeSize({ files: total, insertions, deletions, exact: true }),
		branch && `, on ${branch}`,
		shared &&
			h(
				"strong.late",
				` ${shared.map((id) => `#${id}`).join(", ")} ran at the same time, and may have changed some of it.`,
			),
		between && h("strong.late", ` ${counted(between, "file")} changed in between, by none of the tasks.`),
		skipped && h("span", ` ${counted(skipped, "file")} too large to be compared.`),
	];
}

const keyOf = ({ id, attempt }, { path }) => `${id}-${attempt}-${path}`;

function drawFile(file, changes, feedback) {
	const isViewed = viewed.has(keyOf(changes, file));
	const { path, old_path: old, status, insertions, deletions } = file;
	return h(
		`section.file@file-${path}`,
		{ "data-path": path, class: isViewed ? "viewed" : "" },
		h(
			"header",
			h(
				"button.quiet@fold",
				{ "data-act": "viewed", "data-path": path, "aria-expanded": String(!isViewed) },
				h("h3", old && old !== path ? `${old} → ${path}` : path),
			),
			status !== "changed" && h("span.badge", status),
			h(
				"span.size",
				insertions !== undefined && h("ins", `+${insertions}`),
				deletions !== undefined && h("del", `−${deletions}`),
			),
			isViewed && h("span.soft", "viewed"),
		),
		!isViewed && lines(file, changes, feedback),
	);
}

function lines(file, changes, feedback) {
	const { path, hunks, cut } = file;
	if (!hunks?.length) return h("p.soft", "No lines to show: a binary file, or only its name or mode changed.");
	const commented = new Set(
		[...feedback.matchAll(/^(\S.*?):(\d+)( \(before\))?: /gm)]
			.filter((match) => match[1] === path)
			.map((match) => match[2] + (match[3] ?? "")),
	);
	const name = `${version(changes.files)}-${version(file)}-${[...commented].join()}`;
	return [
		still("div.hunks", `file-${changes.id}-${path}`, name, () => hunks.map((hunk) => drawHunk(hunk, path, commented))),
		cut && h("p.more", button("more-lines", "Show the rest of this file", { "data-path": path })),
	];
}

function drawHunk({ heading, lines }, path, commented) {
	let [, before, after] = (RANGE.exec(heading) ?? [0, 1, 1]).map(Number);
	return h(
		"table.hunk",
		h("caption", heading),
		h(
			"tbody",
			lines.map((line, index) => {
				const sign = line[0];
				const number = sign === "-" ? `${before} (before)` : String(after);
				if (sign !== "+") before += 1;
				if (sign !== "-") after += 1;
				return drawLine({ line, sign, number, path, isFirst: index === 0, isCommented: commented.has(number) });
			}),
		),
	);
}

const SIGNS = { "+": "added", "-": "removed" };

const drawLine = ({ line, sign, number, path, isFirst, isCommented }) =>
	h(
		"tr",
		{ "data-sign": SIGNS[sign], class: isCommented ? "commented" : "" },
		h(
			"td.number",
			h(
				"button",
				{
					tabindex: isFirst ? "0" : "-1",
					"data-act": "comment",
					"data-path": path,
					"data-line": number,
					title: `Comment on ${path}:${number}`,
				},
				isCommented ? "💬" : number.split(" ")[0],
			),
		),
		h("td.sign", sign === " " ? "" : sign),
		h("td.code", line.slice(1)),
	);

let commented = null;

/** Go from the feedback back to the line that was commented last. */
export const backToLine = () => commented?.focus();

/** Begin a comment on a line: the feedback gets "src/dates.py:42: " and the cursor. */
export function comment(page, button) {
	const { path, line } = button.dataset;
	commented = button;
	appendFeedback(`${path}:${line}: `);
	page.draw();
}

/** Fold a file that you have seen, and go to the next that you have not. */
export function markViewed(page, button) {
	const { changes } = page.data.detail;
	if (!changes?.files.length) return;
	const file = changes.files.find(({ path }) => path === (button?.dataset.path ?? fileInSight()?.dataset.path));
	if (!file) return;
	const key = keyOf(changes, file);
	const isViewed = !viewed.delete(key);
	if (isViewed) viewed.add(key);
	page.draw();
	if (!button && isViewed) fileInSight()?.scrollIntoView({ block: "start" });
}

const fileInSight = () =>
	[...document.querySelectorAll(".file:not(.viewed)")].find(
		(file) => file.getBoundingClientRect().bottom > innerHeight / 4,
	);

export async function moreFiles(page) {
	const { changes, task } = page.data.detail;
	const next = await get(
		`${taskPath(task.id)}/changes${query({ attempt: changes.attempt, cursor: changes.next_cursor })}`,
	);
	page.data.detail.changes = { ...changes, ...next, files: [...changes.files, ...next.files] };
	page.draw();
}

export async function moreLines(page, { dataset: { path } }) {
	const { changes, task } = page.data.detail;
	const hunks = [];
	let cursor = null;
	do {
		const part = await get(`${taskPath(task.id)}/changes${query({ attempt: changes.attempt, path, cursor })}`);
		hunks.push(...(part.files[0]?.hunks ?? []));
		cursor = part.next_cursor;
	} while (cursor);
	const files = changes.files.map((file) => (file.path === path ? { ...file, hunks, cut: false } : file));
	page.data.detail.changes = { ...changes, files };
	page.draw();
}
