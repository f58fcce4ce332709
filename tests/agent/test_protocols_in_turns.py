"""Whole turns in each tool protocol, and a server that refuses tools in the middle of one."""

import json

import pytest
from agent_stage import BIG, FakeProfile, Stage, Step, calls, says, tool

from homarus.domain import codec
from homarus.domain.content import Json, Role
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.turns import Said

pytestmark = pytest.mark.anyio


def written(protocol: str) -> list[Step]:
    if protocol == "native":
        return calls("memory.save", {"text": "a"})
    if protocol == "text":
        return says(*'One moment.\n<tool_call>{"name": "memory.save", "arguments": {"text": "a"}}</tool_call>')
    return says(*json.dumps({"tool": "memory.save", "arguments": {"text": "a"}}))


def spoken(protocol: str, words: str) -> list[Step]:
    return says(*(json.dumps({"say": words}) if protocol == "constrained" else words))


@pytest.mark.parametrize("protocol", ["native", "text", "constrained"])
async def test_a_turn_with_a_tool_is_the_same_in_every_protocol(stage: Stage, protocol: str) -> None:
    stage.models.profiles[BIG] = FakeProfile(tool_protocol=protocol)
    made = tool("memory.save", text="Noted in memory.md")
    stage.has(made)
    stage.plays(written(protocol), spoken(protocol, 'It is "there".\nAll of it.'))
    reply = await stage.hears("Note a")
    assert reply.text == stage.said == 'It is "there".\nAll of it.'
    assert len(made.effects) == 1
    assert "Noted in memory.md" in stage.models.requests[1].messages[-1].text
    assert not any("{" in moment.text for moment in stage.moments if isinstance(moment, Said))


@pytest.mark.parametrize("protocol", ["native", "text", "constrained"])
async def test_the_beginning_of_every_request_is_the_one_before(stage: Stage, protocol: str) -> None:
    stage.models.profiles[BIG] = FakeProfile(tool_protocol=protocol, window_tokens=100_000)
    stage.has(tool("memory.save"), tool("web.fetch"))
    before: list[Json] = []
    for number in range(12):
        if number % 3 == 1:
            stage.plays(written(protocol))
        stage.plays(spoken(protocol, f"Answer {number}."))
        await stage.hears(f"Question {number}")
        for request in stage.models.requests:
            now: list[Json] = [codec.dump(message) for message in request.messages]
            assert now[: len(before)] == before
            before = now
        stage.models.requests.clear()


async def test_a_grammar_that_failed_open_costs_nothing(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(tool_protocol="constrained")
    made = tool("memory.save")
    stage.has(made)
    stage.plays(written("text"), says("It is there."))
    reply = await stage.hears("Note a")
    assert reply.text == stage.said == "It is there."
    assert len(made.effects) == 1


@pytest.mark.parametrize("protocol", ["native", "constrained"])
async def test_a_server_without_tools_is_asked_in_words_for_the_rest_of_the_session(
    stage: Stage, protocol: str
) -> None:
    stage.models.profiles[BIG] = FakeProfile(tool_protocol=protocol)
    refused = ModelCallError(Failure.NO_TOOLS, "big cannot call tools.", hint="x")
    made = tool("memory.save")
    stage.has(made)
    stage.plays([refused], written("text"), says("It is there."), says("Hello."))
    reply = await stage.hears("Note a")
    assert reply.text == "It is there."
    assert len(made.effects) == 1
    assert any("asked for them in words" in notice for notice in reply.notices)
    assert (await stage.hears("Hi")).notices == ()
    assert [bool(request.tools) for request in stage.models.requests] == [protocol == "native", False, False, False]
    assert stage.models.requests[-1].response_schema is None
    assert not any(message.role is Role.TOOL for message in stage.models.requests[-1].messages)


async def test_a_server_that_refuses_words_too_says_why(stage: Stage) -> None:
    refused = ModelCallError(Failure.NO_TOOLS, "big cannot call tools.", hint="x")
    stage.has(tool("memory.save"))
    stage.models.react = lambda _request: [refused]
    reply = await stage.hears("Note a")
    assert reply.is_error
    assert reply.text == "big cannot call tools."


async def test_words_beside_a_call_that_repeat_it_are_nobodys_answer(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    echo = '{"name": "memory.save", "arguments": {"text": "a"}}'
    stage.plays([*says(echo)[:-1], *calls("memory.save", {"text": "a"})], says("It is there."))
    reply = await stage.hears("Note a")
    assert reply.text == stage.said == "It is there."
    assert echo not in "".join(message.text for message in stage.models.requests[1].messages)
