"""What the desk learns from answers, and what it does not believe."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from homarus.domain.content import user
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.inference import (
    Finish,
    Finished,
    ModelRef,
    ModelRequest,
    Prefill,
    StreamEvent,
    TextDelta,
    Usage,
)
from homarus.domain.labels import OWNER
from homarus.models.knowledge import Knowledge, Speed
from homarus.models.listening import Listening
from homarus.models.pace import Pace
from homarus.models.progress import with_progress
from homarus.models.windows import Windows

pytestmark = pytest.mark.anyio
REF = ModelRef(provider="lab", model_id="m")
LONG = ModelRequest(model=REF, messages=(user("one two three four " * 2_000, OWNER),))


async def says(read: int) -> AsyncIterator[StreamEvent]:
    yield TextDelta(text="Hello")
    yield Finished(reason=Finish.STOP, usage=Usage(prompt_tokens=read))


async def refuses(window: int) -> AsyncIterator[StreamEvent]:
    if window:
        raise ModelCallError(Failure.CONTEXT_OVERFLOW, "too long", hint="", window_tokens=window)
    yield TextDelta(text="never")


async def follow(knowledge: Knowledge, answer: AsyncIterator[StreamEvent], *, is_turn: bool = True) -> list[str]:
    listening = Listening(Pace(knowledge), Windows(knowledge))
    return [type(event).__name__ async for event in listening.follow(answer, LONG, is_turn=is_turn, is_local=True)]


async def test_an_answer_to_a_cut_prompt_is_an_overflow_and_the_window_is_learned() -> None:
    knowledge = Knowledge()
    with pytest.raises(ModelCallError) as caught:
        await follow(knowledge, says(4_096))
    assert (caught.value.failure, caught.value.window_tokens) == (Failure.CONTEXT_OVERFLOW, 4_096)
    assert Windows(knowledge).of(REF) == 4_096


async def test_whoever_counts_for_himself_gets_the_answer_as_it_is() -> None:
    assert (await follow(Knowledge(), says(4_096), is_turn=False))[-1] == "Finished"


async def test_a_refused_prompt_teaches_the_window_for_the_next_time() -> None:
    knowledge = Knowledge()
    with pytest.raises(ModelCallError):
        await follow(knowledge, refuses(2_048))
    assert Windows(knowledge).of(REF) == 2_048


async def test_a_window_that_held_more_than_was_learned_is_forgotten() -> None:
    knowledge = Knowledge()
    await Windows(knowledge).learn(REF, 2_048, because="test")
    await follow(knowledge, says(9_000))
    assert Windows(knowledge).of(REF) is None


async def test_progress_is_reckoned_until_the_first_sign_and_never_whole() -> None:
    gate, now = asyncio.Event(), [0.0]

    async def slow() -> AsyncIterator[StreamEvent]:
        await gate.wait()
        yield TextDelta(text="Hello")

    seen: list[Prefill] = []
    async for event in with_progress(slow(), total_tokens=1_000, tokens_s=100.0, every_s=0.001, clock=lambda: now[0]):
        if isinstance(event, Prefill):
            seen.append(event)
            now[0] += 5.0
            if len(seen) == 4:
                gate.set()
    assert [event.done_tokens for event in seen[:4]] == [0, 500, 950, 950]
    assert all(event.is_estimated for event in seen)


async def test_leaving_in_the_middle_of_the_wait_closes_the_answer() -> None:
    closed: list[bool] = []

    async def silent() -> AsyncIterator[StreamEvent]:
        try:
            await asyncio.sleep(60)
            yield TextDelta(text="late")
        finally:
            closed.append(True)

    events = with_progress(silent(), total_tokens=1_000, tokens_s=10.0, every_s=0.001)
    await anext(events)
    await events.aclose()
    assert closed == [True]


async def test_a_fresh_house_knows_how_fast_a_model_reads() -> None:
    knowledge = Knowledge()
    await knowledge.keep_pace(REF, Speed(prefill_tokens_s=50.0))
    assert Pace(knowledge).of(REF) == 50.0
