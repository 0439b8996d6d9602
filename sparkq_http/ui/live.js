// The feed: what any process changes, as it happens. One tab of a browser streams it for all of them, because
// a browser opens few connections to one server; without Web Locks each tab in sight has its own stream.

import { notifies } from "./preferences.js";
import { isSameServer, loadedFrom } from "./served.js";

const NAME = "sparkq-changes"; // of the lock and of the channel, which only tabs of this address share
const MOST_WAIT_MS = 10_000;
const WAIT_STEP_MS = 1000;

const isShared = "locks" in navigator && "BroadcastChannel" in window;

/** A tab out of sight needs the feed only for its notifications. */
const isWanted = () => document.visibilityState === "visible" || notifies();

/**
 * Follow the feed: `onChanges` gets what the events of a moment touched, `onMissed` is called after events that this
 * tab did not see, and `onServer` gets the server that answers, or null while none does.
 */
export function follow({ onChanges, onMissed, onServer }) {
	const channel = isShared ? new BroadcastChannel(NAME) : null;
	let last = Number(loadedFrom.event); // the newest event that this tab has seen
	let known = last; // the newest when it asked for the state; null once it has that
	let greeting = null;
	let stop = null;

	const hear = (message) => {
		const { changes, server, id } = message;
		if (changes) {
			if (id <= last) return;
			last = id;
			onChanges(changes);
		} else if (!server) onServer(null);
		else if (isSameServer(server)) {
			onServer(server);
			if (id !== (known ?? last)) onMissed();
			last = id;
			known = null;
		} else leave();
	};
	const spread = (message) => {
		channel?.postMessage(message);
		hear(message);
	};
	const lead = () =>
		stream(
			(server, id) => {
				greeting = server;
				spread({ server, id });
			},
			(changes, id) => spread({ changes, id }),
			() => spread({ server: null }),
		);
	const leave = () => {
		stop?.();
		stop = null;
		greeting = null;
	};
	const join = () => {
		if (!isWanted()) return leave();
		if (stop) return;
		known = last;
		stop = isShared ? inTurn(lead) : lead();
		channel?.postMessage({ asks: true });
	};
	channel?.addEventListener("message", ({ data }) => {
		if (!data.asks) hear(data);
		else if (greeting) channel.postMessage({ server: greeting, id: last });
	});
	document.addEventListener("visibilitychange", join);
	addEventListener("pagehide", leave); // a page that holds a lock is not kept for the way back
	addEventListener("pageshow", join);
	addEventListener("notifies", join);
	join();
}

/** Do a task as the only tab that does it. `task` returns how to end it; return how to leave it to another tab. */
function inTurn(task) {
	const waiting = new AbortController();
	const turn = new Promise((resolve) => waiting.signal.addEventListener("abort", resolve));
	const during = async () => {
		if (waiting.signal.aborted) return;
		const end = task();
		await turn;
		end();
	};
	navigator.locks.request(NAME, { signal: waiting.signal }, during).catch(() => {}); // given up before its turn
	return () => waiting.abort();
}

/** Open a stream of changes, again after each end of it. Return how to close it. */
function stream(onGreeting, onChanges, onError) {
	let source = null;
	let wait = 0;
	let timer = 0;
	const open = () => {
		source?.close();
		source = new EventSource("/api/events?changes=true");
		source.addEventListener("server", ({ data, lastEventId }) => {
			wait = 0;
			onGreeting(JSON.parse(data), Number(lastEventId));
		});
		source.addEventListener("changes", ({ data, lastEventId }) => onChanges(JSON.parse(data), Number(lastEventId)));
		source.onerror = () => {
			onError();
			if (source.readyState !== EventSource.CLOSED) return;
			// After a refusal the browser does not try again; the server may be restarting.
			wait = Math.min(wait + WAIT_STEP_MS, MOST_WAIT_MS);
			timer = setTimeout(open, wait);
		};
	};
	open();
	addEventListener("online", open);
	return () => {
		removeEventListener("online", open);
		clearTimeout(timer);
		source.close();
	};
}
