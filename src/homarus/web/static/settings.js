// Settings: search, change one value at a time, take changes back; devices and keys.
import { ask, guarded } from "./http.js";
import { refresh } from "./live.js";

const search = document.getElementById("search-settings");
const count = document.getElementById("search-count");

function sift() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const section of document.querySelectorAll(".setting-section")) {
    let inSection = 0;
    for (const row of section.querySelectorAll(".setting")) {
      row.hidden = !words.every((word) => row.dataset.find.includes(word));
      inSection += row.hidden ? 0 : 1;
    }
    section.hidden = inSection === 0;
    shown += inSection;
  }
  count.textContent = words.length ? String(shown) : "";
  const address = new URL(location.href);
  address.hash = words.length ? encodeURIComponent(search.value) : "";
  history.replaceState(null, "", address);
}

// A value is JSON where it can be read as such, otherwise the words as they are.
function typed(text, wasText) {
  if (text === "") {
    return wasText ? "" : null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function write(row, value) {
  const problem = row.querySelector("form .field-error");
  problem.hidden = true;
  try {
    await ask("PUT", `/api/v1/config/${encodeURIComponent(row.dataset.setting)}`, { value });
    row.querySelector("form").hidden = true;
    document.activeElement?.blur();
    await refresh(undefined, true);
    sift();
  } catch (error) {
    problem.textContent = error.sentence ?? error.message;
    problem.hidden = false;
  }
}

const actions = {
  edit(button) {
    const form = button.closest(".setting").querySelector("form");
    form.hidden = !form.hidden;
    if (!form.hidden) {
      form.elements.value.focus();
      form.elements.value.select?.();
    }
  },
  cancel: (button) => { button.closest("form").hidden = true; },
  reset: (button) => write(button.closest(".setting"), null),
  undo: () => guarded("undo-problem", async () => {
    await ask("POST", "/api/v1/config/undo", {});
    await refresh(undefined, true);
    sift();
  }),
  revoke: (button) => guarded("access-problem", async () => {
    await ask("DELETE", button.dataset.path);
    await refresh(undefined, true);
  }),
  async "copy-secret"(button) {
    await navigator.clipboard.writeText(document.querySelector("#made-key [data-part=secret]").textContent);
    button.disabled = true;
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button && Object.hasOwn(actions, button.dataset.act)) {
    actions[button.dataset.act](button);
  }
});

document.addEventListener("submit", (event) => {
  const row = event.target.closest(".setting");
  if (row) {
    event.preventDefault();
    const field = event.target.elements.value;
    write(row, field.matches("select") ? JSON.parse(field.value) : typed(field.value, false));
  }
  if (event.target.id === "add-key") {
    event.preventDefault();
    guarded("access-problem", async () => {
      const { name, scope } = event.target.elements;
      const made = await ask("POST", "/api/v1/keys", { name: name.value, scopes: [scope.value] });
      const box = document.getElementById("made-key");
      box.querySelector("[data-part=secret]").textContent = made.secret;
      box.hidden = false;
      event.target.reset();
      await refresh(undefined, true);
    });
  }
});

if (search) {
  search.addEventListener("input", sift);
  search.value = decodeURIComponent(location.hash.slice(1));
  sift();
}
