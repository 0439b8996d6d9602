// The server's REST, and its refusals as errors that a person can read.

class Refusal extends Error {
  constructor(status, body) {
    super(body.message ?? "The server does not answer.");
    this.status = status;
    this.code = body.error ?? "offline";
    this.hint = body.hint ?? "";
  }
}

async function ask(method, path, body, options = {}) {
  let answer;
  try {
    answer = await fetch(`/api${path}`, {
      method,
      headers: method === "GET" ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      ...options,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { message: "The server does not answer.", hint: "Is it running? sparkq start" });
  }
  const text = await answer.text();
  let told = {};
  try {
    told = JSON.parse(text);
  } catch {
    // Only a proxy would answer with something else than JSON.
  }
  if (!answer.ok) throw new Refusal(answer.status, told);
  return told;
}

export const get = (path, options) => ask("GET", path, undefined, options);
export const post = (path, body, options) => ask("POST", path, body, options);
export const change = (path, body) => ask("PATCH", path, body);
export const remove = (path) => ask("DELETE", path);

/** A query string of what is set. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

export const at = (name) => encodeURIComponent(name);
