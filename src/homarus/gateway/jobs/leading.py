"""Who is alive, and whose runs are nobody's: one process looks after all of them.

Each process writes down now and then that it lives. The one with the smallest name among the living leads: it hands
the runs of the dead to others. Who is dead is told by a row that does not change for a while on the leader's own clock,
so that the clocks of machines need not agree. Should two lead for a moment, each run still goes to one: the table says
so.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.domain.ids import RunId
from homarus.domain.jobs import RunState
from homarus.domain.ports import Clock, Store
from homarus.gateway.jobs.legs import Legs
from homarus.gateway.jobs.working import Working
from homarus.state.jobs.executors import Executor, StoredExecutors
from homarus.state.jobs.rows import stamp
from homarus.state.jobs.runs import SCHEMA, Standing, StoredRuns

BEAT_S = 3.0
DEAD_AFTER_S = 12.0
_QUEUED_LONG_S = 30.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a leader looks at."""

    store: Store
    stored: StoredRuns
    executors: StoredExecutors
    clock: Clock
    me: Executor
    legs: Legs
    working: Working
    hand_out: Callable[[tuple[str, ...]], Awaitable[None]]
    """Hand out again what the queue still holds for these executors."""
    work_here: Callable[[RunId, int], None]
    """Work a leg in this process, past the queue."""
    is_shared: bool
    """Whether there can be other processes at all."""
    beat_s: float = BEAT_S
    dead_after_s: float = DEAD_AFTER_S


@dataclass(slots=True, kw_only=True)
class _Sight:
    """What was last seen of a process, and when, on our own clock."""

    boot: str
    seen_at: str
    since: float = field(default_factory=time.monotonic)


class Leading:
    """Takes care of runs that nobody works."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._sights: dict[str, _Sight] = {}
        self._queued: dict[str, float] = {}

    async def greet(self) -> None:
        """Say that we live, before anything is handed to us."""
        if self._watched.is_shared:
            await self._watched.executors.beat(self._watched.me, now=self._watched.clock.now())

    async def resume(self) -> None:
        """Go on with what this executor was working when it ended; at once, before the engine is loaded for the rest.

        Those were no more than work at a time, and the table says that they are ours: no queue is needed for them.
        """
        watched = self._watched
        for standing in await watched.stored.open():
            if standing.schema != SCHEMA:
                await self._interrupt(standing)
            elif standing.run.state is RunState.RUNNING and self._was_mine(standing):
                moved = await self._taken(standing)
                if moved is not None:
                    watched.work_here(moved.run.run_id, moved.leg)

    async def queue(self) -> None:
        """Hand to the engine what was written down as queued, and let go on what was decided meanwhile."""
        watched = self._watched
        for standing in await watched.stored.open():
            is_here = any(standing.run.run_id == mine.run.run_id for mine in watched.working.running)
            if standing.run.state is RunState.QUEUED and not is_here:
                await watched.legs.queue(standing.run, standing.leg)
            elif standing.run.state is RunState.PARKED:
                await self._wake_if_decided(standing)

    async def run(self) -> None:
        """Say that we live, and look after the others, for ever."""
        watched = self._watched
        while True:
            try:
                await self.greet()
                if watched.is_shared:
                    await self._let_go_of_lost()
                await self._look()
            except StateError as error:
                _LOG.warning("jobs cannot be looked after: %s", error.message)
            await asyncio.sleep(watched.beat_s if watched.is_shared else _QUEUED_LONG_S)

    async def leave(self) -> None:
        """Say that we end in good order, so that others take our runs up at once."""
        if self._watched.is_shared:
            await self._watched.executors.drop(self._watched.me)

    async def _look(self) -> None:
        watched = self._watched
        known = await watched.executors.all() if watched.is_shared else ()
        dead = self._dead(known)
        living = {executor.name for executor in known if executor not in dead} | {watched.me.name}
        if watched.me.name != min(living):
            return
        runs = await watched.stored.open()
        for standing in runs:
            if standing.run.state is RunState.RUNNING and standing.run.executor not in living:
                await self._take(standing)
            elif standing.run.state is RunState.PARKED:
                await self._wake_if_decided(standing)
        await self._queue_forgotten(runs)
        for executor in dead:
            await watched.hand_out((executor.name,))
            await watched.executors.drop(executor)

    def _dead(self, known: tuple[Executor, ...]) -> tuple[Executor, ...]:
        now, dead = time.monotonic(), list[Executor]()
        for executor in known:
            seen = self._sights.get(executor.name)
            if seen is None or (seen.boot, seen.seen_at) != (executor.boot, executor.seen_at):
                self._sights[executor.name] = _Sight(boot=executor.boot, seen_at=executor.seen_at)
            elif now - seen.since >= self._watched.dead_after_s and executor.name != self._watched.me.name:
                dead.append(executor)
        return tuple(dead)

    async def _let_go_of_lost(self) -> None:
        """Stop legs that were given to somebody else, because we seemed dead for a while."""
        mine = {standing.run.run_id: standing.leg for standing in self._watched.working.running}
        for run_id, leg in mine.items():
            now = await self._watched.stored.get(run_id)
            is_mine = now is not None and now.leg == leg and now.run.state is RunState.RUNNING
            if not is_mine and self._watched.working.interrupt(run_id):
                _LOG.warning("%s is worked by somebody else now, or was ended", run_id)

    async def _queue_forgotten(self, runs: tuple[Standing, ...]) -> None:
        """Queue again what was queued long ago and not begun: whoever wrote it down may have died before queueing."""
        now = time.monotonic()
        waiting = {f"{run.run.run_id}:{run.leg}": run for run in runs if run.run.state is RunState.QUEUED}
        self._queued = {key: self._queued.get(key, now) for key in waiting}
        for key, standing in waiting.items():
            if now - self._queued[key] >= _QUEUED_LONG_S:
                self._queued[key] = now
                await self._watched.legs.queue(standing.run, standing.leg)

    def _was_mine(self, standing: Standing) -> bool:
        is_mine = standing.run.executor == self._watched.me.name and standing.boot != self._watched.me.boot
        return is_mine or not self._watched.is_shared

    async def _take(self, standing: Standing) -> None:
        moved = await self._taken(standing)
        if moved is not None:
            await self._watched.legs.queue(moved.run, moved.leg)

    async def _taken(self, standing: Standing) -> Standing | None:
        _LOG.info("%s is taken up where it was cut off", standing.run.run_id)
        return await self._watched.legs.next(
            standing.run.run_id,
            came_from=(RunState.RUNNING,),
            because=_("It was cut off, and goes on where it was."),
            cause="crash",
            boot=standing.boot,
        )

    async def _wake_if_decided(self, standing: Standing) -> None:
        if standing.run.waits_for and await self._watched.store.find(standing.run.waits_for) is not None:
            await self._watched.legs.go_on(
                standing.run.run_id, came_from=(RunState.PARKED,), because=standing.run.waits_for, cause="decided"
            )

    async def _interrupt(self, standing: Standing) -> None:
        await self._watched.legs.interrupt(
            standing,
            summary=_("An update of homarus interrupted this run."),
            hint=_("Start it again: homarus jobs retry {id}").format(id=standing.run.run_id),
            now=stamp(self._watched.clock.now()),
        )
