// Everything that a hostile page can try from a browser, or only to read. `tried` counts, `read` gathers whatever came back.
const target = window.TARGET;
const tried = [];
const read = [];

function attempt(name, run) {
  tried.push([name, run]);
}

async function carryOut(name, run) {
  try {
    const found = await Promise.race([run(), new Promise((done) => setTimeout(() => done(null), 2000))]);
    if (found) read.push(`${name}: ${found}`);
  } catch (error) {
    // refused by the browser or the server, as it should be
  }
}

const reads = ["/api/queues", "/api/tasks", "/api/tasks/1", "/api/config", "/api/health", "/health", "/openapi.json", "/docs", "/", "/ui", "/mcp"];
const task = JSON.stringify({ queue: "backend", prompt: "from the hostile page" });
const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "enqueue", arguments: { queue: "backend", prompt: "from the hostile page" } } });
const kinds = ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""];
const changes = [["POST", "/api/tasks", task], ["POST", "/api/queues/backend/claim", "{}"], ["POST", "/api/queues/backend/archive", ""], ["POST", "/api/purge", "{}"], ["DELETE", "/api/tasks/1", ""], ["PATCH", "/api/queues/backend", '{"name":"taken"}'], ["POST", "/mcp", call], ["POST", "/api/reload", ""], ["PUT", "/api/config", "{}"]];

function embed(tag, attribute, path) {
  return new Promise((done) => {
    const element = document.createElement(tag);
    element.onload = () => done(tag === "iframe" ? frameText(element) : `${tag} loaded ${path}`);
    element.onerror = () => done(null);
    if (tag === "link") element.rel = "stylesheet";
    element[attribute] = target + path;
    document.body.append(element);
  });
}

function frameText(frame) {
  try {
    return frame.contentDocument && frame.contentDocument.body.innerText;
  } catch (error) {
    return null;
  }
}

function submit(path, kind, method) {
  return new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.name = `f${Math.random()}`;
    frame.onload = () => done(frameText(frame));
    document.body.append(frame);
    const form = Object.assign(document.createElement("form"), { action: target + path, method, enctype: kind, target: frame.name });
    const field = Object.assign(document.createElement("input"), { name: '{"queue":"backend","prompt":"from the hostile page","x":"', value: '"}' });
    form.append(field);
    document.body.append(form);
    form.submit();
  });
}

function changeAndListen() {
  for (const [method, path, body] of changes)
    for (const kind of kinds) for (const mode of ["cors", "no-cors"])
      attempt(`${method} ${mode} ${kind} ${path}`, async () =>
        (await fetch(target + path, { method, mode, body: body || undefined, credentials: "include", headers: kind ? { "Content-Type": kind } : {} })).text());
  for (const [, path] of changes) {
    for (const kind of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
      attempt(`form ${kind} ${path}`, () => submit(path, kind, "post"));
    attempt(`form get ${path}`, () => submit(path, "application/x-www-form-urlencoded", "get"));
    attempt(`beacon ${path}`, async () => void navigator.sendBeacon(target + path, new Blob([task], { type: "text/plain" })));
  }
  attempt("events", () => new Promise((done) => {
    const source = new EventSource(`${target}/api/events?after=0`);
    source.onmessage = (event) => done(event.data);
    source.onerror = () => done(null);
  }));
  for (const path of ["/", "/api/events", "/mcp"])
    attempt(`websocket ${path}`, () => new Promise((done) => {
      const socket = new WebSocket(target.replace("http", "ws") + path);
      socket.onopen = () => done("a socket is open");
      socket.onmessage = (event) => done(event.data);
      socket.onerror = () => done(null);
    }));
  attempt("window", async () => {
    const opened = window.open(`${target}/api/tasks`);
    await new Promise((done) => setTimeout(done, 500));
    return opened && opened.document && opened.document.body.innerText;
  });
}

async function everything(onlyToRead = false) {
  for (const path of reads) {
    for (const mode of ["cors", "no-cors"]) for (const credentials of ["include", "omit"])
      attempt(`fetch ${mode} ${path}`, async () => (await fetch(target + path, { mode, credentials })).text());
    for (const [tag, attribute] of [["img", "src"], ["script", "src"], ["link", "href"], ["iframe", "src"], ["object", "data"]])
      attempt(`${tag} ${path}`, () => embed(tag, attribute, path));
  }
  if (!onlyToRead) changeAndListen();
  const waiting = [...tried];
  const hand = async () => {
    while (waiting.length) await carryOut(...waiting.shift());
  };
  await Promise.all(Array.from({ length: 16 }, hand));
  return { tried: tried.length, read };
}
