// Server-sent events over fetch, taken up where they broke off: the id of the last event goes along.
import { Problem, problemOf } from "./http.js";

const PAUSES_MS = [250, 500, 1000, 2000, 4000];
const FATAL = new Set([400, 401, 403, 404, 413, 415, 421]);

// `first` and `again` are how to ask: { path, method, body }. `on(event, data)` returns true when it has seen enough.
export async function follow({ first, again, on, onState = () => {}, signal, lastId = "" }) {
  let id = lastId;
  let request = first;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const answer = await open(request, id, signal);
      onState(true);
      for await (const frame of frames(answer.body, signal)) {
        failures = 0;
        request = again() ?? request;
        id = frame.id ?? id;
        if (on(frame.event, JSON.parse(frame.data), frame.id) === true) {
          return id;
        }
      }
    } catch (error) {
      if (signal.aborted || (error instanceof Problem && FATAL.has(error.status))) {
        throw error;
      }
    }
    onState(false);
    request = again() ?? request;
    await pause(PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)], signal);
  }
  return id;
}

// Work that must not begin twice: asked for once, never taken up again.
export async function once(request, on, signal = new AbortController().signal) {
  const answer = await open(request, "", signal);
  for await (const frame of frames(answer.body, signal)) {
    on(frame.event, JSON.parse(frame.data));
  }
}

async function open(request, id, signal) {
  const headers = { Accept: "text/event-stream" };
  if (request.body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  if (id) {
    headers["Last-Event-ID"] = id;
  }
  const answer = await fetch(request.path, { method: request.method ?? "GET", body: request.body, headers, signal });
  if (!answer.ok) {
    throw await problemOf(answer);
  }
  return answer;
}

async function* frames(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const frame = read(block);
        if (frame) {
          yield frame;
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function read(block) {
  const frame = { event: "message", data: "", id: undefined };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (colon > 0 && name in frame) {
      frame[name] = name === "data" && frame.data ? `${frame.data}\n${value}` : value;
    }
  }
  return frame.data ? frame : null;
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
