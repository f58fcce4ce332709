// Keep a page true: follow the log, and when something happened that a part of the page shows, bring that part anew.
import { follow } from "./stream.js";
import { ownPage } from "./trusted.js";

const SETTLE_MS = 150;
const QUIET = new Set(["step.finished", "session.frozen", "reply.sending", "reply.delivered"]);
const listeners = new Set();
let seq = Number(document.body.dataset.seq ?? 0);
let waiting = new Set();
let timer = 0;
let following = null;

export function onEvent(listener) {
  listeners.add(listener);
}

export function lastSeq() {
  return seq;
}

export function start() {
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()));
  wake();
}

function wake() {
  clearTimeout(timer);
  if (following) {
    return;
  }
  following = new AbortController();
  const ask = () => ({ path: `/api/v1/events?follow=1&after=${seq}` });
  follow({ first: ask(), again: ask, on: happened, onState: online, signal: following.signal }).catch(lost);
}

// A page in the background gives its connection back after a while; it takes up where it was.
function rest() {
  timer = setTimeout(() => {
    if (document.hidden) {
      following?.abort();
      following = null;
    }
  }, 20_000);
}

// Whoever is not let in any more gets the page that says so.
function lost(error) {
  online(false);
  if (error.status === 401) {
    location.reload();
  }
}

function online(isOnline) {
  document.body.classList.toggle("is-offline", !isOnline);
}

function happened(name, event) {
  if (name !== "event") {
    return;
  }
  seq = Math.max(seq, event.seq);
  for (const listener of listeners) {
    listener(event);
  }
  if (!QUIET.has(event.kind)) {
    waiting.add(event.kind);
    clearTimeout(happened.timer);
    happened.timer = setTimeout(refresh, SETTLE_MS);
  }
}

// A page that was painted before its servers were asked names the path of the whole one.
function wholePath() {
  return document.querySelector("[data-then]")?.dataset.then ?? location.pathname + location.search;
}

export async function refresh(path = wholePath(), isEverything = false) {
  const kinds = waiting;
  waiting = new Set();
  const parts = [...document.querySelectorAll("[data-live]")].filter((part) => isEverything || shows(part, kinds));
  if (!parts.length) {
    return;
  }
  let fresh;
  try {
    fresh = await ownPage(path);
  } catch {
    return;
  }
  document.title = fresh.title;
  for (const part of parts) {
    const next = fresh.getElementById(part.id);
    if (next && !isInUse(part)) {
      put(part, next);
    }
  }
}

function shows(part, kinds) {
  const wanted = part.dataset.live.split(" ");
  return wanted.includes("*") || wanted.some((kind) => kinds.has(kind));
}

// What a person is writing in, or has opened to read, stays as it is.
function isInUse(part) {
  const active = document.activeElement;
  const isWriting = part.contains(active) && active.matches("input, textarea, select");
  return isWriting || Boolean(part.querySelector("form:not([hidden]) .is-dirty"));
}

function put(part, next) {
  const keyed = [...next.children].every((child) => child.dataset.key);
  if (!keyed) {
    part.replaceChildren(...next.children);
    return;
  }
  const now = new Map([...part.children].map((child) => [child.dataset.key, child]));
  const rows = [...next.children].map((child) => {
    const old = now.get(child.dataset.key);
    const stays = old && (old.matches(".card") || old.contains(document.activeElement) || old.querySelector("details[open]"));
    return stays ? old : child;
  });
  part.replaceChildren(...rows);
}
