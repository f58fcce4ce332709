// A playbook's form: read by its schema, sent as it is typed, problems shown at their fields.
import { ask, guarded } from "./http.js";
import { refresh } from "./live.js";

const form = document.getElementById("play");

function valueOf(field) {
  const input = field.querySelector("input, select, textarea");
  const text = input.value.trim();
  switch (field.dataset.kind) {
    case "boolean":
      return input.checked;
    case "integer":
    case "number":
      return text === "" ? undefined : Number(text);
    case "list":
      return text === "" ? [] : text.split("\n").map((line) => line.trim()).filter(Boolean);
    case "json":
      return text === "" ? undefined : JSON.parse(text);
    default:
      return text === "" && !input.required ? undefined : text;
  }
}

function settings() {
  const found = {};
  for (const field of form.querySelectorAll(".field")) {
    mark(field, "");
    let value;
    try {
      value = valueOf(field);
    } catch (problem) {
      mark(field, problem.message);
      throw problem;
    }
    if (value !== undefined && isChanged(field)) {
      found[field.dataset.name] = value;
    }
  }
  return found;
}

// What stands as it was painted is not sent: it may change in the configuration before the job runs.
function isChanged(field) {
  const input = field.querySelector("input, select, textarea");
  if (input.type === "checkbox") {
    return input.checked !== input.defaultChecked;
  }
  if (input.matches("select")) {
    return ![...input.options].some((option) => option.selected && option.defaultSelected);
  }
  return input.value !== input.defaultValue || input.required;
}

function mark(field, sentence) {
  const said = field.querySelector(".field-error");
  field.classList.toggle("has-error", Boolean(sentence));
  said.textContent = sentence;
  said.hidden = !sentence;
}

const ways = {
  run: () => start({}),
  dry: () => start({ is_dry: true }),
  sample: () => start({}, { sample: true }),
  async plan() {
    const name = form.dataset.playbook;
    const body = { schedule: form.elements.schedule.value.trim(), what: name, settings: settings() };
    const { job } = await ask("POST", "/api/v1/jobs", body);
    location.assign(`/jobs#${job.job_id}`);
  },
};

async function start(how, more = {}) {
  const path = `/api/v1/playbooks/${encodeURIComponent(form.dataset.playbook)}/run`;
  const { run } = await ask("POST", path, { settings: { ...settings(), ...more }, ...how });
  await refresh(undefined, true);
  location.assign(`/runs/${run.run_id}`);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  guarded("play-problem", ways[event.submitter?.dataset.how ?? "run"]);
});

// Trying it on sample data or planning it needs no field but its own.
form.addEventListener("click", (event) => {
  const how = event.target.closest("[data-how]")?.dataset.how;
  form.noValidate = how === "sample";
});
