// Channels: set one up, ask it how it is, let people in and go.
import { ask, guarded } from "./http.js";
import { refresh } from "./live.js";

const path = (name, more = "") => `/api/v1/channels/${encodeURIComponent(name)}${more}`;

const actions = {
  test: (button) => guarded("channels-problem", async () => {
    button.disabled = true;
    try {
      const found = await ask("POST", path(button.dataset.channel, "/test"), {});
      const line = button.closest("li").querySelector("[data-part=tried]");
      line.textContent = [found.sentence, found.hint].filter(Boolean).join(" ");
      line.className = `small ${found.is_well ? "fine" : "failed"}`;
    } finally {
      button.disabled = false;
    }
  }),
  off: (button) => guarded("channels-problem", async () => {
    await ask("DELETE", path(button.dataset.channel));
    location.reload();
  }),
  forget: (button) => guarded("channels-problem", async () => {
    await ask("DELETE", path(button.dataset.channel, `/people/${encodeURIComponent(button.dataset.sender)}`));
    await refresh(undefined, true);
    location.reload();
  }),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button && Object.hasOwn(actions, button.dataset.act)) {
    actions[button.dataset.act](button);
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "pair") {
    event.preventDefault();
    guarded("pair-problem", async () => {
      const { channel, code, who } = form.elements;
      await ask("POST", path(channel.value, "/pair"), { code: code.value.trim(), ...(who.value ? { who: who.value } : {}) });
      location.reload();
    });
  } else if (form.matches(".channel-form")) {
    event.preventDefault();
    guarded(`problem-${form.dataset.channel}`, async () => {
      const settings = Object.fromEntries([...form.querySelectorAll("input")].map((input) => [input.name, input.value.trim()]));
      await ask("PUT", path(form.dataset.channel), { settings });
      location.reload();
    });
  }
});
