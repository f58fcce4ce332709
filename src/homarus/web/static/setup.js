// The first run: look elsewhere, download what was chosen, write it down at once, and show a first answer.
import { ask, guarded, Problem } from "./http.js";
import { once } from "./stream.js";
import { phaseWords } from "./turn.js";
import { say } from "./words.js";

const outcome = document.getElementById("outcome");
const part = (name) => outcome.querySelector(`[data-part=${name}]`);

function lookElsewhere(button, query) {
  button.disabled = true;
  button.textContent = say("looking");
  location.assign(`/setup?${query}`);
}

const actions = {
  "look-at": (button) => lookElsewhere(button, `server=${encodeURIComponent(document.getElementById("server").value.trim())}`),
  scan: (button) => lookElsewhere(button, "scan=1"),
};

function chosen(form) {
  const radio = form.querySelector("[name=model]:checked");
  if (!radio) {
    throw new Problem(say("chooseModel"));
  }
  const made = { model: radio.value, preset: form.elements.preset.value, isDownload: radio.dataset.state === "download" };
  if (radio.dataset.server) {
    made.server = radio.dataset.server;
  }
  if (radio.dataset.hosted) {
    const box = radio.closest(".choice");
    const name = box.querySelector("[data-part=hosted-model]").value.trim();
    const key = box.querySelector("[data-part=hosted-key]")?.value.trim();
    if (!name) {
      throw new Problem(say("nameModel"));
    }
    made.model = name.startsWith(`${radio.dataset.hosted}/`) ? name : `${radio.dataset.hosted}/${name}`;
    if (key) {
      made.hosted = { provider: radio.dataset.hosted, key };
    }
  }
  return made;
}

async function download(model) {
  const bar = part("bar");
  bar.hidden = false;
  let last = null;
  await once({ path: "/api/v1/models/pull", method: "POST", body: JSON.stringify({ model }) }, (name, pull) => {
    last = pull;
    part("phase").textContent = `${model}: ${pull.because || pull.status}`;
    bar.value = pull.total_bytes ? Math.floor((1000 * pull.done_bytes) / pull.total_bytes) : 0;
  });
  bar.hidden = true;
  if (last?.state !== "done") {
    throw new Problem(last?.because || say("lost"), last?.hint ?? "");
  }
  return last.model;
}

async function firstAnswer(model) {
  const said = part("said");
  const on = {
    waiting: (now) => { part("phase").textContent = phaseWords(now.phase, now.detail, now.done, now.total, now.is_estimated); },
    retracted: () => { said.textContent = ""; },
    said: ({ text }) => { said.append(text); },
    ended: ({ reply }) => {
      said.textContent = [reply.text, reply.is_error ? reply.hint : ""].filter(Boolean).join("\n");
      part("phase").textContent = reply.is_error ? "" : say("firstWord", { seconds: (reply.timings.first_token_ms / 1000).toFixed(1) });
    },
  };
  const body = { text: say("hello"), model, session: "setup", channel: "web" };
  await once({ path: "/api/v1/turns", method: "POST", body: JSON.stringify(body) }, (name, data) => on[name]?.(data));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button && Object.hasOwn(actions, button.dataset.act)) {
    actions[button.dataset.act](button);
  }
});

document.getElementById("setup").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  guarded("setup-problem", async () => {
    const wanted = chosen(form);
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    outcome.hidden = false;
    part("said").textContent = "";
    outcome.scrollIntoView({ block: "nearest" });
    try {
      const { isDownload, ...choice } = wanted;
      if (isDownload) {
        choice.model = await download(choice.model);
      }
      part("phase").textContent = say("saving");
      await ask("POST", "/api/v1/setup", choice);
      await firstAnswer(choice.model);
      part("go").hidden = false;
    } catch (problem) {
      outcome.hidden = true;
      throw problem;
    } finally {
      button.disabled = false;
    }
  });
});
