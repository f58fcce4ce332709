// Cards of questions: the buttons and the keys A, S, D of the card that has the focus.
import { ask } from "./http.js";

const KEYS = { a: "once", s: "session", d: "deny" };

export function bindApprovals(root) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-decide]");
    if (button) {
      chosen(button.closest(".card"), button.dataset.decide);
    }
  });
  root.addEventListener("keydown", (event) => {
    const card = event.target.closest?.(".card");
    const decision = KEYS[event.key];
    if (card && decision && !event.target.matches("input") && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      chosen(card, decision);
    }
  });
  root.addEventListener("submit", (event) => {
    if (event.target.matches("form.reason")) {
      event.preventDefault();
      decide(event.target.closest(".card"), "deny", event.target.elements.reason.value);
    }
  });
  if (document.body.dataset.page === "approvals") {
    document.querySelector(".card")?.focus({ preventScroll: true });
  }
}

function chosen(card, decision) {
  if (decision !== "deny") {
    decide(card, decision, "");
    return;
  }
  const form = card.querySelector("form.reason");
  form.hidden = false;
  form.elements.reason.focus();
}

async function decide(card, decision, reason) {
  const problem = card.querySelector(".field-error");
  const buttons = card.querySelectorAll("button");
  problem.hidden = true;
  for (const button of buttons) {
    button.disabled = true;
  }
  try {
    await ask("POST", `/api/v1/approvals/${card.dataset.approval}`, {
      decision,
      fingerprint: card.dataset.fingerprint,
      reason,
    });
    const next = card.nextElementSibling;
    card.remove();
    next?.matches(".card") && next.focus();
  } catch (error) {
    problem.textContent = error.sentence ?? error.message;
    problem.hidden = false;
    for (const button of buttons) {
      button.disabled = false;
    }
  }
}
