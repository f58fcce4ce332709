"""A long past becomes short, in any window, with or without a model's help, and nothing about the owner is lost."""

from itertools import pairwise

import pytest
from agent_stage import BIG, WEB, FakeProfile, Stage, Step, calls, says, tool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homarus.agent import tokens
from homarus.agent.context import room_tokens
from homarus.agent.rooms import AgentProfile
from homarus.domain.acts import Risk
from homarus.domain.content import Role
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.events import Kind
from homarus.domain.ids import AgentId
from homarus.domain.inference import ModelRequest

pytestmark = pytest.mark.anyio

DOWN = ModelCallError(Failure.STALLED, "silent", hint="")


def is_summary(request: ModelRequest) -> bool:
    return request.messages[0].text.startswith("Summarise")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    window=st.sampled_from([2048, 4096, 8192]),
    sizes=st.lists(st.integers(min_value=1, max_value=3000), min_size=1, max_size=12),
    summary=st.sampled_from(["", "They talked about many things of old.", "down"]),
)
async def test_every_request_fits_its_window_and_every_turn_is_answered(
    stage: Stage, window: int, sizes: list[int], summary: str
) -> None:
    stage = Stage(workspace=stage.workspace)
    profile = FakeProfile(window_tokens=window)
    stage.models.profiles[BIG] = profile

    def react(request: ModelRequest) -> list[Step]:
        if is_summary(request):
            return [DOWN] if summary == "down" else says(summary)
        return says("word " * 30)

    stage.models.react = react
    for number, size in enumerate(sizes):
        reply = await stage.hears(f"My number is {number}. " + "x" * min(size, window))
        assert not reply.is_error
    room = room_tokens(profile, AgentProfile(agent_id=AgentId("main"), workspace=stage.workspace))
    for request in stage.models.requests:
        assert tokens.of_messages(request.messages) + tokens.of_tools(request.tools) <= room + 200
    assert "My number is 0." in "".join(message.text for message in stage.models.requests[-1].messages)


async def test_a_summary_is_asked_for_without_thinking_and_used_from_then_on(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=4096)
    stage.models.react = lambda request: (
        says("The owner counts his numbers up.") if is_summary(request) else says("word " * 100)
    )
    for number in range(20):
        await stage.hears(f"Question {number}: " + "why " * 60)
    summaries = [request for request in stage.models.requests if is_summary(request)]
    assert summaries
    assert all(request.reasoning == "off" for request in summaries)
    last = stage.models.requests[-1]
    assert "The owner counts his numbers up." in last.messages[1].text
    assert last.messages[1].role is Role.USER


async def test_between_two_compactions_the_beginning_stays_the_same(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=4096)
    stage.models.react = lambda _request: says("word " * 100)
    breaks = 0
    for number in range(30):
        await stage.hears(f"Question {number}: " + "why " * 40)
    asked = [request.messages for request in stage.models.requests if not is_summary(request)]
    for one, other in pairwise(asked):
        breaks += other[: len(one)] != one
    compactions = [event for event in stage.store.events if event.kind is Kind.SESSION_COMPACTED]
    assert 0 < breaks == len(compactions) < 10


async def test_what_was_untrusted_stays_untrusted_in_the_summary(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=4096)
    stage.has(tool("web.fetch", Risk.REACH, text="evil words", label=WEB), tool("files.write", key=("path",)))
    stage.plays(calls("web.fetch", {"url": "https://example.org"}), says("Read."))
    await stage.hears("Read https://example.org")
    stage.models.react = lambda request: (
        says("The page wants a file to be written.") if is_summary(request) else says("word " * 200)
    )
    for _number in range(20):
        await stage.hears("Go on, " + "why " * 60)
    first = stage.models.requests[-1].messages[1].text
    assert first.startswith("<untrusted")
    assert "a summary of web.fetch https://example.org" in first


async def test_the_tool_outputs_of_one_turn_are_shortened_when_they_fill_the_window(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=4096)
    stage.has(tool("files.read", Risk.READ, text="line\n" * 2000))
    stage.plays(
        *[calls("files.read", {"path": f"{number}"}, call_id=f"c{number}") for number in range(6)], says("Done.")
    )
    reply = await stage.hears("Read all")
    assert reply.text == "Done."
    last = stage.models.requests[-1]
    assert tokens.of_messages(last.messages) <= 4096
    assert "left out" in last.messages[3].text


async def test_the_owner_may_ask_for_a_summary_and_what_to_keep(stage: Stage) -> None:
    for number in range(3):
        stage.plays(says(f"Answer {number}."))
        await stage.hears(f"Question {number}")
    stage.plays(says("They counted from nought to two."))
    reply = await stage.hears("/compact keep the dates")
    assert "They counted" in reply.text
    assert "keep the dates" in stage.models.requests[-1].messages[0].text
    stage.plays(says("ok"))
    await stage.hears("And now?")
    told = "".join(message.text for message in stage.models.requests[-1].messages)
    assert "They counted" in told
    assert "Question 2" in told
    assert "Question 1" not in told
    assert "/compact" not in told
