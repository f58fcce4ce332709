// Models: download, load, unload, try one, test one; what changes by itself is looked at again while it does.
import { ask, guarded } from "./http.js";
import { refresh } from "./live.js";
import { once } from "./stream.js";
import { phaseWords } from "./turn.js";
import { say } from "./words.js";

const LOOK_MS = 1500;
const KILO = 1000;
let looking = 0;

// While something of the page changes by itself, look again; the rest of the time the log says when.
function lookAgain() {
  clearTimeout(looking);
  looking = setTimeout(async () => {
    if (!document.hidden && document.querySelector("[data-busy], progress")) {
      await refresh(undefined, true);
    }
    lookAgain();
  }, LOOK_MS);
}

function told(order, path) {
  return (button) => guarded("models-problem", async () => {
    button.disabled = true;
    button.textContent = say(order);
    try {
      await ask("POST", path, { model: button.dataset.model });
    } finally {
      button.disabled = false;
      await refresh(undefined, true);
    }
  });
}

const actions = {
  load: told("loading", "/api/v1/models/load"),
  unload: told("unloading", "/api/v1/models/unload"),
  "stop-pull": told("stopping", "/api/v1/models/pulls/stop"),
  pull: (button) => pull(button.dataset.model),
  calibrate: (button) => guarded("models-problem", async () => {
    button.disabled = true;
    button.textContent = say("measuring");
    try {
      await ask("POST", "/api/v1/machine/calibrate", {});
      await refresh(undefined, true);
    } finally {
      button.disabled = false;
    }
  }),
  try(button) {
    const form = document.getElementById("trial");
    form.hidden = false;
    form.querySelector("[data-part=model]").textContent = button.dataset.model;
    form.scrollIntoView({ block: "nearest" });
    form.elements.text.focus();
    form.elements.text.select();
  },
  "close-trial": () => { document.getElementById("trial").hidden = true; },
};

function pull(model) {
  return guarded("pull-problem", async () => {
    await ask("POST", "/api/v1/models/pull", { model });
    const field = document.querySelector("#pull [name=model]");
    if (field) {
      field.value = "";
      field.blur();
      await refresh(undefined, true);
    } else {
      location.assign("/models#pulls");
    }
  });
}

// One question to one model, in a conversation of its own.
function trial(form) {
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const said = part("said");
  const phase = part("phase");
  const took = { first: 0 };
  const began = performance.now();
  said.textContent = "";
  const on = {
    accepted: () => { phase.textContent = say("accepted"); },
    waiting: (now) => { phase.textContent = phaseWords(now.phase, now.detail, now.done, now.total, now.is_estimated); },
    routed: ({ route }) => { phase.textContent = `${say("thinking")}, ${route.place}`; },
    retracted: () => { said.textContent = ""; },
    said: ({ text }) => {
      took.first ||= performance.now() - began;
      said.append(text);
      phase.textContent = say("writing");
    },
    ended: ({ reply }) => {
      said.textContent = [reply.text, reply.is_error ? reply.hint : ""].filter(Boolean).join("\n");
      phase.textContent = reply.is_error ? "" : trialWords(reply, took.first);
    },
  };
  return guarded("trial-problem", async () => {
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    const body = { text: form.elements.text.value, model: part("model").textContent, session: "web:trying", channel: "web" };
    try {
      await once({ path: "/api/v1/turns", method: "POST", body: JSON.stringify(body) }, (name, data) => on[name]?.(data));
    } finally {
      button.disabled = false;
    }
  });
}

function trialWords({ timings, usage }, firstMs) {
  const writing = timings.total_ms - timings.first_token_ms - timings.queue_ms;
  const rate = usage.completion_tokens > 3 && writing > 20 ? (usage.completion_tokens / writing) * KILO : 0;
  const words = [say("firstWord", { seconds: ((firstMs || timings.first_token_ms) / KILO).toFixed(1) })];
  if (rate) {
    words.push(say("perSecond", { rate: rate.toFixed(rate < 10 ? 1 : 0) }));
  }
  return words.join(", ");
}

// The driving test as it goes on: a line for each discipline.
function drive(form) {
  const list = document.getElementById("driving");
  list.replaceChildren();
  let line = null;
  const on = {
    begins: ({ discipline, number, of }) => {
      line = document.createElement("li");
      line.append(word(`${number} / ${of}`, "muted mono"), word(say(`discipline.${discipline}`), "grow"), word(say("trying"), "muted"));
      list.append(line);
      line.scrollIntoView({ block: "nearest" });
    },
    score: ({ passed, tried, detail }) => {
      const last = line.lastElementChild;
      last.textContent = tried ? `${passed} / ${tried}` : say("notTried");
      last.className = passed === tried && tried ? "fine" : "attention";
      if (detail) {
        line.querySelector(".grow").append(word(` ${detail}`, "small muted break"));
      }
    },
    failed: (problem) => { throw Object.assign(new Error(problem.message), { sentence: `${problem.message} ${problem.hint}`.trim() }); },
    card: ({ subject }) => {
      document.getElementById(`${subject.provider}/${subject.model_id}`)?.remove();
      refresh(undefined, true);
    },
  };
  return guarded("drive-problem", async () => {
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    const body = { model: form.elements.model.value, quick: form.elements.quick.checked };
    try {
      await once({ path: "/api/v1/models/test", method: "POST", body: JSON.stringify(body) }, (name, data) => on[name]?.(data));
    } finally {
      button.disabled = false;
    }
  });
}

function word(text, kind) {
  const made = document.createElement("span");
  made.className = kind;
  made.textContent = text;
  return made;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button && Object.hasOwn(actions, button.dataset.act)) {
    actions[button.dataset.act](button);
  }
});

document.addEventListener("submit", (event) => {
  const does = { pull: (form) => pull(form.elements.model.value.trim()), trial, drive }[event.target.id];
  if (does) {
    event.preventDefault();
    does(event.target);
  }
});

lookAgain();
