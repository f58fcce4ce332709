"""A turn that dies anywhere is told again from the log: the same reply, and every effect once."""

import pytest
from agent_stage import WEB, Act, Stage, calls, says, tool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homarus.domain.acts import Outcome, Risk
from homarus.domain.content import Role
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.events import Kind
from homarus.domain.inference import ModelRequest
from homarus.domain.ports import Parked
from homarus.domain.turns import Asked, Reply
from homarus.testing.run import Killed

pytestmark = pytest.mark.anyio

STEPS = (
    "route",
    "freeze",
    "ask:0",
    "act:0:0:judged",
    "act:0:0",
    "ask:1",
    "act:1:0:judged",
    "act:1:0",
    "ask:2",
    "reply",
)


def _by_rounds(request: ModelRequest) -> object:
    """A model that depends on nothing but what it is shown, as a replay needs it."""
    rounds = sum(message.role is Role.TOOL for message in request.messages)
    if rounds == 0:
        return calls("memory.save", {"text": "a"}, call_id="c1")
    if rounds == 1:
        return calls("web.fetch", {"url": "https://example.org"}, call_id="c2")
    return says("All done.")


def _prepared(stage: Stage) -> None:
    stage.models.react = _by_rounds  # pyright: ignore[reportAttributeAccessIssue] - a list of steps
    stage.has(tool("memory.save"), tool("web.fetch", Risk.REACH, text="page", label=WEB))


async def _survive(act: Act, deaths: list[tuple[str, bool]]) -> Reply:
    for key, is_after in deaths:
        (act.run.die_after if is_after else act.run.die_before).add(key)
        try:
            return await act.play()
        except Killed:
            act = act.again()
    return await act.play()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(deaths=st.lists(st.tuples(st.sampled_from(STEPS), st.booleans()), max_size=6))
async def test_whatever_dies_the_reply_is_the_same_and_effects_happen_once(
    stage: Stage, deaths: list[tuple[str, bool]]
) -> None:
    stage = Stage(workspace=stage.workspace)
    _prepared(stage)
    reply = await _survive(await stage.accepts("Save a, then read https://example.org"), deaths)
    assert reply.text == "All done."
    assert [receipt.outcome for receipt in reply.receipts] == [Outcome.DONE, Outcome.DONE]
    for made in stage.tools.values():
        assert len(set(made.effects)) == 1  # repeated only with the same idempotency key
    written = [event for event in stage.store.events if event.kind is Kind.REPLY_WRITTEN]
    assert len(written) == 1


@pytest.mark.parametrize("key", STEPS)
async def test_a_death_before_a_step_repeats_nothing_that_was_done(stage: Stage, key: str) -> None:
    _prepared(stage)
    await _survive(await stage.accepts("Save a, then read https://example.org"), [(key, False)])
    assert all(len(made.effects) == 1 for made in stage.tools.values())


async def test_an_unrepeatable_effect_that_was_cut_off_is_unknown_and_not_repeated(stage: Stage) -> None:
    made = tool("files.move", Risk.WRITE, is_repeatable=False)
    stage.has(made)
    stage.models.react = lambda request: (
        says("I do not know.") if request.messages[-1].role is Role.TOOL else calls("files.move", {"text": "a"})
    )
    reply = await _survive(await stage.accepts("Move a"), [("act:0:0", True), ("reply", False)])
    assert len(made.effects) == 1
    assert [receipt.outcome for receipt in reply.receipts] == [Outcome.UNKNOWN]
    assert "not repeated" in stage.models.requests[-1].messages[-1].text


async def test_a_question_survives_a_restart_as_the_same_question(stage: Stage) -> None:
    made = tool("mail.send", Risk.ACT)
    stage.has(made)
    stage.plays(calls("mail.send", {"text": "a"}))
    act = await stage.accepts("Mail a")
    with pytest.raises(Parked):
        await act.play()
    first = [moment.approval for moment in stage.moments if isinstance(moment, Asked)]
    act = act.again()
    with pytest.raises(Parked):
        await act.play()
    assert [moment.approval for moment in stage.moments if isinstance(moment, Asked)] == first
    stage.plays(says("Sent."))
    decided = {"decision": "once", "fingerprint": first[0].fingerprint}
    await act.run.decide(f"approval:{first[0].approval_id}", decided)
    reply = await act.again().play()
    assert reply.text == "Sent."
    assert len(made.effects) == 1


async def test_what_was_said_before_a_restart_is_shown_again(stage: Stage) -> None:
    stage.plays(says("Hello."))
    act = await stage.accepts("Hi")
    act.run.die_before.add("reply")
    with pytest.raises(Killed):
        await act.play()
    reply = await act.again().play()
    assert stage.said == reply.text == "Hello."
    assert len(stage.models.requests) == 1


async def test_a_compaction_in_the_middle_replays_to_the_same_reply(stage: Stage) -> None:
    for number in range(5):
        stage.plays(says("word " * 200))
        await stage.hears(f"Question {number}")
    overflow = ModelCallError(Failure.CONTEXT_OVERFLOW, "too long", hint="", window_tokens=1500)
    stage.plays([overflow], says("A summary of many words here."), says("Here."))
    act = await stage.accepts("And now?")
    act.run.die_before.add("reply")
    with pytest.raises(Killed):
        await act.play()
    reply = await act.again().play()
    assert reply.text == "Here."
    assert [event.kind for event in stage.store.events].count(Kind.SESSION_COMPACTED) == 1
