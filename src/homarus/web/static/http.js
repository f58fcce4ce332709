// Ask the API: JSON in, JSON out, and a problem in words when it does not go well.
import { say } from "./words.js";

export class Problem extends Error {
  constructor(message, hint = "", status = 0) {
    super(message);
    this.hint = hint;
    this.status = status;
  }

  get sentence() {
    return `${this.message} ${this.hint}`.trim();
  }
}

export async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(say("unreachable"));
  }
  if (!answer.ok) {
    throw await problemOf(answer);
  }
  return answer.json();
}

export async function problemOf(answer) {
  try {
    const { error } = await answer.json();
    return new Problem(error.message, error.hint, answer.status);
  } catch {
    return new Problem(`${answer.status} ${answer.statusText}`.trim(), "", answer.status);
  }
}

// Do something; when it fails, say so in the line that stands there for it.
export async function guarded(id, act) {
  const line = document.getElementById(id);
  line.hidden = true;
  try {
    await act();
  } catch (problem) {
    line.textContent = problem.sentence ?? problem.message;
    line.hidden = false;
  }
}
