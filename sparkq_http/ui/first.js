// The first steps in a new project, each ticked when it is done, until the first worker has come.

import { copyable } from "./chat.js";
import { h } from "./dom.js";
import { button } from "./rows.js";

const CONNECT = "sparkq connect claude-code --allow";

/** What there is of a project: `worker` is that of the first claim, once it has come under the eyes of this tab. */
export function firstSteps({ queues, isNew, worker }) {
	if (worker) return came(worker);
	if (!isNew) return null;
	const [queue] = queues;
	const hasTask = queues.some(({ queued }) => queued > 0);
	return h(
		"section.first@first",
		{ "aria-label": "First steps" },
		h(
			"ol",
			step("Make a queue", queues.length > 0, button("create-queue", "New queue …", { class: "primary" })),
			step(
				"Add a task",
				hasTask,
				queues.length > 0 && button("add", "Add tasks …", { class: hasTask ? "" : "primary", "data-name": queue.name }),
			),
			step(
				"Connect Claude Code",
				false,
				copyable("connect-command", CONNECT),
				h("p", "Type this in a terminal of the repository, start Claude Code there, and say:"),
				copyable("work-sentence", `Work the queue ${queue?.name ?? "main"} until it is empty.`, "Copy", "q"),
				hasTask && h("p.soft", { role: "status" }, "Waiting for the first claim …"),
			),
		),
	);
}

const step = (name, done, ...more) =>
	h(
		"li",
		{ class: done ? "done" : "" },
		h("span.tick", { "aria-hidden": "true" }, done ? "✓" : ""),
		h("div", h("strong", name), done && h("span.soft", " done"), !done && more),
	);

const came = ({ worker_id: name, id, title }) =>
	h(
		"section.first.came@came",
		{ role: "status", "aria-label": "First steps" },
		h("p", h("strong", `${name} has come`), ` and works on #${id} ${title}.`),
		button("dismiss-first", "Close", { class: "quiet" }),
	);
