// One run: pause it, go on, cancel, do it again from a step; tick what its report says is to be done.
import { ask, guarded } from "./http.js";
import { refresh } from "./live.js";

const run = document.querySelector("[data-run]")?.dataset.run;

function told(does, body) {
  return guarded("run-problem", async () => {
    const found = await ask("POST", `/api/v1/runs/${encodeURIComponent(run)}/${does}`, body ?? {});
    if (found?.run && found.run.run_id !== run) {
      location.assign(`/runs/${found.run.run_id}`);
    } else {
      await refresh(undefined, true);
    }
  });
}

export async function tick(box) {
  const row = box.closest(".item");
  row.classList.toggle("is-done", box.checked);
  try {
    await ask("POST", `/api/v1/items/${encodeURIComponent(box.dataset.item)}`, { is_done: box.checked });
  } catch {
    box.checked = !box.checked;
    row.classList.toggle("is-done", box.checked);
  }
}

const actions = {
  pause: () => told("pause"),
  resume: () => told("resume"),
  cancel: () => told("cancel"),
  retry: (button) => told("retry", button.dataset.step ? { from_step: button.dataset.step } : {}),
  settle: (button) => guarded("run-problem", async () => {
    await ask("POST", `/api/v1/effects/${encodeURIComponent(button.dataset.effect)}/settle`, { state: button.dataset.state });
    await refresh(undefined, true);
  }),
  print() {
    for (const part of document.querySelectorAll("details.evidence")) {
      part.open = true;
    }
    print();
  },
  tick,
};

document.addEventListener("click", (event) => {
  const thing = event.target.closest("[data-act]");
  if (thing && Object.hasOwn(actions, thing.dataset.act)) {
    actions[thing.dataset.act](thing);
  }
});
