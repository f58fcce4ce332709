"""Legs of runs: written down as queued, then handed to the engine. Two that want the same leg cannot both get it."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from homarus.domain.errors import StateError
from homarus.domain.events import Kind
from homarus.domain.ids import RunId
from homarus.domain.jobs import JobRun, RunState, SlotTaken, Trigger
from homarus.gateway.jobs.ended import Ends
from homarus.state.jobs.rows import Value
from homarus.state.jobs.runs import Move, Standing, StoredRuns

_LOG = logging.getLogger(__name__)
_PRIORITIES: Mapping[str, int] = {"person": 1, "job": 10, "heartbeat": 20, "swarm": 30}
_BY_HAND = 5

Enqueue = Callable[[RunId, int, int], Awaitable[None]]
"""Queue a leg of a run with a priority; loads the engine when it is the first."""


@dataclass(slots=True, kw_only=True)
class Legs:
    """Starts legs, and tells of ends."""

    stored: StoredRuns
    enqueue: Enqueue
    ends: Ends

    async def begin(self, run: JobRun) -> SlotTaken:
        """Write a run down and queue its first leg; of a slot that has a run already, return that one.

        Raises:
            DiskFullError: when there is no room; nothing was started.
        """
        taken = await self.stored.add(run)
        if taken.is_new and not run.state.has_ended:
            await self.queue(run, 1)
        return taken

    async def go_on(
        self, run_id: RunId, *, came_from: Sequence[RunState], because: str, cause: str, boot: str | None = None
    ) -> Standing | None:
        """Queue the next leg of a run; `None` when it is not where that starts from."""
        moved = await self.next(run_id, came_from=came_from, because=because, cause=cause, boot=boot)
        if moved is not None:
            await self.queue(moved.run, moved.leg)
        return moved

    async def next(
        self, run_id: RunId, *, came_from: Sequence[RunState], because: str, cause: str, boot: str | None = None
    ) -> Standing | None:
        """Write down that a run goes on with its next leg, which is not handed to the engine."""
        standing = await self.stored.get(run_id)
        if standing is None or standing.run.state not in came_from:
            return None
        columns: dict[str, Value] = {"state": RunState.QUEUED.value, "leg": standing.leg + 1, "due_at": None}
        return await self.stored.move(
            Move(
                run_id=run_id,
                came_from=came_from,
                leg=standing.leg,
                boot=boot,
                columns=columns,
                because=because,
                cause=cause,
            )
        )

    async def queue(self, run: JobRun, leg: int) -> None:
        """Hand a leg to the engine; when that cannot be now, it is done again when somebody looks for such legs."""
        priority = _BY_HAND if run.trigger in (Trigger.HAND, Trigger.RETRY) else _PRIORITIES.get(run.priority, 10)
        try:
            await self.enqueue(run.run_id, leg, priority)
        except StateError as error:
            _LOG.warning("%s is written down and not queued yet: %s", run.run_id, error.message)

    async def interrupt(self, standing: Standing, *, summary: str, hint: str, now: str) -> None:
        """End a run that belongs to an older version of the house."""
        columns: dict[str, Value] = {
            "state": RunState.INTERRUPTED.value,
            "ended_at": now,
            "waits_for": "",
            "due_at": None,
            "summary": summary,
            "error": summary,
            "hint": hint,
        }
        state = standing.run.state
        moved = await self.stored.move(
            Move(run_id=standing.run.run_id, came_from=(state,), leg=standing.leg, columns=columns, kind=Kind.RUN_ENDED)
        )
        if moved is not None:
            await self.ends.tell(moved.run)
