// What the scripts say: the sentences come translated with the page.
const words = JSON.parse(document.querySelector("meta[name=homarus-words]")?.content ?? "{}");

export function say(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
