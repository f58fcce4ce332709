// One turn while it goes on: what is said, thought, done and asked, put where it belongs as it comes.
import { ask, Problem } from "./http.js";
import { Prose } from "./markdown.js";
import { follow } from "./stream.js";
import { ownPiece } from "./trusted.js";
import { say } from "./words.js";

const OUTCOMES = { done: "fine", failed: "failed", refused: "attention", unknown: "attention" };

const SETTLE_MS = 500;

export function cloned(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

export class LiveTurn {
  constructor(article, { keepEnd, onEnded, onRefused = () => {} }) {
    this.article = article;
    this.id = article.dataset.turn ?? "";
    this.keepEnd = keepEnd;
    this.onEnded = onEnded;
    this.onRefused = onRefused;
    this.prose = new Prose(this.part("said"));
    this.ending = new AbortController();
    this.frame = 0;
  }

  part(name) {
    return this.article.querySelector(`[data-part="${name}"]`);
  }

  // Send a message, or (without one) watch a turn that exists already.
  async run(request) {
    const watching = () => (this.id ? { path: `/api/v1/turns/${this.id}/events` } : null);
    const first = request ? { path: "/api/v1/turns", method: "POST", body: JSON.stringify(request) } : watching();
    try {
      await follow({
        first,
        again: watching,
        on: (event, data) => this.take(event, data),
        onState: (isOpen) => this.phase(isOpen ? this.lastPhase ?? say("accepted") : say("lost")),
        signal: this.ending.signal,
      });
    } catch (error) {
      if (!this.ending.signal.aborted) {
        this.article.remove();
        this.onRefused(error);
      }
    }
  }

  take(event, data) {
    const moment = this[`on_${event}`];
    moment?.call(this, data);
    if (event !== "ended") {
      this.keepEnd();
    }
    return event === "ended";
  }

  on_accepted({ turn_id: id }) {
    this.id = id;
    this.article.dataset.turn = id;
    this.part("notices").replaceChildren();
    this.part("acts").replaceChildren();
    const ahead = this.ahead();
    this.say(ahead ? say("queued", { total: ahead }) : say("accepted"));
  }

  // How many turns of this conversation come first: they are answered one after the other.
  ahead() {
    const running = [...this.article.parentElement.querySelectorAll("[data-running]")];
    return running.indexOf(this.article);
  }

  on_waiting({ phase, detail, done, total, is_estimated: isEstimated }) {
    this.say(phaseWords(phase, detail, done, total, isEstimated));
  }

  on_routed({ route }) {
    this.who = `${route.model.provider}/${route.model.model_id}, ${route.place}`;
    this.say(`${say("thinking")}, ${this.who}`);
  }

  on_said({ text }) {
    if (!this.prose.text) {
      this.say(this.who ? `${say("writing")}, ${this.who}` : say("writing"));
    }
    this.prose.add(text);
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.prose.paint();
      this.keepEnd();
    });
  }

  on_thought({ text }) {
    const fold = this.part("reasoning");
    fold.hidden = false;
    fold.querySelector(".thoughts").append(text);
    this.say(say("thinking"));
  }

  on_retracted({ because }) {
    this.prose.clear();
    this.part("reasoning").querySelector(".thoughts").replaceChildren();
    if (because) {
      this.on_noticed({ text: because });
    }
  }

  on_acted({ receipt }) {
    const row = cloned("live-act");
    row.querySelector(".tool").textContent = receipt.tool;
    row.querySelector(".what").textContent = receipt.summary;
    const outcome = row.querySelector(".outcome");
    outcome.textContent = say(receipt.outcome);
    outcome.classList.add(OUTCOMES[receipt.outcome] ?? "muted");
    row.querySelector("[data-part=summary]").textContent = receipt.summary;
    row.querySelector("[data-part=arguments]").textContent = JSON.stringify(receipt.arguments, null, 2);
    row.dataset.key = receipt.call_id;
    this.part("acts").querySelector(`[data-key="${CSS.escape(receipt.call_id)}"]`)?.remove();
    this.part("acts").append(row);
    this.part("asked").replaceChildren();
  }

  async on_asked({ approval }) {
    const place = this.part("asked");
    if (place.querySelector(`[data-approval="${CSS.escape(approval.approval_id)}"]`)) {
      return;
    }
    try {
      const card = await ownPiece(`/approvals/${encodeURIComponent(approval.approval_id)}/card`);
      place.replaceChildren(...(card ? [card] : []));
      settle(card);
      this.keepEnd();
    } catch (error) {
      this.say(error.sentence ?? say("unreachable"));
    }
  }

  on_noticed({ text }) {
    const line = cloned("live-notice");
    line.querySelector("span").textContent = text;
    this.part("notices").append(line);
  }

  async on_ended() {
    cancelAnimationFrame(this.frame);
    const isOpen = this.part("reasoning").open;
    let written;
    try {
      written = await ownPiece(`/chat/turn/${encodeURIComponent(this.id)}`);
    } catch (error) {
      this.say(error.sentence ?? say("unreachable"));
      this.onEnded(this);
      return;
    }
    const reasoning = written.querySelector("[data-part=reasoning]");
    if (reasoning && isOpen) {
      reasoning.open = true;
    }
    this.article.replaceWith(written);
    this.article = written;
    this.keepEnd();
    this.onEnded(this);
  }

  say(sentence) {
    this.lastPhase = sentence;
    this.phase(sentence);
  }

  phase(sentence) {
    const line = this.part("phase");
    if (line) {
      line.textContent = sentence;
    }
  }

  async stop() {
    this.say(say("stopping"));
    if (!this.id) {
      return;
    }
    try {
      await ask("POST", `/api/v1/turns/${this.id}/stop`, {});
    } catch (error) {
      this.say(error instanceof Problem ? error.sentence : say("unreachable"));
    }
  }
}

// A click that was meant for what stood here a moment ago must not answer a question.
function settle(card) {
  const buttons = card?.querySelectorAll("[data-decide]") ?? [];
  for (const button of buttons) {
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, SETTLE_MS);
  }
}

export function phaseWords(phase, detail, done, total, isEstimated = false) {
  if (phase === "queued") {
    if (total < 1) {
      return say("queuedNext");
    }
    return say(detail ? "queuedWait" : "queued", { total, detail });
  }
  if (phase === "reading") {
    if (detail === "compaction") {
      return say("readingCompaction");
    }
    const count = total >= 1000 ? `${(total / 1000).toFixed(1)}k` : total;
    if (!total) {
      return say("readingPlain");
    }
    if (isEstimated && !done) {
      return say("readingSome", { total: count });
    }
    const percent = Math.round((100 * done) / total);
    return say(isEstimated ? "readingAbout" : "reading", { total: count, percent });
  }
  return say(phase, { detail });
}
