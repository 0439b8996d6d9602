// What a user does with queues.

import { change, get, post, put, queuePath } from "../api.js";
import { say } from "../dialogs.js";
import { ask, edited } from "../forms.js";
import { nameOptions } from "../options.js";

export async function createQueue(page) {
	const { sessions } = await get("/sessions");
	const active = sessions.filter(({ status }) => status === "active");
	const options = [["", "none"], ...nameOptions(active)];
	const created = await ask({
		title: "New queue",
		submitLabel: "Create",
		draft: "queue",
		fields: [
			{ name: "name", label: "Name", required: true, hint: "Letters, digits, . _ and -" },
			{
				name: "instructions",
				label: "Instructions for every worker of this queue",
				kind: "area",
				hint: "For example: the branch, the tests to run, what a result should say.",
			},
			...(active.length ? [{ name: "session", label: "Session", value: "", options }] : []),
		],
		submit: ({ name, instructions, session }) =>
			post("/queues", { name: name.trim(), instructions, session: session || null }),
	});
	if (created) page.go(queuePath(created.queue.name));
}

export async function editInstructions(page, name) {
	const { queue } = await get(queuePath(name));
	const before = queue.instructions ?? "";
	await ask({
		title: `Instructions of ${name}`,
		draft: `instructions-${name}-${queue.instructions_revision}`,
		fields: [
			{
				name: "instructions",
				label: "Instructions for every worker of this queue",
				kind: "area",
				value: before,
				hint: "Workers see changes at their next claim.",
			},
		],
		async submit({ instructions }) {
			if (!edited(before, instructions)) return;
			await change(queuePath(name), { instructions, revision: queue.instructions_revision }).catch(async (error) => {
				if (error.code === "unseen") error.hint = await presentInstructions(name);
				throw error;
			});
			say(`Instructions of ${name} changed.`);
			await page.refresh();
		},
	});
}

/** What another editor has saved meanwhile, to compare with what is in the form. */
async function presentInstructions(name) {
	const { queue } = await get(queuePath(name));
	return `Copy your text, close, and open the form again. The instructions are now:\n\n${queue.instructions}`;
}

export async function renameQueue(page, name) {
	const renamed = await ask({
		title: `Rename ${name}`,
		submitLabel: "Rename",
		fields: [{ name: "name", label: "New name", value: name, required: true }],
		submit: (answers) => change(queuePath(name), { name: answers.name.trim() }),
	});
	if (!renamed) return;
	if (page.route.path[1] === name) page.go(queuePath(renamed.queue.name));
	else await page.refresh();
}

export async function limitReviews(page, name) {
	const { queue } = await get(queuePath(name));
	await ask({
		title: `Review limit of ${name}`,
		fields: [
			{
				name: "limit",
				label: "Most tasks handed out that you have not reviewed",
				kind: "number",
				value: queue.review_limit ?? "",
				min: 1,
				hint: "1 waits for your review after each task. Empty: no limit. Running tasks count.",
			},
		],
		async submit({ limit }) {
			const { queue: changed } = await change(queuePath(name), { review_limit: limit ? Number(limit) : null });
			say(changed.review_limit ? `${name}: at most ${changed.review_limit} unreviewed.` : `${name} has no limit.`);
			await page.refresh();
		},
	});
}

export async function changeCheck(page, name) {
	const { queue } = await get(queuePath(name));
	await ask({
		title: `Check of ${name}`,
		fields: [
			{
				name: "command",
				label: "Command that proves a task done",
				value: queue.check_command ?? "",
				hint: "Such as make test. Its worker runs it before it completes a task. Empty: no check.",
			},
			{
				name: "most",
				label: "How often an attempt may fail it",
				kind: "number",
				value: queue.max_checks ?? 3,
				min: 1,
				hint: queue.review_limit
					? "A task is completed only after it has passed on the files as they are."
					: "Without a review limit, a result is accepted all the same, and the inbox says whether it has passed.",
			},
		],
		async submit({ command, most }) {
			const wanted = { command: command.trim() || null, max_checks: most ? Number(most) : null };
			const { queue: changed } = await put(`${queuePath(name)}/check`, wanted);
			say(changed.check_command ? `${name}: its check is ${changed.check_command}` : `${name} has no check.`);
			await page.refresh();
		},
	});
}

const MOVES = {
	end: {
		label: "End",
		done: "ended",
		consequence: "It accepts no new tasks. Workers still finish those that are queued.",
	},
	pause: {
		label: "Pause",
		done: "paused",
		consequence: "It still accepts tasks, but hands out none until you resume it. Running tasks go on.",
	},
	resume: { label: "Resume", done: "resumed" },
	reopen: { label: "Reopen", done: "reopened" },
	archive: {
		label: "Archive",
		done: "archived",
		consequence: "It is hidden and hands out no tasks. Its tasks are kept.",
	},
	unarchive: { label: "Unarchive", done: "unarchived" },
};

/** Pause, resume, end, reopen, archive or unarchive a queue; what has consequences asks first. */
export async function moveTo(page, name, verb) {
	const { label, done, consequence } = MOVES[verb];
	const move = async () => {
		await post(`${queuePath(name)}/${verb}`);
		say(`${name} ${done}.`);
		await page.refresh();
	};
	if (consequence) await ask({ title: `${label} ${name}?`, text: consequence, submitLabel: label, submit: move });
	else await move();
}
