// What every view shows of the project: its name, and its queues with their counts, which the feed keeps up to date.

import { getQueues } from "./api.js";
import { totalOf, UNFINISHED } from "./statuses.js";

/** The counts are null until the first answer. `all` are all queues, `queues` those that are not archived. */
export const project = { name: "", all: null, queues: null, waiting: null, running: 0, open: 0 };

const sum = (queues, count) => queues.reduce((total, queue) => total + count(queue), 0);

let changes = 0;

export async function fetchCounts() {
	let before;
	let answer;
	do {
		before = changes;
		answer = await getQueues(true);
	} while (before !== changes); // what came meanwhile may be newer
	take(answer.queues);
}

/** Take over the queues that have changed. False if all have to be fetched. */
export function takeChanges(queues) {
	changes += 1;
	if (!project.all) return false;
	const known = new Map(project.all.map((queue) => [queue.id, queue]));
	for (const queue of queues) known.set(queue.id, queue);
	const order = (first, second) =>
		(first.status > second.status) - (first.status < second.status) || first.id - second.id;
	take([...known.values()].sort(order));
	return true;
}

function take(all) {
	const queues = all.filter(({ status }) => status !== "archived");
	const waiting = sum(queues, ({ unreviewed, held }) => unreviewed + held);
	const running = sum(queues, (queue) => queue.running);
	const open = sum(queues, (queue) => totalOf(queue, UNFINISHED));
	Object.assign(project, { all, queues, waiting, running, open });
}

export const allQueues = async () => project.all ?? (await getQueues(true)).queues;
