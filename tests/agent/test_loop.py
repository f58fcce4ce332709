"""What a person gets, whatever a model does."""

import pytest
from agent_stage import BIG, SMALL, FakeProfile, Stage, Step, calls, says, tool

from homarus.agent.rooms import Held, Replaced
from homarus.domain.acts import Outcome
from homarus.domain.errors import Failure, ModelCallError, UserError
from homarus.domain.events import Kind
from homarus.domain.inference import Finish, Finished, ReasoningDelta, TextDelta, Unsaid
from homarus.domain.turns import Noticed, Retracted, Route, Routed, Waiting

pytestmark = pytest.mark.anyio


async def test_words_reach_the_person_as_they_come(stage: Stage) -> None:
    stage.plays(says("Hel", "lo."))
    reply = await stage.hears("Hi")
    assert reply.text == stage.said == "Hello."
    assert reply.route is not None
    assert reply.route.model == BIG
    assert reply.usage.prompt_tokens == 10
    assert any(isinstance(moment, Routed) for moment in stage.moments)


async def test_a_tool_runs_and_its_receipt_is_in_the_reply(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays([TextDelta(text="Let me save it."), *calls("memory.save", {"text": "a"})], says("Saved."))
    reply = await stage.hears("Save a")
    assert reply.text == stage.said == "Saved."
    assert [receipt.outcome for receipt in reply.receipts] == [Outcome.DONE]
    tool_message = stage.models.requests[1].messages[-1]
    assert tool_message.text == "ok"
    assert tool_message.call_id == "c1"


async def test_an_unknown_tool_is_answered_with_the_known_ones(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays(calls("memory.store", {}), says("Sorry."))
    reply = await stage.hears("Save a")
    assert "memory.save" in stage.models.requests[1].messages[-1].text
    assert reply.receipts[0].outcome is Outcome.FAILED


async def test_broken_arguments_get_one_clear_chance(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(calls("memory.save", {}, malformed='{"text": "a'), calls("memory.save", {"text": "a"}), says("Saved."))
    reply = await stage.hears("Save a")
    assert reply.text == "Saved."
    assert len(made.effects) == 1
    assert "not a JSON object" in stage.models.requests[1].messages[-1].text


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "memory.save", "arguments": {"text": "a"}}',
        '```json\n{"name": "memory_save", "arguments": {"text": "a"}}\n```',
        '<tool_call>\n{"name": "memory.save", "arguments": {"text": "a"}}\n</tool_call>',
        'memory.save(text="a")',
        '[memory_save(text="a")]',
    ],
)
async def test_a_call_written_as_text_is_a_call_and_nobody_sees_it(stage: Stage, text: str) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(says(*text), says("Saved."))
    reply = await stage.hears("Save a")
    assert reply.text == stage.said == "Saved."
    assert len(made.effects) == 1
    assert not any(isinstance(moment, Retracted) for moment in stage.moments)


async def test_the_same_call_again_and_again_is_nudged_and_then_stopped(stage: Stage) -> None:
    made = tool("memory.save")
    stage.has(made)
    stage.plays(*[calls("memory.save", {"text": "a"}) for _ in range(4)], says("I am stuck."))
    reply = await stage.hears("Save a")
    assert len(made.effects) == 2
    assert reply.text == "I am stuck."
    assert stage.models.requests[-1].tool_choice == "none"
    assert any("again and again" in notice for notice in reply.notices)


async def test_a_call_after_a_few_words_is_a_call_too(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    text = 'I will save it.\n```json\n{"name": "memory.save", "arguments": {"text": "a"}}\n```'
    stage.plays(says(text), says("Saved."))
    reply = await stage.hears("Save a")
    assert reply.text == stage.said == "Saved."
    assert len(reply.receipts) == 1


async def test_a_model_without_words_is_replaced_by_its_fallback(stage: Stage) -> None:
    stage.models.fallbacks = (SMALL,)
    stage.plays(says(""), says(""), says("Small but here."))
    reply = await stage.hears("Hi")
    assert reply.text == "Small but here."
    assert reply.route is not None
    assert reply.route.model == SMALL
    assert any("empty answer" in notice for notice in reply.notices)


async def test_a_model_that_cannot_stop_calling_is_ended_with_words(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.models.react = lambda request: calls("memory.save", {"text": str(len(request.messages))})
    reply = await stage.hears("Save a")
    assert reply.is_error
    assert reply.text
    assert len(reply.receipts) == 12


async def test_an_empty_answer_is_asked_again_without_thinking_and_then_said_so(stage: Stage) -> None:
    stage.plays(says(""), says("Now."))
    assert (await stage.hears("Hi")).text == "Now."
    assert stage.models.requests[1].reasoning == "off"
    stage.plays(says(""), says(" \n"))
    reply = await stage.hears("Hi")
    assert reply.is_error
    assert "empty answer" in reply.text
    assert reply.hint


@pytest.mark.parametrize("silent", ["NO_REPLY", "no_reply", "**NO_REPLY**", "HEARTBEAT_OK"])
async def test_silence_is_never_shown_as_text(stage: Stage, silent: str) -> None:
    stage.plays(says(*silent))
    reply = await stage.hears("fyi")
    assert reply.text == stage.said == ""
    assert not reply.is_error
    assert reply.notices


async def test_a_silent_token_after_words_is_taken_off(stage: Stage) -> None:
    stage.plays(says("All well.", "\n\nHEART", "BEAT_OK"))
    assert (await stage.hears("Hi")).text == stage.said == "All well."


async def test_an_echo_of_the_stamp_is_taken_off(stage: Stage) -> None:
    stage.plays(says("Hello.\n\n[Fri 2026-11-20 ", "09:30 Europe/Berlin, cli]"))
    assert (await stage.hears("Hi")).text == stage.said == "Hello."


@pytest.mark.parametrize(
    "text", ["<think>secret</think>Hello.", "secret</think>\nHello.", "<think>secret\n</think>\n\nHello."]
)
async def test_thoughts_in_the_text_never_stay_in_the_answer(stage: Stage, text: str) -> None:
    stage.plays(says(*text))
    assert (await stage.hears("Hi")).text == stage.said == "Hello."


async def test_text_that_turns_out_to_be_thinking_is_taken_back(stage: Stage) -> None:
    stage.plays([TextDelta(text="Hmm."), Unsaid(), ReasoningDelta(text="x"), *says("Hello.")])
    assert (await stage.hears("Hi")).text == stage.said == "Hello."


async def test_an_answer_that_was_cut_says_so(stage: Stage) -> None:
    stage.plays(says("Once upon a", reason=Finish.LENGTH))
    reply = await stage.hears("Tell me a story")
    assert any("cut" in notice for notice in reply.notices)


async def test_a_fallback_takes_the_first_words_back_and_says_so(stage: Stage) -> None:
    to = Route(model=SMALL, because="a fallback", place="this machine")
    replaced = Replaced(failed=BIG, to=to, because="big is down, small answers.", failure=Failure.SERVER_DOWN)
    stage.plays([TextDelta(text="Half a sen"), replaced, *says("A whole one.")])
    reply = await stage.hears("Hi")
    assert reply.text == stage.said == "A whole one."
    assert reply.route is not None
    assert reply.route.model == SMALL
    assert "big is down, small answers." in reply.notices
    assert Noticed(text="big is down, small answers.") in stage.moments
    assert [event.kind for event in stage.store.events].count(Kind.MODEL_FAILED) == 1


async def test_a_fallback_with_a_smaller_window_gets_a_context_that_fits(stage: Stage) -> None:
    stage.models.profiles[SMALL] = FakeProfile(window_tokens=2048, tier="entry")
    for number in range(8):
        stage.plays(says("word " * 200))
        await stage.hears(f"Question {number}")
    to = Route(model=SMALL, because="a fallback", place="this machine")
    switch: list[Step] = [Replaced(failed=BIG, to=to, because="down")]
    stage.plays(switch, says("They asked eight questions and heard words."), says("ok"))
    reply = await stage.hears("And now?")
    assert any("smaller window" in notice for notice in reply.notices)
    assert sum(len(message.text) for message in stage.models.requests[-1].messages) < 2048 * 3.3
    assert "And now?" in stage.models.requests[-1].messages[-1].text


async def test_when_nobody_answers_the_error_is_words_with_a_next_step(stage: Stage) -> None:
    error = ModelCallError(Failure.SERVER_DOWN, "fake is not there.", hint="Start it.")
    stage.plays([error])
    reply = await stage.hears("Hi")
    assert (reply.is_error, reply.text, reply.hint) == (True, "fake is not there.", "Start it.")
    assert reply.route is not None


async def test_no_usable_model_is_an_answer_too(stage: Stage) -> None:
    stage.models.failure = UserError("No model.", hint="homarus models list")
    reply = await stage.hears("Hi")
    assert (reply.is_error, reply.text) == (True, "No model.")


async def test_an_overflow_is_compacted_and_tried_again_in_the_same_turn(stage: Stage) -> None:
    for number in range(6):
        stage.plays(says("word " * 150))
        await stage.hears(f"My favourite number is {number}.")
    overflow = ModelCallError(Failure.CONTEXT_OVERFLOW, "too long", hint="", window_tokens=2048)
    stage.plays([overflow], says("The owner likes numbers and words a lot."), says("Here."))
    reply = await stage.hears("And now?")
    assert reply.text == "Here."
    assert any("summarised" in notice for notice in reply.notices)
    asked = stage.models.requests[-1]
    assert asked.window_tokens == 2048
    assert "My favourite number is 0." in "".join(message.text for message in asked.messages)


async def test_an_overflow_that_never_ends_is_said_clearly(stage: Stage) -> None:
    stage.models.react = lambda _request: [ModelCallError(Failure.CONTEXT_OVERFLOW, "too long", hint="x")]
    reply = await stage.hears("Hi")
    assert reply.is_error
    assert "window" in reply.text
    assert len(stage.models.requests) == 1


async def test_waiting_for_a_slot_is_told_and_timed(stage: Stage) -> None:
    stage.plays([Held(position=2, expected_wait_s=4.2), *says("ok")])
    reply = await stage.hears("Hi")
    assert any(isinstance(moment, Waiting) and moment.phase == "queued" for moment in stage.moments)
    assert reply.timings.total_ms >= reply.timings.overhead_ms >= 0


async def test_the_reply_is_in_the_log_with_what_the_history_gains(stage: Stage) -> None:
    stage.plays([TextDelta(text="ok"), Finished(reason=Finish.STOP)])
    await stage.hears("Hi")
    event = await stage.store.find("turn_1:reply")
    assert event is not None
    assert event.kind is Kind.REPLY_WRITTEN
    assert event.body["channel"] == "cli"
    assert len(event.body["messages"]) == 2  # pyright: ignore[reportArgumentType] - a list by construction


async def test_a_timeout_that_is_not_the_turns_own_is_not_told_as_one(stage: Stage) -> None:
    stage.models.failure = TimeoutError("somebody else's")
    with pytest.raises(TimeoutError, match="somebody else's"):
        await stage.hears("Hello")
