"""Real model servers behind a router that keeps two of four loaded: homarus' queue against first come, first served.

A scaled-down trace goes through the desk of a gateway, once with each kind of line; then the simulation plays the same
trace with what was measured in that run: how long answers take, what a swap costs beside them (the load, the first
answer of a process that was stopped), and what passes between two answers. What is compared is what the line decides:
which models are loaded, in which order, and how often. The quick trace is too short to promise throughput.
`python -m benchmarks.dispatch_real`.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from time import monotonic

import aiohttp

from benchmarks.dispatch_play import Fifo, Play, Played, Trace, Work
from benchmarks.figures import ROOT, Figure, main, median
from homarus.domain.cards import Served
from homarus.domain.content import Message, Role, Text
from homarus.domain.ids import TurnId
from homarus.domain.inference import Finished, ModelRef, ModelRequest, Sampling
from homarus.domain.labels import OWNER, Reach
from homarus.domain.settings import Settings
from homarus.models import processes, weights
from homarus.models.closing import closing
from homarus.models.desk import Desk
from homarus.models.dispatch import Dispatch, Priority, Queued, Seen
from homarus.models.engine_lanes import queue_key
from homarus.models.queueing import Limits, Line
from homarus.net.door import OpenDoor

MODELS = ("small", "coder", "general", "large")
MAX_LOADED = 2
DELAY_S = 1.5
PERSON = "small"
PERSON_TOKENS = 8
_CHILD = ROOT / "src" / "homarus" / "models" / "embedded_child.py"
_SEED = 5
_SAME_ORDER = 80.0
_SWAPS_OFF = 0.15
"""By how much loads may be more or fewer than simulated; one is always allowed, as one is more than that of a few."""
_LIMIT_S = 80.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call of a model, by how much it has to write."""

    model: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is asked for."""

    chains: tuple[tuple[Asked, ...], ...]
    in_flight: int
    people: tuple[float, ...]


@dataclass(slots=True)
class Real:
    """How it went on real servers."""

    makespan_s: float = 0.0
    waits_s: list[float] = field(default_factory=list[float])
    people_s: list[float] = field(default_factory=list[float])
    loads: list[str] = field(default_factory=list[str])
    answers: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """How many tokens were written, and how long the lease was, on a loaded model."""
    swaps: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """The same of those whose model was loaded for them."""
    load_s: list[float] = field(default_factory=list[float])
    killed: int = 0

    @property
    def token_s(self) -> float:
        """How long a token takes on a loaded model."""
        return sum(took_s for _tokens, took_s in self.answers) / max(1, sum(tokens for tokens, _took_s in self.answers))

    @property
    def swap_s(self) -> float:
        """What a swap costs: how much longer a lease is that needs one."""
        return _mean([took_s - tokens * self.token_s for tokens, took_s in self.swaps]) or _mean(self.load_s)

    @property
    def between_s(self) -> float:
        """What passes from one lease to the next: with one slot, and always somebody who waits for it."""
        leases = [took_s for _tokens, took_s in (*self.answers, *self.swaps)]
        return max(0.0, self.makespan_s - sum(leases)) / max(1, len(leases))


def day(*, is_quick: bool) -> Day:
    """Return the trace."""
    dice = random.Random(_SEED)  # noqa: S311 - not for secrets
    chains = tuple(
        tuple(
            Asked(model=dice.choice(MODELS[1:]), tokens=dice.randint(10, 24)) for _step in range(2 if is_quick else 3)
        )
        for _chain in range(4 if is_quick else 5)
    )
    people, at = list[float](), 1.5
    while at < _LIMIT_S:
        people.append(at)
        at += 4 + 2 * dice.random()
    return Day(chains=chains, in_flight=5 if is_quick else 8, people=tuple(people))


@asynccontextmanager
async def routing(folder: Path) -> AsyncGenerator[str]:
    """Run the router, and yield where it listens."""
    found = weights.find(folder, weights.PACKAGES)
    if found is None:
        raise weights.missing()
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    engine = {"weights": str(found.path), "api_key": "benchmark", "context_tokens": 1024, "batch_tokens": 128}
    cores = {"cache_mib": 0, "threads": 1, "batch_threads": 1, "sleep_idle_seconds": 0}
    order = {
        "child": str(_CHILD),
        "environment": environment,
        "engine": {**engine, **cores},
        "max_loaded": MAX_LOADED,
        "delay_s": DELAY_S,
        "models": MODELS,
    }
    argv = [sys.executable, "-m", "benchmarks.dispatch_router"]
    child = await processes.start(argv, environment=environment, folder=ROOT)
    try:
        child.write(json.dumps(order).encode() + b"\n")
        yield json.loads(await child.first_line(30.0))["address"]
    finally:
        await child.stop()


class Player:
    """Plays the day through a desk."""

    def __init__(self, desk: Desk, wanted: Day) -> None:
        """Get ready."""
        self._desk, self._day = desk, wanted
        self._chains = iter(wanted.chains)
        self.real = Real()

    async def run(self) -> None:
        """Ask for everything; ends with the last chain."""
        began = monotonic()
        async with asyncio.TaskGroup() as group:
            people = group.create_task(self._people())
            async with asyncio.TaskGroup() as chains:
                for _one in range(self._day.in_flight):
                    chains.create_task(self._work())
            people.cancel()
        self.real.makespan_s = monotonic() - began

    async def _work(self) -> None:
        for chain in self._chains:
            for asked in chain:
                await self._ask(asked, Priority.SWARM, self.real.waits_s)

    async def _people(self) -> None:
        began = monotonic()
        async with asyncio.TaskGroup() as group:
            for at in self._day.people:
                await asyncio.sleep(at - (monotonic() - began))
                asked = Asked(model=PERSON, tokens=PERSON_TOKENS)
                group.create_task(self._ask(asked, Priority.PERSON, self.real.people_s))

    async def _ask(self, asked: Asked, priority: Priority, waits_s: list[float]) -> None:
        request = ModelRequest(
            model=ModelRef(provider="llamacpp", model_id=asked.model),
            messages=(Message(role=Role.USER, parts=(Text(text="Count from one to a hundred.", label=OWNER),)),),
            sampling=Sampling(temperature=0.0, max_tokens=asked.tokens),
            extra={"ignore_eos": True},
        )
        asked_at, got_at, is_loading, has_begun = monotonic(), 0.0, False, False
        turn = TurnId("benchmark")  # for a turn, the first thing to come says how the model is served: it has its slot
        async with closing(
            self._desk.stream(request.model, request, reach=Reach.ANYWHERE, priority=priority, turn=turn)
        ) as events:
            async for event in events:
                if isinstance(event, Queued):
                    is_loading = event.position == 0 and event.phase == "loading"
                elif isinstance(event, Served):
                    got_at = monotonic()
                elif not has_begun:
                    has_begun = True  # whoever waits for a load waits until it has ended
                    waits_s.append((monotonic() if is_loading else got_at) - asked_at)
                if isinstance(event, Finished):
                    leases = self.real.swaps if is_loading else self.real.answers
                    leases.append((asked.tokens, monotonic() - got_at))


async def really(wanted: Day, kind: Callable[[Limits], Line]) -> Real:
    """Play the day on real servers, through one kind of line."""
    with tempfile.TemporaryDirectory() as folder:
        async with routing(Path(folder)) as url, OpenDoor() as door, asyncio.timeout(_LIMIT_S):
            provider = {"baseUrl": f"{url}/v1", "models": [{"id": name} for name in MODELS]}
            settings = Settings.model_validate({"models": {"mode": "replace", "providers": {"llamacpp": provider}}})
            desk = Desk(lambda: settings, {}, door)
            desk.dispatch = Dispatch(new_line=kind)
            key = queue_key("llamacpp", f"{url}/v1")
            desk.dispatch.sees(key, Seen(slots=1, max_loaded=MAX_LOADED, loaded=frozenset()))
            player = Player(desk, wanted)
            await player.run()
            async with aiohttp.ClientSession() as client, client.get(f"{url}/told") as answer:
                told = await answer.json()
    player.real.loads, player.real.load_s, player.real.killed = told["loads"], told["took_s"], told["killed"]
    return player.real


def trace_of(wanted: Day, real: Real) -> Trace:
    """Return the day as the simulation needs it, with times as they were measured."""

    def work(asked: Asked) -> Work:
        return Work(model=asked.model, answer_s=asked.tokens * real.token_s + real.between_s)

    return Trace(
        chains=tuple(tuple(work(asked) for asked in chain) for chain in wanted.chains),
        in_flight=wanted.in_flight,
        people=wanted.people,
        person=work(Asked(model=PERSON, tokens=PERSON_TOKENS)),
        tool_s=0.0,
        batch_cost=1.0,
        sizes={},
        load_s=dict.fromkeys(MODELS, real.swap_s),
        max_loaded=MAX_LOADED,
    )


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Yield what was measured, beside what the simulation says of the same day."""
    wanted = day(is_quick=is_quick)
    fifo, ours = asyncio.run(really(wanted, Fifo)), asyncio.run(really(wanted, Line))
    said_fifo = Play(trace_of(wanted, fifo), Fifo(trace_of(wanted, fifo).limits(slots=1))).run()
    said_ours = Play(trace_of(wanted, ours), Line(trace_of(wanted, ours).limits(slots=1))).run()
    yield Figure(
        name="real router: throughput against first come, first served",
        value=fifo.makespan_s / ours.makespan_s,
        unit="x",
        goal=None if is_quick else 1.1,
        better="higher",
        baseline=said_fifo.makespan_s / said_ours.makespan_s,
        baseline_name="the simulation",
    )
    yield from _beside("first come, first served", fifo, said_fifo)
    yield from _beside("homarus", ours, said_ours)
    yield Figure(name="real router, homarus: answers cut off by an eviction", value=ours.killed, unit="", goal=0)
    shorter = median(fifo.people_s) / max(median(ours.people_s), 1e-3)
    yield Figure(name="real router: a person waits shorter, p50", value=shorter, unit="x", better="higher")


def _beside(whose: str, real: Real, said: Played) -> Iterable[Figure]:
    name, by = f"real router, {whose}", "the simulation"
    rows = (
        ("makespan", "s", real.makespan_s, said.makespan_s),
        ("models loaded", "", len(real.loads), said.swaps),
        ("mean wait of a step", "s", _mean(real.waits_s), _mean(said.waits_s)),
        ("mean wait of a person", "s", _mean(real.people_s), _mean(said.people_s)),
    )
    for what, unit, value, baseline in rows:
        yield Figure(name=f"{name}: {what}", value=value, unit=unit, baseline=baseline, baseline_name=by)
    same = 100 * SequenceMatcher(a=real.loads, b=said.order, autojunk=False).ratio()
    yield Figure(name=f"{name}: order of loads as simulated", value=same, unit="%", goal=_SAME_ORDER, better="higher")
    off, allowed = abs(len(real.loads) - said.swaps), max(1.0, _SWAPS_OFF * said.swaps)
    yield Figure(name=f"{name}: loads more or fewer than simulated", value=off, unit="", goal=allowed)
    loads_s = _mean(real.load_s)
    yield Figure(name=f"{name}: a swap", value=real.swap_s, unit="s", baseline=loads_s, baseline_name="the load alone")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    sys.exit(main(measure))
