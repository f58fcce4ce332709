"""What every durable run must hold, whatever keeps it: claims that run over a turn's journal and a job engine alike.

A bench opens the same run again and again as a new process would, and can be told what time it is:

    @pytest.mark.parametrize("claim", run_suite.CLAIMS, ids=run_suite.name_of)
    async def test_a_journal_is_a_durable_run(claim, bench):
        await claim(bench)
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from homarus.domain.content import JsonObject
from homarus.domain.errors import InterruptedEffectError
from homarus.domain.events import Event, Kind
from homarus.domain.ports import Parked, Run


class RunBench(Protocol):
    """A run under test, and the world around it."""

    def again(self) -> Run:
        """Return the same run as a process that was just started would have it."""
        ...

    async def decide(self, topic: str, body: JsonObject) -> None:
        """Answer what a run waits for."""
        ...

    async def events(self) -> tuple[Event, ...]:
        """Return the facts of the run, oldest first."""
        ...

    def now(self) -> datetime:
        """Return the time that the run believes it is."""
        ...

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        ...


Claim: TypeAlias = Callable[[RunBench], Awaitable[None]]


class _Counted:
    """A step that counts how often it is run."""

    def __init__(self) -> None:
        self.runs = 0

    async def __call__(self) -> JsonObject:
        self.runs += 1
        return {"n": self.runs, "list": [1, "two", None]}


class _PowerCutError(Exception):
    """Stands for the process going down in the middle of a step."""


async def _cut() -> JsonObject:
    raise _PowerCutError


async def _begin_and_die(bench: RunBench, key: str, *, is_repeatable: bool) -> None:
    try:
        await bench.again().step(key, _cut, kind=Kind.TOOL_FINISHED, intent={"call": key}, is_repeatable=is_repeatable)
    except _PowerCutError:
        return
    raise AssertionError("a step that fails must let its error through")


async def a_finished_step_is_not_run_again(bench: RunBench) -> None:
    """A replay gets the outcome that was written, the same value as the first time."""
    step = _Counted()
    first = await bench.again().step("look", step)
    second = await bench.again().step("look", step)
    assert (step.runs, first) == (1, second)


async def a_key_may_be_long(bench: RunBench) -> None:
    """A step that is named after what it reads is found again, whatever that is called."""
    step, key = _Counted(), "fetch:https://example.com/" + "a" * 5000
    await bench.again().step(key, step)
    await bench.again().step(key, step)
    assert step.runs == 1


async def steps_with_other_keys_run(bench: RunBench) -> None:
    """A key names one step."""
    step, run = _Counted(), bench.again()
    await run.step("one", step)
    await run.step("two", step)
    assert step.runs == 2


async def an_interrupted_step_runs_again_when_it_is_repeatable(bench: RunBench) -> None:
    """The intent alone is no outcome."""
    await _begin_and_die(bench, "save", is_repeatable=True)
    step = _Counted()
    await bench.again().step("save", step, kind=Kind.TOOL_FINISHED, intent={"call": "save"})
    assert step.runs == 1


async def an_interrupted_effect_is_never_repeated(bench: RunBench) -> None:
    """Nobody knows whether it happened, and the run says so, on every replay."""
    await _begin_and_die(bench, "send", is_repeatable=False)
    step, hints = _Counted(), list[str]()
    for _attempt in range(2):
        try:
            await bench.again().step(
                "send", step, kind=Kind.TOOL_FINISHED, intent={"call": "send"}, is_repeatable=False
            )
        except InterruptedEffectError as error:
            hints.append(error.hint)
    assert step.runs == 0
    assert len(hints) == 2
    assert all(hints)


async def an_intent_is_written_before_the_step_runs(bench: RunBench) -> None:
    """Inside the step, the intent is in the log already."""
    seen: list[Kind] = []

    async def look() -> JsonObject:
        seen.extend(event.kind for event in await bench.events())
        return {}

    await bench.again().step("act", look, kind=Kind.TOOL_FINISHED, intent={"call": "act"})
    assert Kind.TOOL_INTENDED in seen
    assert Kind.TOOL_FINISHED not in seen


async def a_fact_is_written_once(bench: RunBench) -> None:
    """The same calls on a replay write nothing; a second fact of a kind is another one."""
    for _replay in range(3):
        run = bench.again()
        await run.emit(Kind.MODEL_FAILED, {"model": "a"})
        await run.emit(Kind.MODEL_FAILED, {"model": "b"})
        await run.emit(Kind.ROUTE_CHOSEN, {"route": "c"})
    kinds = [event.kind for event in await bench.events()]
    assert (kinds.count(Kind.MODEL_FAILED), kinds.count(Kind.ROUTE_CHOSEN)) == (2, 1)


async def _parks(waiting: Awaitable[object]) -> Parked | None:
    try:
        await waiting
    except Parked as parked:
        return parked
    return None


async def a_run_parks_until_it_is_answered(bench: RunBench) -> None:
    """No answer parks it, an answer lets it go on, on every replay."""
    parked = await _parks(bench.again().wait("approval:a1"))
    assert parked is not None
    assert parked.topic == "approval:a1"
    await bench.decide("approval:a1", {"decision": "once"})
    for _replay in range(2):
        answer = await bench.again().wait("approval:a1")
        assert answer is not None
        assert answer["decision"] == "once"


async def a_deadline_that_passed_stays_passed(bench: RunBench) -> None:
    """An answer that comes too late changes nothing, whenever the run is replayed."""
    deadline = bench.now() + timedelta(minutes=5)
    parked = await _parks(bench.again().wait("approval:a2", deadline=deadline))
    assert parked is not None
    assert parked.deadline == deadline
    bench.advance(timedelta(minutes=6))
    assert await bench.again().wait("approval:a2", deadline=deadline) is None
    await bench.decide("approval:a2", {"decision": "once"})
    assert await bench.again().wait("approval:a2", deadline=deadline) is None


async def an_answer_in_time_counts_after_the_deadline(bench: RunBench) -> None:
    """The house was down when the deadline passed, but the person had answered."""
    deadline = bench.now() + timedelta(minutes=5)
    await bench.decide("approval:a3", {"decision": "deny"})
    bench.advance(timedelta(hours=1))
    answer = await bench.again().wait("approval:a3", deadline=deadline)
    assert answer is not None
    assert answer["decision"] == "deny"


async def a_run_sleeps_until_its_time(bench: RunBench) -> None:
    """It parks before, goes on after, and a clock that jumps back does not put it to sleep again."""
    when = bench.now() + timedelta(hours=1)
    assert await _parks(bench.again().sleep_until(when)) is not None
    bench.advance(timedelta(hours=2))
    assert await _parks(bench.again().sleep_until(when)) is None
    bench.advance(-timedelta(hours=2))
    assert await _parks(bench.again().sleep_until(when)) is None


CLAIMS: tuple[Claim, ...] = (
    a_finished_step_is_not_run_again,
    a_key_may_be_long,
    steps_with_other_keys_run,
    an_interrupted_step_runs_again_when_it_is_repeatable,
    an_interrupted_effect_is_never_repeated,
    an_intent_is_written_before_the_step_runs,
    a_fact_is_written_once,
    a_run_parks_until_it_is_answered,
    a_deadline_that_passed_stays_passed,
    an_answer_in_time_counts_after_the_deadline,
    a_run_sleeps_until_its_time,
)


def name_of(claim: Claim) -> str:
    """Return the claim as a sentence, for test ids."""
    return getattr(claim, "__name__", "claim")
