"""Tools in every protocol through a whole gateway: what the person sees, and what really happened."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from faults.conftest import model_server
from faults.living import Living
from homarus.domain.content import Json, JsonObject
from homarus.testing.quirks import Turn, say
from homarus.testing.quirks.turns import Asked, Call, Script

Talking = Callable[..., Living]


@pytest.fixture
def talking(home: Path) -> Generator[Talking]:
    """Start a gateway whose model is asked for tools in a way of its own."""
    with ExitStack() as stack:

        def start(script: Script, *, protocol: str = "", quirks: tuple[str, ...] = ()) -> Living:
            server = stack.enter_context(model_server(script, quirks))
            model: JsonObject = {"id": "m", "contextWindow": 32000, "compat": {"toolProtocol": protocol}}
            provider: Json = {"baseUrl": f"{server.url}/v1", "api": "openai-completions", "models": [model]}
            further: JsonObject = {"models": {"mode": "replace", "providers": {"quirk": provider}}}
            living = Living(home, model_url=server.url, further=further)
            stack.callback(living.stop)
            living.start()
            return living

        yield start


def notes(home: Path) -> str:
    return "".join(file.read_text() for file in (home / "workspace" / "memory").glob("*.md"))


def receipts(reply: JsonObject) -> list[str]:
    return [str(receipt["tool"]) for receipt in cast("list[JsonObject]", reply["receipts"])]


def as_asked(text: str, held: str) -> Callable[[Asked], Turn]:
    """A model without tools of its own, which follows what its prompt says."""

    def script(asked: Asked) -> Turn:
        assert not asked.tools
        has_result = "[Result of memory.save]" in asked.messages[-1].text
        return say(text) if has_result else say(held)

    return script


def test_a_model_that_is_asked_in_words_acts(talking: Talking, home: Path) -> None:
    written = '<tool_call>{"name": "memory.save", "arguments": {"text": "the key is blue"}}</tool_call>'
    living = talking(as_asked("I have saved it in your notes.", written), protocol="text")

    reply = living.reply(living.send("Note that the key is blue."))

    assert reply["text"] == "I have saved it in your notes."
    assert receipts(reply) == ["memory.save"]
    assert reply["notices"] == []
    assert "the key is blue" in notes(home)


def test_a_model_that_is_held_by_a_schema_acts_and_its_json_is_never_shown(talking: Talking, home: Path) -> None:
    held = '{"tool": "memory.save", "arguments": {"text": "the key is blue"}}'
    living = talking(as_asked('{"say": "It is \\"blue\\".\\nGood."}', held), protocol="constrained")

    reply = living.reply(living.send("Note that the key is blue."))

    assert reply["text"] == 'It is "blue".\nGood.'
    assert receipts(reply) == ["memory.save"]
    assert "the key is blue" in notes(home)


@pytest.mark.parametrize("protocol", ["", "constrained"])
def test_a_server_that_refuses_tools_is_asked_in_words_in_the_same_turn(
    talking: Talking, home: Path, protocol: str
) -> None:
    def script(asked: Asked) -> Turn:
        if "[Result of memory.save]" in asked.messages[-1].text:
            return say("It is there.")
        return say('<tool_call>{"name": "memory_save", "arguments": {"text": "the key is blue"}}</tool_call>')

    living = talking(script, protocol=protocol, quirks=("tools_refused", "formats_refused"))

    reply = living.reply(living.send("Note that the key is blue."))

    assert reply["text"] == "It is there."
    assert "the key is blue" in notes(home)
    assert any("in words" in notice for notice in cast("list[str]", reply["notices"]))


def test_a_claim_that_no_tool_backs_is_marked_for_the_person(talking: Talking, home: Path) -> None:
    living = talking([say("I have saved the note.")])

    reply = living.reply(living.send("Note that the key is blue."))

    assert any("Not done" in notice for notice in cast("list[str]", reply["notices"]))
    assert notes(home) == ""


def test_a_call_that_is_almost_right_is_mended_and_done(talking: Talking, home: Path) -> None:
    broken = Call(name="Memory_Save", raw='{"text": "the key is blue",')
    mended = Call(name="Memory_Save", raw="{'text': 'the key is blue',}")
    living = talking([Turn(calls=(broken,)), Turn(calls=(mended,)), say("It is there.")])

    reply = living.reply(living.send("Note that the key is blue."))

    assert [one["outcome"] for one in cast("list[JsonObject]", reply["receipts"])] == ["failed", "done"]
    assert "the key is blue" in notes(home)
