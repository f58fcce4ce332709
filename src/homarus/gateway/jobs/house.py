"""Everything about jobs that faces may ask for, and the engine that is loaded when there is something to do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from homarus.domain.ids import RunId
from homarus.gateway.jobs.deadlines import Deadlines
from homarus.gateway.jobs.ended import Ends
from homarus.gateway.jobs.leading import Leading
from homarus.gateway.jobs.legs import Legs
from homarus.gateway.jobs.runs import Runs
from homarus.gateway.jobs.scheduling import Scheduling
from homarus.gateway.jobs.slots import RunSlots
from homarus.state.jobs.stored import StoredJobs

Background = Callable[[str, Callable[[], Awaitable[None]]], None]
"""Keep something running under a name for as long as the house stands."""


class Carrier(Protocol):
    """Queues legs and has them worked; `state.jobs.engine.Engine` is one."""

    async def open(self) -> None:
        """Begin to hand out legs."""
        ...

    async def enqueue(self, run_id: RunId, leg: int, *, priority: int) -> None:
        """Queue a leg; one that was queued before is not queued again."""
        ...

    async def left_by(self, executors: Sequence[str]) -> tuple[str, ...]:
        """Return the legs that processes had when they died."""
        ...

    async def hand_out_again(self, legs: Sequence[str]) -> None:
        """Queue legs again that nobody works any more."""
        ...

    async def forget(self, before: datetime, *, limit: int = 1000) -> int:
        """Delete legs that ended before a time; tell how many."""
        ...

    async def close(self) -> None:
        """Stop handing out and interrupt what works."""
        ...


@dataclass(kw_only=True)
class Motor:
    """Loads the engine once, when the first leg is queued or something was left by the last process."""

    make: Callable[[], Carrier]
    background: Background
    on_open: Callable[[], Awaitable[None]]
    loops: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict[str, Callable[[], Awaitable[None]]])
    """What runs beside the engine, from when it is loaded."""
    engine: Carrier | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)  # holds: one engine is made

    async def ready(self) -> Carrier:
        """Return the engine, loaded.

        Raises:
            StateError: when its database cannot be used.
        """
        if self.engine is not None:
            return self.engine
        async with self._opening:
            if self.engine is None:
                await self.on_open()
                engine = self.make()
                await engine.open()
                self.engine = engine
                for name, loop in self.loops.items():
                    self.background(name, loop)
        return self.engine

    async def enqueue(self, run_id: RunId, leg: int, priority: int) -> None:
        """Queue a leg; see `Engine.enqueue`."""
        await (await self.ready()).enqueue(run_id, leg, priority=priority)

    async def hand_out(self, executors: tuple[str, ...]) -> None:
        """Hand out again what the queue still holds for processes that are dead."""
        engine = await self.ready()
        await engine.hand_out_again(await engine.left_by(executors))

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete legs that ended before a time; tell how many."""
        return await (await self.ready()).forget(before, limit=limit)

    async def close(self) -> None:
        """Interrupt what works here and let go of the database."""
        if self.engine is not None:
            await self.engine.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Jobs and runs of one house."""

    runs: Runs
    stored: StoredJobs
    slots: RunSlots
    scheduling: Scheduling
    motor: Motor
    leading: Leading
    deadlines: Deadlines
    legs: Legs
    ends: Ends

    async def take_up(self) -> None:
        """Load the engine and go on with whatever the last process left."""
        await self.motor.on_open()
        await self.leading.resume()
        await self.motor.ready()
        await self.leading.queue()

    async def close(self) -> None:
        """End in good order; runs go on at the next start, or in another process."""
        await self.motor.close()
        await self.leading.leave()
