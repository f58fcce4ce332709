"""Fifty turns through a real gateway: each request begins with the bytes of the one before, a summary apart."""

import json
import re
from pathlib import Path

from faults.conftest import model_server
from faults.living import Living
from homarus.testing.quirks import Turn, call, say
from homarus.testing.quirks.received import Received
from homarus.testing.quirks.turns import Asked

TURNS = 50
RESTART_AT, COMPACT_AT, OTHER_FACE_AT = 17, 31, 40


def script(asked: Asked) -> Turn:
    if asked.messages[0].text.startswith("Summarise"):
        return say("They counted from one on, and saved every seventh number.")
    if asked.tool_result is not None:
        return say("It is the right number.")
    found = re.search(r"Number (\d+)", asked.last_user)
    number = int(found[1]) if found else 0
    if number % 7 == 3:
        return call("files.read", {"path": "list.md"})
    if number % 7 == 5:
        return call("memory.search", {"query": "number"})
    if number % 11 == 4:
        return call("files.list", {})
    return say(f"Number {number}, thank you.")


def beginning(request: Received) -> bytes:
    """Return a request's bytes up to the end of its last message."""
    end = request.body.rindex(b'],"stream"')
    return request.body[:end]


def is_summary(request: Received) -> bool:
    """Whether it is no turn: a summary, or the house having the beginning read ahead."""
    return b"Summarise the conversation" in request.body or b'"max_tokens":1,' in request.body + b","


def system_of(request: Received) -> object:
    messages = json.loads(request.body)["messages"]
    return messages[0]


def test_every_request_begins_with_the_one_before_and_breaks_once(home: Path) -> None:
    with model_server(script) as server:
        living = Living(home, model_url=server.url)
        (home / "workspace").mkdir(exist_ok=True)
        (home / "workspace" / "list.md").write_text("- one\n- two\n")
        living.start()
        try:
            for number in range(TURNS):
                if number == RESTART_AT:
                    living.restart()
                if number == COMPACT_AT:
                    living.reply(living.send("/compact"))
                living.reply(living.send(f"Number {number} it is.", channel="web" if number % 2 else "cli"))
            prompts = [request for request in server.prompts if not is_summary(request)]
            living.reply(living.send("Number 1 again.", session="agent:main:other"))
            elsewhere = server.prompts[-1]
        finally:
            living.stop()
    breaks = [
        place for place in range(1, len(prompts)) if not prompts[place].body.startswith(beginning(prompts[place - 1]))
    ]
    assert len(prompts) > TURNS
    assert len(breaks) == 1, breaks
    before = prompts[breaks[0] - 1]
    assert system_of(prompts[breaks[0]]) == system_of(before) == system_of(elsewhere)
    tools = before.body[: before.body.index(b'"messages"')]
    assert all(request.body.startswith(tools) for request in [*prompts, elsewhere])
