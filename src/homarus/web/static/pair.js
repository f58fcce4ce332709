// Send the one-time code that stands behind # once, and take it out of the address before anything else.
const line = document.getElementById("pairing");
const code = location.hash.slice(1);
history.replaceState(null, "", "/pair");

function browserName() {
  const agent = navigator.userAgent;
  const browser = ["Firefox", "Edg", "OPR", "Chrome", "Safari"].find((name) => agent.includes(name)) ?? "Browser";
  const system = ["Windows", "Android", "iPhone", "iPad", "Mac", "Linux"].find((name) => agent.includes(name)) ?? "";
  const names = { Edg: "Edge", OPR: "Opera" };
  return `${names[browser] ?? browser} ${system}`.trim();
}

async function claim() {
  if (!code) {
    return line.dataset.failed;
  }
  const answer = await fetch("/pair/claim", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code, name: browserName() }),
  });
  if (answer.ok) {
    const { opens } = await answer.json();
    location.replace(opens === "/setup" ? "/setup" : "/chat");
    return line.dataset.paired;
  }
  const { error } = await answer.json();
  return `${error.message} ${error.hint}`;
}

const said = await claim().catch(() => line.dataset.failed);
line.textContent = said;
document.getElementById("how").hidden = said === line.dataset.paired;
