"""Plays a day at one GPU in virtual time: chains of dependent steps and a person, through whatever kind of line.

How the engine computes: models that answer share the GPU equally; of one model, n answers at a time each take
1 + batch_cost * (n - 1) times as long as one alone. A model that is loaded on request answers that request first.
"""

import heapq
import json
import math
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homarus.models.queueing import Grant, Limits, Line, Load, Priority, Request, Resident, Step, Wait

TRACE = Path(__file__).with_name("dispatch_trace.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One call of a model."""

    model: str
    answer_s: float
    """Alone, on a loaded model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What is asked for, and of what engine."""

    chains: tuple[tuple[Work, ...], ...]
    in_flight: int
    people: tuple[float, ...]
    """When a person asks, seconds from the beginning."""
    person: Work
    tool_s: float
    """Between two steps of a chain."""
    batch_cost: float
    sizes: Mapping[str, int]
    load_s: Mapping[str, float]
    memory_bytes: int | None = None
    max_loaded: int | None = None

    def limits(self, *, slots: int, pinned: frozenset[str] = frozenset(), can_be_told: bool = False) -> Limits:
        """Return the engine as a queue sees it."""
        return Limits(
            slots=slots,
            memory_bytes=self.memory_bytes,
            max_loaded=self.max_loaded,
            sizes=self.sizes,
            load_s=self.load_s,
            pinned=pinned,
            loads_itself=not can_be_told,
            can_be_told=can_be_told,
        )


def drawn(mix: str, seed: int) -> Trace:
    """Return the trace of a mix, as the committed table and a seed give it."""
    table: dict[str, Any] = json.loads(TRACE.read_text(encoding="utf-8"))
    dice, chosen, models = random.Random(seed), table["mixes"][mix], table["models"]  # noqa: S311 - not for secrets
    names, shares = list(models), [models[name]["share"] for name in models]
    least, most = chosen["steps"]

    def work(name: str, answer_s: float) -> Work:
        return Work(model=name, answer_s=answer_s * chosen["scale"] * (0.5 + dice.random()))

    chains = tuple(
        tuple(work(name, models[name]["answer_s"]) for name in dice.choices(names, shares, k=dice.randint(least, most)))
        for _chain in range(chosen["chains"])
    )
    people, at = list[float](), 0.0
    while at < 6 * 3600:
        at += dice.expovariate(1 / table["person"]["every_s"])
        people.append(at)
    return Trace(
        chains=chains,
        in_flight=chosen["in_flight"],
        people=tuple(people),
        person=Work(model=table["person"]["model"], answer_s=table["person"]["answer_s"]),
        tool_s=table["tool_s"],
        batch_cost=table["batch_cost"],
        sizes={name: models[name]["gb"] for name in models},
        load_s={name: models[name]["load_s"] for name in models},
        memory_bytes=table["memory_gb"],
    )


class Fifo(Line):
    """What servers do by themselves: whoever came first, and the model that was used least recently makes room."""

    def next(self, now: float) -> Step:
        """Serve the first in line, or nobody."""
        step = self._first(now)
        match step:
            case Grant():
                self._grant(self.waiting[step.number], now)
            case Load():
                self._load(step, now)
            case Wait():
                pass
        return step

    def _first(self, now: float) -> Step:
        first = next(iter(self.waiting.values()), None)
        if first is None or len(self.held) >= self.limits.slots or self.is_loading(first.model):
            return Wait()
        if first.model in self.residents or self.limits.has_room_for_all:
            return Grant(number=first.number)
        gone: list[str] = []
        in_use = {request.model for request in self.held.values()}
        for kept in sorted(self.residents.values(), key=_used_at):
            if not self._has_room(first.model, gone) and kept.model not in in_use:
                gone.append(kept.model)
        if self._has_room(first.model, gone):
            return Load(model=first.model, evict=tuple(gone), number=first.number)
        del now
        return Wait()

    def _has_room(self, model: str, gone: list[str]) -> bool:
        limits, staying = self.limits, [kept for kept in self.residents if kept not in gone]
        if limits.max_loaded is not None and len(staying) >= limits.max_loaded:
            return False
        used = sum(limits.size(kept) for kept in (*staying, model))
        return limits.memory_bytes is None or used <= limits.memory_bytes


def _used_at(kept: Resident) -> float:
    return kept.used_at


@dataclass(slots=True)
class Played:
    """How it went."""

    makespan_s: float = 0.0
    swaps: int = 0
    waits_s: list[float] = field(default_factory=list[float])
    """Of the steps of chains, until their model began."""
    people_s: list[float] = field(default_factory=list[float])
    """Of the person."""
    order: list[str] = field(default_factory=list[str])
    """The models in the order of their loads."""


@dataclass(slots=True)
class _Active:
    work: Work
    joined: float
    left_s: float
    chain: int


class Play:
    """One run of a trace through a line."""

    def __init__(self, trace: Trace, line: Line, *, announces: bool = False) -> None:
        """Get ready; nothing is loaded."""
        self._trace, self._line, self._announces = trace, line, announces
        self._now, self._count, self._steps = 0.0, 0, [0] * len(trace.chains)
        self._open = iter(range(len(trace.chains)))
        self._left = len(trace.chains)
        self._asked: dict[int, _Active] = {}
        self._active: dict[int, _Active] = {}
        self._events: list[tuple[float, int, str]] = []
        """When: a chain goes on (its number), a person asks (-1), a load ends (-2 and its model)."""
        self.played = Played()

    def run(self) -> Played:
        """Play until the last chain has ended."""
        for at in self._trace.people:
            heapq.heappush(self._events, (at, -1, ""))
        for _first in range(self._trace.in_flight):
            self._begin_chain()
        while self._left:
            self._settle()
            self._move_on()
        self.played.makespan_s = self._now
        return self.played

    def _begin_chain(self) -> None:
        chain = next(self._open, None)
        if chain is not None:
            heapq.heappush(self._events, (self._now, chain, ""))

    def _settle(self) -> None:
        """Let the line do what can be done now."""
        while not isinstance(step := self._line.next(self._now), Wait):
            match step:
                case Grant():
                    self._start(step.number)
                case Load():
                    self.played.swaps += 1
                    self.played.order.append(step.model)
                    heapq.heappush(self._events, (self._now + self._trace.load_s[step.model], -2, step.model))
        if step.until is not None:
            heapq.heappush(self._events, (step.until, -3, ""))

    def _start(self, number: int) -> None:
        asked = self._asked.pop(number)
        waits = self.played.people_s if asked.chain < 0 else self.played.waits_s
        waits.append(self._now - asked.joined)
        self._active[number] = asked
        steps = self._trace.chains[asked.chain]
        if self._announces and asked.chain >= 0 and self._steps[asked.chain] + 1 < len(steps):
            self._line.announced[steps[self._steps[asked.chain] + 1].model] = self._now + 120.0

    def _move_on(self) -> None:
        """Go to the next thing that happens."""
        speeds = self._speeds()
        ends = [(self._now + one.left_s / speeds[number], number) for number, one in self._active.items()]
        first = min(ends, default=None)
        at = self._events[0][0] if self._events else math.inf
        if first is not None and first[0] <= at:
            self._pass(first[0], speeds)
            self._end(first[1])
            return
        self._pass(at, speeds)
        _at, kind, model = heapq.heappop(self._events)
        if kind >= 0:
            self._ask(kind, self._trace.chains[kind][self._steps[kind]], Priority.SWARM)
        elif kind == -1:
            self._ask(-1, self._trace.person, Priority.PERSON)
        elif kind == -2:
            carrier = self._line.carriers.get(model)
            self._line.ready(model, self._now)
            if carrier is not None:
                self._start(carrier)

    def _speeds(self) -> dict[int, float]:
        """Return how fast each answer comes, one alone being 1."""
        counts = Counter(one.work.model for one in self._active.values())
        share = 1 / len(counts) if counts else 1.0
        cost = self._trace.batch_cost
        return {n: share / (1 + cost * (counts[one.work.model] - 1)) for n, one in self._active.items()}

    def _pass(self, until: float, speeds: Mapping[int, float]) -> None:
        passed_s, self._now = until - self._now, until
        for number, one in self._active.items():
            one.left_s -= passed_s * speeds[number]

    def _ask(self, chain: int, work: Work, priority: Priority) -> None:
        self._count += 1
        self._asked[self._count] = _Active(work=work, joined=self._now, left_s=work.answer_s, chain=chain)
        self._line.join(Request(number=self._count, model=work.model, priority=priority, since=self._now))

    def _end(self, number: int) -> None:
        one = self._active.pop(number)
        self._line.leave(number, self._now)
        if one.chain < 0:
            return
        self._steps[one.chain] += 1
        if self._steps[one.chain] < len(self._trace.chains[one.chain]):
            heapq.heappush(self._events, (self._now + self._trace.tool_s, one.chain, ""))
            return
        self._left -= 1
        self._begin_chain()
