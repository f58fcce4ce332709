// Show markdown while it streams: blocks and a few inline marks, made of elements and text, never of markup. When the
// reply is written, the server's rendering takes its place.

const FENCE = /^\s{0,3}(```|~~~)/;
const ITEM = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const HEAD = /^\s{0,3}(#{1,6})\s+(.*)$/;
const ROW = /^\s*\|/;
const RULE = /^[\s|:-]+$/;
const INLINE = /(`+)([^`]+)\1|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*/g;

export class Prose {
  constructor(root) {
    this.root = root;
    this.clear();
  }

  clear() {
    this.text = "";
    this.settled = 0;
    this.tail = [];
    this.root.replaceChildren();
  }

  add(text) {
    this.text += text;
  }

  // Whole blocks are made once; only what may still change is made again.
  paint() {
    const end = settledUpto(this.text, this.settled);
    for (const node of this.tail) {
      node.remove();
    }
    if (end > this.settled) {
      this.root.append(...blocks(this.text.slice(this.settled, end)));
      this.settled = end;
    }
    this.tail = blocks(this.text.slice(this.settled));
    this.root.append(...this.tail);
  }
}

function settledUpto(text, from) {
  let end = from;
  let isFenced = false;
  let at = from;
  for (const line of text.slice(from).split(/(?<=\n)/)) {
    at += line.length;
    if (FENCE.test(line)) {
      isFenced = !isFenced;
    }
    if (!isFenced && line === "\n") {
      end = at;
    }
  }
  return end;
}

function blocks(text) {
  const lines = text.split("\n");
  const made = [];
  while (lines.length) {
    const line = lines[0];
    if (!line.trim()) {
      lines.shift();
    } else if (FENCE.test(line)) {
      made.push(fenced(lines));
    } else if (HEAD.test(line)) {
      const [, marks, words] = HEAD.exec(lines.shift());
      made.push(inline(document.createElement(`h${Math.min(marks.length, 4)}`), words));
    } else if (ITEM.test(line)) {
      made.push(list(lines));
    } else if (ROW.test(line)) {
      made.push(table(lines));
    } else {
      made.push(paragraph(lines));
    }
  }
  return made;
}

function fenced(lines) {
  const mark = FENCE.exec(lines.shift())[1];
  const body = [];
  while (lines.length) {
    const line = lines.shift();
    if (line.trim().startsWith(mark)) {
      break;
    }
    body.push(line);
  }
  const box = document.createElement("div");
  box.className = "code";
  const pre = document.createElement("pre");
  const code = document.createElement("code");
  code.textContent = body.join("\n");
  pre.append(code);
  box.append(pre);
  return box;
}

function list(lines) {
  const made = document.createElement(ITEM.exec(lines[0])[1] ? "ol" : "ul");
  while (lines.length && lines[0].trim()) {
    const item = ITEM.exec(lines[0]);
    const words = lines.shift();
    if (item || !made.lastChild) {
      made.append(inline(document.createElement("li"), item ? item[2] : words));
    } else {
      inline(made.lastChild, ` ${words.trim()}`);
    }
  }
  return made;
}

function table(lines) {
  const made = document.createElement("table");
  while (lines.length && ROW.test(lines[0])) {
    const line = lines.shift();
    if (RULE.test(line)) {
      continue;
    }
    const row = made.insertRow();
    for (const cell of line.trim().replace(/^\||\|$/g, "").split("|")) {
      inline(row.appendChild(document.createElement(made.rows.length === 1 ? "th" : "td")), cell.trim());
    }
  }
  return made;
}

function paragraph(lines) {
  const said = [];
  while (lines.length && lines[0].trim() && !FENCE.test(lines[0]) && !HEAD.test(lines[0]) && !(said.length && ITEM.test(lines[0]))) {
    said.push(lines.shift());
  }
  return inline(document.createElement("p"), said.join("\n"));
}

function inline(element, text) {
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    element.append(text.slice(at, found.index), marked(found));
    at = found.index + found[0].length;
  }
  element.append(text.slice(at));
  return element;
}

function marked([, , code, strong, stressed]) {
  const element = document.createElement(code !== undefined ? "code" : strong !== undefined ? "strong" : "em");
  element.textContent = code ?? strong ?? stressed;
  return element;
}
