// Texts and pictures that go along with the next message: chosen, pasted or dropped.
import { cloned } from "./turn.js";
import { say } from "./words.js";

const PICTURES = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);
const LARGEST = 8_000_000;
const LONG_LETTERS = 600;
const LONG_LINES = 4;

export class Attachments {
  constructor(form, complain) {
    this.place = form.querySelector("#attached");
    this.input = form.querySelector("#files");
    this.words = form.querySelector("textarea");
    this.complain = complain;
    this.items = [];
    this.input.addEventListener("change", () => this.add(this.input.files));
    form.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text/plain");
      if (event.clipboardData.files.length) {
        event.preventDefault();
        this.add(event.clipboardData.files, say("pasted"));
      } else if (text.length > LONG_LETTERS || text.split("\n").length >= LONG_LINES) {
        // Long pasted text is seldom the owner's own words: it goes along, and one click makes it part of the message.
        event.preventDefault();
        this.keepText(say("pastedText"), text);
      }
    });
    form.addEventListener("dragover", (event) => event.preventDefault());
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
    form.addEventListener("click", (event) => {
      if (event.target.closest("[data-act=attach]")) {
        this.input.click();
      }
    });
  }

  get isEmpty() {
    return this.items.length === 0;
  }

  keepText(name, text) {
    this.keep({ name, media_type: "text/plain", text });
  }

  keep(item) {
    item.chip = this.chip(item);
    this.items.push(item);
  }

  async add(files, name) {
    for (const file of [...files]) {
      const item = await this.read(file, name ?? file.name);
      if (item) {
        this.keep(item);
      }
    }
    this.input.value = "";
  }

  async read(file, name) {
    if (file.size > LARGEST) {
      this.complain(say("tooLarge", { name, limit: `${LARGEST / 1_000_000} MB` }));
      return null;
    }
    if (PICTURES.has(file.type)) {
      return { name, media_type: file.type, data_b64: await base64(file) };
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      return { name, media_type: file.type || "text/plain", text };
    } catch {
      this.complain(say("notReadable", { name }));
      return null;
    }
  }

  chip(item) {
    const chip = cloned("live-chip");
    chip.querySelector("span").textContent = item.name;
    const remove = chip.querySelector("[data-part=remove]");
    remove.setAttribute("aria-label", `${say("remove")} ${item.name}`);
    remove.addEventListener("click", () => this.drop(item));
    const inline = chip.querySelector("[data-part=inline]");
    inline.hidden = item.text === undefined;
    inline.addEventListener("click", () => {
      this.words.setRangeText(item.text, this.words.selectionStart, this.words.selectionEnd, "end");
      this.drop(item);
      this.words.focus();
    });
    this.place.append(chip);
    return chip;
  }

  drop(item) {
    this.items = this.items.filter((other) => other !== item);
    item.chip.remove();
  }

  // What the thread shows of them.
  shown() {
    return this.items.map(({ chip }) => {
      const copy = chip.cloneNode(true);
      copy.querySelectorAll("button").forEach((button) => button.remove());
      return copy;
    });
  }

  // What goes over the wire.
  taken() {
    return this.items.map(({ chip, ...sent }) => sent);
  }

  clear() {
    this.items = [];
    this.place.replaceChildren();
  }
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
