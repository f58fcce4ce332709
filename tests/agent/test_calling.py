"""Calls that are almost right: mended where there is one meaning, told of once, then ended."""

import pytest
from agent_stage import Stage, calls, says, tool

from homarus.domain.acts import Outcome

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["memory_save", "Memory.Save", "functions.memory.save", "memory-save"])
async def test_another_spelling_of_a_name_is_that_tool(stage: Stage, name: str) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(calls(name, {"text": "a"}), says("It is there."))
    reply = await stage.hears("Save a")
    assert [receipt.tool for receipt in reply.receipts] == ["memory.save"]
    assert len(made.effects) == 1


@pytest.mark.parametrize("name", ["memory.store", "save", "memory.saves", "memory"])
async def test_another_word_is_another_tool(stage: Stage, name: str) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(calls(name, {"text": "a"}), says("Sorry."))
    assert (await stage.hears("Save a")).receipts[0].outcome is Outcome.FAILED
    assert made.effects == []


async def test_broken_arguments_that_mean_one_thing_are_mended_before_anybody_judges(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(calls("memory.save", {}, malformed="{'text': 'a'"), calls("memory.save", {}, malformed='{"text": "a"'))
    stage.plays(says("Both are there."))
    reply = await stage.hears("Save a")
    assert [receipt.outcome for receipt in reply.receipts] == [Outcome.FAILED, Outcome.DONE]
    assert reply.receipts[1].arguments == {"text": "a"}


async def test_a_call_that_never_fits_ends_after_one_more_try(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.models.react = lambda request: (
        says("I could not save it.")
        if request.tool_choice == "none"
        else calls("memory.save", {f"x{len(request.messages)}": 1})
    )
    reply = await stage.hears("Save a")
    assert made.effects == []
    assert len(reply.receipts) == 2
    assert reply.text == "I could not save it."
    assert any("as it must be called" in notice for notice in reply.notices)


async def test_a_call_that_fits_at_the_second_try_is_done(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(calls("memory.save", {"x": 1}), calls("memory.save", {"text": "a"}), says("It is there."))
    reply = await stage.hears("Save a")
    assert [receipt.outcome for receipt in reply.receipts] == [Outcome.FAILED, Outcome.DONE]
    assert not any("as it must be called" in notice for notice in reply.notices)


async def test_two_calls_in_one_answer_that_do_not_fit_are_told_of_once(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays([*calls("memory.save", {"x": 1})[:1], *calls("memory.save", {"y": 1}, call_id="c2")])
    stage.plays(calls("memory.save", {"text": "a"}), says("It is there."))
    await stage.hears("Save a")
    assert len(made.effects) == 1


async def test_a_tool_that_was_called_well_in_between_may_be_mended_again(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    for text in ("a", "b"):
        stage.plays(calls("memory.save", {f"x{text}": 1}), calls("memory.save", {"text": text}))
    stage.plays(says("Both are there."))
    await stage.hears("Save a and b")
    assert len(made.effects) == 2
