// What every page can do: keep itself true, change colours, answer questions, and the small actions of each page.
import { bindApprovals } from "./approvals.js";
import { ask, guarded } from "./http.js";
import { lastSeq, refresh, start } from "./live.js";
import { say } from "./words.js";

const YEAR_S = 31_536_000;
const THEMES = ["", "light", "dark"];

function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_S}; samesite=strict`;
}

const actions = {
  theme(button) {
    const root = document.documentElement;
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
    if (next) {
      root.dataset.theme = next;
    } else {
      delete root.dataset.theme;
    }
    remember("homarus-theme", next);
    button.title = say("pickedTheme", { name: say(next || "system") });
    button.setAttribute("aria-label", button.title);
  },
  async seen() {
    await ask("POST", "/api/v1/notices/take", { face: "web" });
    document.getElementById("notices").replaceChildren();
  },
  async use(button) {
    await guarded("use-problem", async () => {
      await ask("POST", "/api/v1/models/use", { model: button.dataset.model });
      await refresh(undefined, true);
    });
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  const act = button && Object.hasOwn(actions, button.dataset.act) ? actions[button.dataset.act] : null;
  act?.(button);
});

bindApprovals(document);
start();

const then = document.querySelector("[data-then]")?.dataset.then;
if (then) {
  refresh(then, true);
}
if (document.body.dataset.page === "home") {
  addEventListener("pagehide", () => remember("homarus-seen", String(lastSeq())));
}
