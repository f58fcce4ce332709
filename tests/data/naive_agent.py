"""A naive agent: it sends what it is told, prints what comes back, and knows nothing of tools, limits or fallbacks."""

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

HOME = Path(sys.argv[1])


def main() -> None:
    config = json.loads((HOME / "naive.json").read_text())
    past = HOME / f"{sys.argv[2]}.json"
    messages: list[dict[str, Any]] = json.loads(past.read_text()) if past.exists() else []
    messages.append({"role": "user", "content": sys.argv[3]})
    tool = {"type": "function", "function": {"name": "write", "parameters": {"type": "object"}}}
    while True:
        body = {"model": config["model"], "messages": messages, "tools": [tool]}
        request = urllib.request.Request(
            f"{config['url']}/chat/completions",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {config['key']}"},
        )
        with urllib.request.urlopen(request) as response:
            message = json.load(response)["choices"][0]["message"]
        messages.append(message)
        for call in message.get("tool_calls") or ():
            arguments = json.loads(call["function"]["arguments"])
            (HOME / arguments["file"]).write_text(arguments["content"])
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "written"})
        if not message.get("tool_calls"):
            break
    past.write_text(json.dumps(messages))
    sys.stdout.write(message["content"] or "")


main()
