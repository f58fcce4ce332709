"""An answer that claims what no tool did: mended once, else marked where the person sees it."""

import pytest
from agent_stage import BIG, FakeProfile, Stage, calls, says, tool

from homarus.domain.acts import Outcome
from homarus.domain.content import Role

pytestmark = pytest.mark.anyio

CLAIM = "I have saved the note."


async def test_a_claim_without_a_receipt_is_asked_to_become_true(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(says(CLAIM), calls("memory.save", {"text": "a"}), says(CLAIM))
    reply = await stage.hears("Note a")
    assert reply.text == stage.said == CLAIM
    assert len(made.effects) == 1
    assert "No tool did this" in stage.models.requests[1].messages[-1].text
    assert not any("Not done" in notice for notice in reply.notices)


async def test_a_claim_that_is_taken_back_is_gone(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays(says(CLAIM), says("It is not saved yet."))
    reply = await stage.hears("Note a")
    assert reply.text == stage.said == "It is not saved yet."
    assert reply.notices == ()


async def test_a_claim_that_stays_is_marked_with_its_words(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays(says(CLAIM), says(CLAIM))
    reply = await stage.hears("Note a")
    assert reply.text == CLAIM
    assert [notice for notice in reply.notices if "Not done" in notice and CLAIM in notice]
    assert len(stage.models.requests) == 2


async def test_a_claim_with_its_receipt_is_an_answer(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays(calls("memory.save", {"text": "a"}), says(CLAIM))
    assert (await stage.hears("Note a")).notices == ()
    assert len(stage.models.requests) == 2


async def test_who_asks_whether_it_was_done_is_told(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays(calls("memory.save", {"text": "a"}), says(CLAIM), says(CLAIM))
    await stage.hears("Note a")
    assert (await stage.hears("Did you save the note?")).notices == ()


async def test_a_refused_call_that_is_claimed_is_marked(stage: Stage) -> None:
    stage.has(tool("memory.save", error=ValueError("full")))
    stage.plays(calls("memory.save", {"text": "a"}), says(CLAIM), says(CLAIM))
    reply = await stage.hears("Note a")
    assert reply.receipts[0].outcome is Outcome.FAILED
    assert any("Not done" in notice for notice in reply.notices)


async def test_a_server_that_drops_tools_is_found_out_and_asked_in_words(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.models.react = lambda request: (
        says(CLAIM)
        if request.tools or "[Result of" in request.messages[-1].text
        else says('<tool_call>{"name": "memory.save", "arguments": {"text": "a"}}</tool_call>')
    )
    reply = await stage.hears("Note a")
    assert reply.text == CLAIM
    assert len(made.effects) == 1
    assert any("asked for them in words" in notice for notice in reply.notices)
    await stage.hears("Note a")
    assert all(not request.tools for request in stage.models.requests[1:])
    assert not any(message.role is Role.TOOL for message in stage.models.requests[-1].messages)


async def test_a_model_that_only_claims_is_asked_as_before_in_the_next_turn(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile()
    stage.has(tool("memory.save"))
    stage.plays(says(CLAIM), says(CLAIM), says("Hello."))
    await stage.hears("Note a")
    await stage.hears("Hello")
    assert [bool(request.tools) for request in stage.models.requests] == [True, False, True]
