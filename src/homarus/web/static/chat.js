// The chat page: the thread that follows its end only while the reader is there, and what is sent into it.
import { Attachments } from "./attachments.js";
import { ask } from "./http.js";
import { onEvent } from "./live.js";
import { cloned, LiveTurn } from "./turn.js";
import { say } from "./words.js";

const session = document.body.dataset.session;
const thread = document.getElementById("thread");
const entries = document.getElementById("entries");
const form = document.getElementById("composer");
const words = document.getElementById("words");
const stop = document.getElementById("stop");
const toEnd = document.getElementById("to-end");
const problemBox = document.getElementById("problem");
const attached = new Attachments(form, problem);
const running = new Set();
const NEAR_PX = 48;
let isAtEnd = true;
let keptAt = 0;

// --- where the reader is ---

function keepEnd() {
  // The reader may have moved while the event that says so is still on its way.
  const last = Math.min(keptAt, thread.scrollHeight - thread.clientHeight);
  isAtEnd = isAtEnd && thread.scrollTop > last - NEAR_PX;
  if (isAtEnd) {
    thread.scrollTop = thread.scrollHeight;
    keptAt = thread.scrollTop;
  } else {
    toEnd.hidden = false;
  }
}

thread.addEventListener("scroll", () => {
  isAtEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR_PX;
  if (isAtEnd) {
    toEnd.hidden = true;
  }
}, { passive: true });
toEnd.addEventListener("click", () => {
  isAtEnd = true;
  keptAt = 0;
  keepEnd();
  toEnd.hidden = true;
});
new ResizeObserver(keepEnd).observe(thread);

// --- turns ---

function watch(article, request, onRefused) {
  const live = new LiveTurn(article, {
    keepEnd,
    onRefused: (error) => {
      running.delete(live);
      busy();
      (onRefused ?? ((refused) => problem(refused.sentence ?? refused.message)))(error);
    },
    onEnded: () => {
      running.delete(live);
      dress(live.article);
      busy();
    },
  });
  running.add(live);
  busy();
  live.run(request);
  return live;
}

function busy() {
  stop.hidden = running.size === 0;
}

function begin(text, request, onRefused) {
  document.getElementById("hello")?.remove();
  const question = cloned("live-user");
  question.querySelector(".words").textContent = text;
  question.querySelector(".words").hidden = !text;
  question.querySelector(".chips").append(...attached.shown());
  const article = cloned("live-turn");
  entries.append(question, article);
  isAtEnd = true;
  keptAt = 0;
  keepEnd();
  const live = watch(article, request, (error) => {
    question.remove();
    onRefused(error);
  });
  live.say(say("sending"));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = words.value.trim();
  if (!text && attached.isEmpty) {
    words.focus();
    return;
  }
  problemBox.hidden = true;
  const files = attached.taken();
  const request = { text, session, channel: "web", external_id: crypto.randomUUID(), attachments: files };
  begin(text, request, (error) => {
    problem(error.sentence ?? error.message);
    words.value = words.value || text;
    words.focus();
  });
  attached.clear();
  words.value = "";
});

words.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

document.addEventListener("keydown", (event) => {
  const isElsewhere = event.target.closest?.(".card, [type=search], select");
  if (event.key === "Escape" && running.size && !isElsewhere) {
    [...running].at(-1).stop();
  }
});

function problem(sentence) {
  problemBox.querySelector("div").textContent = sentence;
  problemBox.hidden = false;
}

async function retry(article) {
  problemBox.hidden = true;
  try {
    const { turn_id: turn } = await ask("POST", `/api/v1/turns/${article.dataset.turn}/retry`, {});
    const question = entries.querySelector(`[data-asked="${CSS.escape(article.dataset.turn)}"]`);
    document.getElementById("hello")?.remove();
    adopt(turn, question?.querySelector(".words")?.textContent ?? "");
    isAtEnd = true;
    keptAt = 0;
    keepEnd();
  } catch (error) {
    problem(error.sentence ?? error.message);
  }
}

// Show a turn that was begun elsewhere, or again; once.
function adopt(turn, text) {
  if (entries.querySelector(`[data-turn="${CSS.escape(turn)}"]`)) {
    return;
  }
  const question = cloned("live-user");
  question.dataset.asked = turn;
  question.querySelector(".words").textContent = text;
  const article = cloned("live-turn");
  article.dataset.turn = turn;
  entries.append(question, article);
  keepEnd();
  watch(article);
}

// --- what finished replies can do ---

function dress(root) {
  for (const pre of root.querySelectorAll(".prose pre")) {
    if (!pre.parentElement.matches(".code")) {
      const box = document.createElement("div");
      box.className = "code";
      pre.replaceWith(box);
      box.append(pre);
    }
    pre.tabIndex = 0;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "bare copy";
    copy.dataset.act = "copy-code";
    copy.textContent = say("copy");
    pre.parentElement.append(copy);
  }
  keepEnd();
}

async function copied(button, text) {
  await navigator.clipboard.writeText(text);
  button.textContent = say("copied");
  setTimeout(() => { button.textContent = say("copy"); }, 1500);
}

function turnOf(element) {
  return element.closest("[data-turn]");
}

const actions = {
  why(button) {
    const box = button.closest(".foot").querySelector(".why");
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    keepEnd();
  },
  retry(button) {
    const article = turnOf(button);
    if (article.dataset.repeats === "0") {
      retry(article);
      return;
    }
    const box = article.querySelector("[data-part=repeats]");
    box.hidden = false;
    box.querySelector("button").focus();
  },
  "retry-anyway": (button) => { button.closest("[data-part=repeats]").hidden = true; retry(turnOf(button)); },
  "retry-not": (button) => { button.closest("[data-part=repeats]").hidden = true; },
  "copy-reply": (button) => copied(button, turnOf(button).querySelector("[data-part=source]").content.textContent),
  "copy-code": (button) => copied(button, button.parentElement.querySelector("pre").textContent),
  stop: (button) => [...running].find((live) => live.article === button.closest("article"))?.stop(),
  "stop-last": () => [...running].at(-1)?.stop(),
  sessions: () => document.querySelector(".chat").classList.toggle("shows-sessions"),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act], [data-start]");
  if (button?.dataset.start) {
    words.value = button.dataset.start;
    attached.clear();
    if (button.dataset.attach) {
      attached.keepText("notes.txt", button.dataset.attach);
    }
    words.focus();
  } else if (button && Object.hasOwn(actions, button.dataset.act)) {
    actions[button.dataset.act](button);
  }
});

document.getElementById("model").addEventListener("change", async (event) => {
  problemBox.hidden = true;
  try {
    await ask("POST", "/api/v1/models/use", { model: event.target.value || null, session });
  } catch (error) {
    problem(error.sentence ?? error.message);
  }
});

// --- what happens elsewhere ---

onEvent((event) => {
  if (event.session !== session) {
    return;
  }
  if (event.kind === "reminder.fired") {
    const line = cloned("live-reminder");
    line.querySelector("span").textContent = say("reminder", { text: event.body.text });
    entries.append(line);
    keepEnd();
    seen();
  }
  // A message of this page is about to be known by its own stream; what is still unknown then came from elsewhere.
  if (event.kind === "inbound.accepted") {
    setTimeout(() => adopt(event.turn, event.body.inbound.text), 400);
  }
});

// What came due in this conversation is shown in it. While others are shown above, only a person says that they are seen.
function seen() {
  if (!document.getElementById("notices").childElementCount) {
    ask("POST", "/api/v1/notices/take", { face: "web" }).catch(() => {});
  }
}

// --- begin ---

if (document.body.dataset.seen === "1") {
  seen();
}
if (!CSS.supports("field-sizing", "content")) {
  words.addEventListener("input", () => {
    words.style.height = "auto";
    words.style.height = `${words.scrollHeight}px`;
  });
}

for (const article of entries.querySelectorAll("[data-running]")) {
  watch(article);
}
for (const article of entries.querySelectorAll("article.reply:not([data-running])")) {
  dress(article);
}
const named = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
if (named) {
  isAtEnd = false;
  named.scrollIntoView({ block: "start" });
} else {
  keepEnd();
}
