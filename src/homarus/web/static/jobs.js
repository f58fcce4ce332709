// Jobs: plan one in words with its next times shown while typing, run, pause and remove.
import { ask, guarded } from "./http.js";
import { refresh } from "./live.js";
import { say } from "./words.js";

const SETTLE_MS = 300;
const form = document.getElementById("plan");
let typing = 0;
let asked = 0;

function understood(sentence, isFit) {
  document.getElementById("plan-times").textContent = sentence;
  form.querySelector("[type=submit]").disabled = !isFit;
}

async function preview() {
  const schedule = form.elements.schedule.value.trim();
  const mine = ++asked;
  if (!schedule) {
    understood(form.dataset.empty, false);
    return;
  }
  try {
    const found = await ask("POST", "/api/v1/jobs/preview", { schedule });
    if (mine === asked) {
      understood(`${found.in_words}. ${say("next")} ${found.next.map((one) => clock(one)).join(", ")}`, true);
    }
  } catch (problem) {
    if (mine === asked) {
      understood(problem.sentence ?? problem.message, false);
    }
  }
}

// The server says times with their zone; they are shown as the job's zone reads clocks.
function clock(time) {
  return typeof time === "string" ? time.replace("T", " ").replace(/:\d\d([+-]\d\d:\d\d|Z)?$/, "") : time.in_words;
}

function whatIsSaid() {
  const isSaying = form.elements.what.value === "";
  form.querySelector("[data-part=say]").hidden = !isSaying;
  form.elements.say.required = isSaying;
}

function plan() {
  return guarded("plan-problem", async () => {
    const { schedule, what, say: words } = form.elements;
    const job = { schedule: schedule.value.trim() };
    Object.assign(job, what.value ? { what: what.value } : { say: words.value.trim() });
    await ask("POST", "/api/v1/jobs", job);
    form.reset();
    whatIsSaid();
    await preview();
    document.activeElement?.blur();
    await refresh(undefined, true);
  });
}

const actions = {
  run: (button) => told(button, "POST", "run", async ({ run }) => location.assign(`/runs/${run.run_id}`)),
  pause: (button) => told(button, "POST", "pause"),
  resume: (button) => told(button, "POST", "resume"),
  remove(button) {
    if (button.dataset.sure) {
      told(button, "DELETE", "");
      return;
    }
    button.dataset.sure = "yes";
    button.textContent = say("removeSure", { name: button.dataset.name });
  },
  fill(button) {
    form.elements.schedule.value = button.dataset.schedule;
    form.elements.what.value = button.dataset.what;
    whatIsSaid();
    preview();
    form.elements.schedule.focus();
  },
};

function told(button, method, does, then = async () => {}) {
  return guarded("jobs-problem", async () => {
    button.disabled = true;
    try {
      const path = `/api/v1/jobs/${encodeURIComponent(button.dataset.job)}`;
      await then(await ask(method, does ? `${path}/${does}` : path, does ? {} : undefined));
    } finally {
      button.disabled = false;
      await refresh(undefined, true);
    }
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button && Object.hasOwn(actions, button.dataset.act)) {
    actions[button.dataset.act](button);
  }
});

if (form) {
  form.dataset.empty = document.getElementById("plan-times").textContent;
  form.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(preview, SETTLE_MS);
  });
  form.elements.what.addEventListener("change", whatIsSaid);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    plan();
  });
  whatIsSaid();
  if (form.elements.schedule.value) {
    preview();
  }
}
