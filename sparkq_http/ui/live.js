// What any process writes, as it happens.

/** Follow the event feed. `tell` gets each event; `state` hears whether the server answers. */
export function follow(tell, state) {
  let source = null;
  let last = null;
  let waiting = 0;
  const open = () => {
    source?.close();
    source = new EventSource(last === null ? "/api/events" : `/api/events?after=${last}`);
    source.onopen = () => {
      waiting = 0;
      state(true);
    };
    source.onmessage = (message) => {
      if (message.lastEventId) last = message.lastEventId;
      tell(JSON.parse(message.data));
    };
    source.onerror = () => {
      state(false);
      if (source.readyState !== EventSource.CLOSED) return;
      // The browser gives up after a refusal; a server that restarts comes back.
      waiting = Math.min(waiting + 1000, 10_000);
      setTimeout(open, waiting);
    };
  };
  open();
  addEventListener("online", open);
}
