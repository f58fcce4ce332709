// The one place where text becomes elements. Only answers of our own gateway, asked for by path, get here: the server
// escapes everything in them and cleans what models wrote.
import { problemOf } from "./http.js";

const policy = globalThis.trustedTypes
  ? trustedTypes.createPolicy("homarus", { createHTML: (text) => text })
  : { createHTML: (text) => text };

export async function ownPage(path) {
  const address = new URL(path, location.origin);
  if (address.origin !== location.origin) {
    throw new Error("not ours");
  }
  const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "error" });
  if (!answer.ok) {
    throw await problemOf(answer);
  }
  return new DOMParser().parseFromString(policy.createHTML(await answer.text()), "text/html");
}

// Nothing when there is nothing to show.
export async function ownPiece(path) {
  const piece = (await ownPage(path)).body.firstElementChild;
  return piece && document.adoptNode(piece);
}
