// The feed of events: what any process writes, as it happens.

import { isSameServer } from "./served.js";

const MOST_WAIT_MS = 10_000;
const WAIT_STEP_MS = 1000;

/** Follow the feed: `onEvent` gets each event, `onConnection` whether the server answers. */
export function follow(onEvent, onConnection) {
  let source = null;
  let lastId = null;
  let wait = 0;
  const open = () => {
    source?.close();
    source = new EventSource(lastId === null ? "/api/events" : `/api/events?after=${lastId}`);
    source.addEventListener("server", (message) => {
      wait = 0;
      if (isSameServer(JSON.parse(message.data))) onConnection(true);
      else source.close();
    });
    source.onmessage = (message) => {
      if (message.lastEventId) lastId = message.lastEventId;
      onEvent(JSON.parse(message.data));
    };
    source.onerror = () => {
      onConnection(false);
      if (source.readyState !== EventSource.CLOSED) return;
      // After a refusal the browser does not try again; the server may be restarting.
      wait = Math.min(wait + WAIT_STEP_MS, MOST_WAIT_MS);
      setTimeout(open, wait);
    };
  };
  open();
  addEventListener("online", open);
}
