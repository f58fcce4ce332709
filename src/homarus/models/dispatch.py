"""One queue per engine: who may ask it next, so that a person never waits behind a heartbeat."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self


class Priority(IntEnum):
    """Who asks; the smaller the number, the sooner."""

    PERSON = 0
    FOLLOW_UP = 1
    """The rest of a turn that waited for an approval."""
    JOB = 2
    HEARTBEAT = 3
    SWARM = 4

    @classmethod
    def of(cls, word: str) -> "Priority":
        """Read a priority by its name (`person`, `follow-up`, `job` ...); an unknown one is a job."""
        return cls.__members__.get(word.replace("-", "_").upper(), cls.JOB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """An answer has to wait for a slot."""

    position: int
    """One is next."""
    expected_wait_s: float | None = None
    phase: str = "queued"
    """`queued`, or `loading` while the engine starts."""


@dataclass(slots=True)
class _Engine:
    slots: int
    held: int = 0
    waiting: "list[Ticket]" = field(default_factory=list["Ticket"])
    typical_s: float | None = None
    """How long a lease lasts, a moving average."""


class Dispatch:
    """The queues of all engines."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock that lease times are measured with."""
        self._engines: dict[str, _Engine] = {}
        self._clock = clock
        self._count = 0

    def ticket(self, engine: str, *, slots: int, priority: Priority) -> "Ticket":
        """Return a ticket for an engine; it lines up when it is entered and frees its place when it is left."""
        self._count += 1
        found = self._engines.get(engine)
        if found is None:
            found = self._engines[engine] = _Engine(slots=slots)
        found.slots = max(1, slots)
        return Ticket(found, priority, self._count, self._clock)

    def held(self, engine: str) -> int:
        """Return how many leases an engine has given out."""
        found = self._engines.get(engine)
        return found.held if found else 0

    def waiting(self, engine: str) -> int:
        """Return how many wait for an engine."""
        found = self._engines.get(engine)
        return len(found.waiting) if found else 0


class Ticket:
    """A place in line, then a lease.

    Used as `async with dispatch.ticket(...) as ticket: async for queued in ticket.wait(): ...`; after the loop the
    slot is held until the block is left.
    """

    __slots__ = ("_changed", "_clock", "_engine", "_held_since", "rank")

    def __init__(self, engine: _Engine, priority: Priority, number: int, clock: Callable[[], float]) -> None:
        """Belong to an engine; tickets of one priority are served in the order of their numbers."""
        self._engine = engine
        self.rank = (int(priority), number)
        self._clock = clock
        self._changed: asyncio.Event | None = None
        self._held_since: float | None = None

    @property
    def is_held(self) -> bool:
        """Whether this ticket has its slot."""
        return self._held_since is not None

    async def __aenter__(self) -> Self:
        engine = self._engine
        if not engine.waiting and engine.held < engine.slots:
            engine.held += 1
            self._held_since = self._clock()
            return self
        self._changed = asyncio.Event()
        place = next((at for at, other in enumerate(engine.waiting) if other.rank > self.rank), len(engine.waiting))
        engine.waiting.insert(place, self)
        _serve(engine)
        return self

    async def __aexit__(self, *_error: object) -> None:
        engine = self._engine
        if self._held_since is None:
            engine.waiting.remove(self)
        else:
            lasted_s = self._clock() - self._held_since
            engine.typical_s = lasted_s if engine.typical_s is None else 0.7 * engine.typical_s + 0.3 * lasted_s
            engine.held -= 1
        if engine.waiting:
            _serve(engine)

    async def wait(self) -> AsyncGenerator[Queued]:
        """Yield the place in line, again whenever it changes, until the slot is held."""
        told = 0
        while self._held_since is None and self._changed is not None:
            position = self._engine.waiting.index(self) + 1
            if position != told:
                told = position
                typical_s = self._engine.typical_s
                rounds = -(-position // self._engine.slots)
                yield Queued(position=position, expected_wait_s=None if typical_s is None else typical_s * rounds)
                continue
            await self._changed.wait()
            self._changed.clear()

    def serve(self) -> None:
        """Hold a slot from now on."""
        self._held_since = self._clock()
        self.move_up()

    def move_up(self) -> None:
        """Look at the place in line again."""
        if self._changed is not None:
            self._changed.set()


def _serve(engine: _Engine) -> None:
    """Give free slots to those in front, and let the rest see their new place."""
    while engine.waiting and engine.held < engine.slots:
        ticket = engine.waiting.pop(0)
        engine.held += 1
        ticket.serve()
    for ticket in engine.waiting:
        ticket.move_up()
