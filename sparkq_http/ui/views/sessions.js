// Sessions: labels over queues.

import { get, getQueues, post, query, queuePath } from "../api.js";
import { say } from "../dialogs.js";
import { h } from "../dom.js";
import { ask, confirmed } from "../forms.js";
import { badges, button, empty, head } from "../rows.js";
import { ago } from "../words.js";

export async function load() {
	const [{ sessions }, { queues }] = await Promise.all([get("/sessions"), getQueues(true)]);
	return { sessions, queues };
}

export function draw({ sessions, queues }) {
	const queuesOf = ({ name }) => queues.filter((queue) => queue.session === name);
	return [
		head(h("h1", "Sessions"), button("create-session", "New session …", { class: "primary" })),
		sessions.length
			? h(
					"ul.cards@cards",
					{ "aria-label": "Sessions" },
					sessions.map((session) => card(session, queuesOf(session))),
				)
			: empty(
					"No sessions yet.",
					"A session groups queues for a stretch of work. Queues do not need one.",
					"sparkq session create sprint-12",
				),
	];
}

function card(session, queues) {
	const { name, status, created_at: started, ended_at: ended } = session;
	return h(
		`li.card@session-${name}`,
		{ class: status },
		h(
			"header",
			h("h2", h("a", { href: `#/tasks${query({ session: name })}`, "data-row": name }, name)),
			badges(session),
		),
		h("p.facts", h("span", "started ", ago(started)), ended && h("span", "ended ", ago(ended))),
		h("p", queues.length ? queues.map(queueLink) : "No queues."),
		h("div.actions", status === "active" && button("end-session", "End …", { "data-name": name })),
	);
}

const queueLink = ({ name }, index) => [index > 0 && ", ", h("a", { href: `#${queuePath(name)}` }, name)];

async function createSession(page) {
	const created = await ask({
		title: "New session",
		submitLabel: "Create",
		fields: [{ name: "name", label: "Name", required: true }],
		submit: ({ name }) => post("/sessions", { name: name.trim() }),
	});
	if (created) await page.refresh();
}

async function endSession(page, name) {
	const consequence =
		"Its active queues end too: they accept no new tasks, and workers still finish those that are queued.";
	if (!(await confirmed(`End ${name}?`, consequence, "End"))) return;
	const { ended_queues: queues } = await post(`/sessions/${encodeURIComponent(name)}/end`);
	say(queues.length ? `${name} ended, and its queues: ${queues.join(", ")}.` : `${name} ended.`);
	await page.refresh();
}

export const acts = {
	"create-session": createSession,
	"end-session": (page, button) => endSession(page, button.dataset.name),
};
