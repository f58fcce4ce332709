"""The built-in model on real-life requests: which tool, which arguments, how fast. `python -m benchmarks.embedded`.

The requests stand in `embedded_requests.json` with what a person would expect; the rules were mended until they read
them well, also those marked `later`, which were written after the first rules. `embedded_unseen.json` is held out:
written before any of it was run, by the hand that wrote the rules, and nothing was mended against it. A request counts
as right when the right tool was run (or none) with usable arguments. HOMARUS_BENCH_WRONG=1 prints the others.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Required, TypedDict

from benchmarks.figures import Figure, main, median, percentile
from homarus.agent.context import Opening
from homarus.agent.guided import guided_answer
from homarus.agent.rooms import AgentProfile, Build, Frozen, History, Past, Rooms, Scene, Turn
from homarus.domain.acts import Outcome
from homarus.domain.content import Text
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.inference import StreamEvent
from homarus.domain.labels import OWNER, Label, Origin, Reach
from homarus.domain.settings import EmbeddedSettings
from homarus.domain.turns import Inbound, Route
from homarus.models.embedded import MODEL, Embedded
from homarus.models.openai_completions import OpenAiCompletions
from homarus.net.door import OpenDoor
from homarus.testing.clock import FakeClock
from homarus.testing.door import FakeDoor
from homarus.testing.rooms import FakeMemory, FakeReminders, FakeSandbox
from homarus.testing.run import FakeRun
from homarus.tools import files_search, remembered, remind, waiting
from homarus.tools.marked import tool_of

REQUESTS = Path(__file__).with_name("embedded_requests.json")
UNSEEN = Path(__file__).with_name("embedded_unseen.json")
ROUTE = Route(model=MODEL, because="benchmark", place="this machine")


class Case(TypedDict, total=False):
    """A request and what is expected of it."""

    text: Required[str]
    tool: Required[str]
    arguments: dict[str, list[str]]
    given: str
    lines: list[int]
    due: str
    later: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a request."""

    case: Case
    tool: str
    arguments: dict[str, str]
    text: str
    due: str
    """When the reminder is due, in the owner's zone."""
    is_unseen: bool
    is_done: bool
    """Whether the tool did it: the time was understood, the note was written."""
    elapsed_ms: float
    prompt_tokens: int
    cached_tokens: int

    @property
    def is_right_tool(self) -> bool:
        """Whether the expected tool ran; asking for the time is right for a reminder without one."""
        wanted = "" if self.case["tool"] in ("none", "quote") or self._lacks_time else self.case["tool"]
        return self.tool == wanted

    @property
    def is_usable(self) -> bool:
        """Whether the arguments, or the quoted lines, are what a person would accept."""
        if "lines" in self.case:
            return [f"- line {line}:" in self.text for line in range(1, 9)] == [
                line in self.case["lines"] for line in range(1, 9)
            ]
        if self._lacks_time:
            return not self.tool
        if self.due[:16] != self.case.get("due", self.due[:16]):
            return False
        return self.is_done and all(self._fits(name, words) for name, words in self.case.get("arguments", {}).items())

    @property
    def _lacks_time(self) -> bool:
        return self.case.get("arguments", {}).get("when") == [""]

    def _fits(self, name: str, words: list[str]) -> bool:
        got = self.arguments.get(name, "")
        if name == "query":
            return any(all(part.lower() in got.lower() for part in word.split()) for word in words)
        return got in words


class EngineModels:
    """The embedded engine as the agent's only model."""

    def __init__(self, engine: Embedded, door: OpenDoor) -> None:
        """Take a started engine."""
        self._engine, self._door, self._wire = engine, door, OpenAiCompletions()

    async def answer(self, route: Route, build: Build, *, turn: Turn, reach: Reach) -> AsyncIterator[StreamEvent]:
        """Stream from the engine."""
        request = build(route.model, None)  # pyright: ignore[reportArgumentType] - the guided request looks at no profile
        async for event in self._wire.stream(
            request, await self._engine.endpoint(), self._door, reach=reach, turn=turn.turn_id
        ):
            yield event


@dataclass(slots=True)
class NoPast(History):
    """A session without a past."""

    past_: Past = field(default_factory=Past)

    async def past(self, session: SessionKey, *, upto_seq: int) -> Past:
        """Return nothing."""
        del session, upto_seq
        return self.past_


def scene_of(case: Case, models: EngineModels, workspace: Path, number: int) -> Scene:
    """Return a turn with the case's message, real tools, and fakes around them."""
    clock = FakeClock()
    functions = (
        remind.now,
        remind.set_reminder,
        waiting.upcoming,
        waiting.cancel,
        remembered.save,
        remembered.search,
        files_search.search,
    )
    label = Label(origin=Origin.FILE, source="file notes.txt")
    inbound = Inbound(
        channel="cli",
        external_id=str(number),
        session=SessionKey("agent:main:main"),
        agent=AgentId("main"),
        text=case["text"],
        attachments=(Text(text=case["given"], label=label),) if "given" in case else (),
    )
    turn = Turn(
        turn_id=TurnId(f"turn_{number}"),
        inbound=inbound,
        agent=AgentProfile(agent_id=AgentId("main"), workspace=workspace),
        history=NoPast(),
        history_seq=0,
    )
    rooms = Rooms(
        models=models,  # pyright: ignore[reportArgumentType] - only `answer` is asked for
        tools={tool.spec.name: tool for tool in map(tool_of, functions)},
        clock=clock,
        door=FakeDoor(),
        memory=FakeMemory(clock),
        reminders=FakeReminders(),
        sandbox=FakeSandbox(),
    )
    return Scene(
        turn=turn, run=FakeRun(f"turn_{number}"), rooms=rooms, watch=lambda _moment: None, labels={OWNER: None}
    )


async def one(case: Case, models: EngineModels, workspace: Path, number: int, *, is_unseen: bool) -> Result:
    """Run one request."""
    scene = scene_of(case, models, workspace, number)
    opening = Opening(
        turn=scene.turn, frozen=Frozen(tier="embedded", tools=(), memory=""), tools={}, past=Past(), current=()
    )
    began = perf_counter()
    told = await guided_answer(scene, opening, ROUTE)
    receipt = scene.receipts[0] if scene.receipts else None
    return Result(
        case=case,
        tool=receipt.tool if receipt else "",
        arguments={name: str(value) for name, value in receipt.arguments.items()} if receipt else {},
        text=told.text,
        due=str(receipt.facts.get("due_at", "")) if receipt else "",
        is_unseen=is_unseen,
        is_done=receipt is None or receipt.outcome is Outcome.DONE,
        elapsed_ms=(perf_counter() - began) * 1000,
        prompt_tokens=sum(answer.usage.prompt_tokens for answer in scene.answers),
        cached_tokens=sum(answer.usage.cached_tokens for answer in scene.answers),
    )


async def results(step: int) -> list[Result]:
    """Run the requests on a fresh engine, each n-th of them once."""
    tuned: list[Case] = json.loads(REQUESTS.read_text(encoding="utf-8"))
    unseen: list[Case] = json.loads(UNSEEN.read_text(encoding="utf-8"))
    cases = [(case, False) for case in tuned[::step]] + [(case, True) for case in unseen[::step]]
    with tempfile.TemporaryDirectory() as place:
        engine = Embedded(EmbeddedSettings(), Path(place))
        async with OpenDoor() as door:
            try:
                models = EngineModels(engine, door)
                return [
                    await one(case, models, Path(place), number, is_unseen=is_unseen)
                    for number, (case, is_unseen) in enumerate(cases)
                ]
            finally:
                await engine.stop()


async def start_ms() -> list[float]:
    """Return how long three starts take, checked weights included."""
    times: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        engine = Embedded(EmbeddedSettings(), Path(place))
        for _again in range(4):
            began = perf_counter()
            await engine.endpoint()
            times.append((perf_counter() - began) * 1000)
            await engine.stop()
    return times


def share(good: Iterable[bool]) -> float:
    """Return the percentage of what is true."""
    values = list(good)
    return 100 * sum(values) / len(values) if values else 0.0


def tell_wrong(done: Iterable[Result]) -> None:
    """Print what went wrong, for whoever mends the rules."""
    for result in done:
        if not (result.is_right_tool and result.is_usable):
            said = result.case["text"][:70]
            print(result.case["tool"], "got", result.tool, result.arguments, "|", said, file=sys.stderr)


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Yield the figures; quickly, only those of every fourth request."""
    starts = asyncio.run(start_ms())
    done = asyncio.run(results(4 if is_quick else 1))
    if os.environ.get("HOMARUS_BENCH_WRONG"):
        tell_wrong(done)
    yield Figure(name="built-in model, start, first (weights hashed)", value=starts[0], unit="ms")
    yield Figure(name="built-in model, start, later", value=median(starts[1:]), unit="ms", goal=2000)
    yield from quality(done)
    yield from speed([result for result in done if result.prompt_tokens])


def quality(done: Sequence[Result]) -> Iterable[Figure]:
    """Yield how often the right thing was done."""
    tuned = [result for result in done if not result.is_unseen]
    unseen = [result for result in done if result.is_unseen]
    chosen = [result.is_right_tool for result in tuned if result.prompt_tokens and result.case["tool"] != "remind.set"]
    for name, values, goal in (
        ("right tool", [result.is_right_tool for result in tuned], 90),
        ("right tool, where the model chose", chosen, None),
        ("usable arguments", [result.is_usable for result in tuned if result.is_right_tool], 100),
        ("right tool, held out", [result.is_right_tool for result in unseen], 90),
        ("right tool and usable arguments, held out", [r.is_right_tool and r.is_usable for r in unseen], None),
    ):
        yield Figure(name=name, value=share(values), unit="%", goal=goal, better="higher", note=f"of {len(values)}")


def speed(asked: Sequence[Result]) -> Iterable[Figure]:
    """Yield how long turns took in which the model was asked."""
    times = [result.elapsed_ms for result in asked]
    cached, prompt = sum(result.cached_tokens for result in asked), sum(result.prompt_tokens for result in asked)
    yield Figure(name="built-in model, turn, p50", value=median(times), unit="ms")
    yield Figure(name="built-in model, turn, p95", value=percentile(times, 0.95), unit="ms")
    share_cached = 100 * cached / prompt
    yield Figure(name="built-in model, prompt tokens from the cache", value=share_cached, unit="%", better="higher")


if __name__ == "__main__":
    sys.exit(main(measure))
