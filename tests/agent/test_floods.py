"""A model that does not stop is stopped: its calls, its words and the depth of what it writes have an end."""

from collections.abc import Iterable

import pytest
from agent_stage import BIG, FakeProfile, Stage, calls, says, tool

from homarus.domain.acts import Outcome
from homarus.domain.content import JsonObject
from homarus.domain.inference import Finish, Finished, ModelRequest, ReasoningDelta, TextDelta, ToolCallReady

pytestmark = pytest.mark.anyio
MANY = 50
CAP = 32


def many(count: int = MANY) -> list[ToolCallReady | Finished]:
    steps = [calls("memory.save", {"text": f"{number}"}, call_id=f"c{number}")[0] for number in range(count)]
    return [*(step for step in steps if isinstance(step, ToolCallReady)), Finished(reason=Finish.TOOL_CALLS)]


async def test_only_so_many_calls_of_one_answer_are_carried_out(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays([*many()], says("Saved."))
    reply = await stage.hears("Save them")
    assert len(made.effects) == len(reply.receipts) == CAP
    assert any("50 tool calls" in notice for notice in reply.notices)
    sent = stage.models.requests[1].messages
    assert len(sent[-CAP - 1].tool_calls) == CAP
    assert "32 of 50 calls" in sent[-1].text
    assert "32 of 50 calls" not in sent[-2].text


async def test_as_many_calls_as_may_be_are_all_carried_out(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays([*many(CAP)], says("Saved."))
    reply = await stage.hears("Save them")
    assert len(made.effects) == CAP
    assert not reply.notices


def words(number: int) -> str:
    """Return about 3,500 letters that do not repeat themselves."""
    return "".join(f"{place * 7919 % 100_003} " for place in range(number * 600, number * 600 + 600))


@pytest.mark.parametrize(("window_tokens", "most_bytes"), [(4_096, 16 * 4_096), (1_000_000, 2 * 1024 * 1024)])
async def test_an_answer_without_an_end_is_stopped_and_kept(stage: Stage, window_tokens: int, most_bytes: int) -> None:
    heard: list[int] = []

    def endless(_request: ModelRequest) -> Iterable[TextDelta]:
        for number in range(10_000_000):
            heard.append(number)
            yield TextDelta(text=words(number))

    stage.models.react = endless
    stage.models.profiles[BIG] = FakeProfile(window_tokens=window_tokens)
    reply = await stage.hears("Hi")
    assert reply.text.startswith("0 ")
    assert reply.text == stage.said
    assert len(reply.text) <= most_bytes
    assert len(heard) < most_bytes / 1_000
    assert any("did not stop by itself" in notice for notice in reply.notices)


async def test_thoughts_without_an_end_are_stopped_too(stage: Stage) -> None:
    asked: list[ModelRequest] = []

    def endless(request: ModelRequest) -> Iterable[ReasoningDelta]:
        asked.append(request)
        for number in range(10_000_000):
            yield ReasoningDelta(text=words(number))

    stage.models.react = endless
    stage.models.profiles[BIG] = FakeProfile(window_tokens=4_096)
    reply = await stage.hears("Hi")
    assert reply.is_error
    assert reply.text
    assert len(asked) == 2


async def test_arguments_nested_without_an_end_are_told_to_the_model(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(calls("memory.save", nested(900)), calls("memory.save", {"text": "a"}), says("Saved."))
    reply = await stage.hears("Save a")
    assert [receipt.outcome for receipt in reply.receipts] == [Outcome.FAILED, Outcome.DONE]
    assert "nested more than 64 levels deep" in stage.models.requests[1].messages[-1].text


@pytest.mark.parametrize("protocol", ["native", "text", "constrained"])
@pytest.mark.parametrize("levels", [100, 900, 5_000])
async def test_a_call_written_as_text_that_is_too_deep_runs_nothing(stage: Stage, levels: int, protocol: str) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.models.profiles[BIG] = FakeProfile(tool_protocol=protocol)
    deep = '{"name": "memory.save", "arguments": ' + '{"text":' * levels + "1" + "}" * levels + "}"
    stage.plays(*[says(deep) for _ in range(4)])
    reply = await stage.hears("Save a")
    assert made.effects == []
    assert reply.text


def nested(levels: int) -> JsonObject:
    found: JsonObject = {"text": 1}
    for _level in range(levels - 1):
        found = {"text": found}
    return found
