"""Tell whoever wants to know that a run is over, at least once.

That holds for runs that another process ended, too, and for those that ended right before this one was cut off.
The log says which runs ended; how far it was read stands on disk, and moves on only when everybody was told.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from homarus.domain.errors import StateError
from homarus.domain.events import Event, Kind
from homarus.domain.ids import RunId
from homarus.domain.jobs import JobRun
from homarus.domain.ports import Records, Store
from homarus.gateway.keeping import logged
from homarus.state.jobs.any import READ, place_of
from homarus.state.jobs.runs import StoredRuns

_LOOK_S = 2.0
_MOST = 200
_LOG = logging.getLogger(__name__)
Listener = Callable[[JobRun], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Ends:
    """Who is told of ends, and how far."""

    store: Store
    stored: StoredRuns
    records: Records
    reader: str
    """Whose place in the log it is: each process reads for itself."""
    listeners: list[Listener] = field(default_factory=list[Listener])
    _told: set[RunId] = field(default_factory=set[RunId])
    _telling: set[RunId] = field(default_factory=set[RunId])

    async def tell(self, run: JobRun) -> None:
        """Tell everybody of a run that ended here; what breaks in one of them is written to the log."""
        self._telling.add(run.run_id)
        try:
            for listener in self.listeners:
                await logged("telling", listener(run))
        finally:
            self._telling.discard(run.run_id)
        self._told.add(run.run_id)

    async def begin(self) -> None:
        """Read from here on, unless this process has a place already."""
        if await self.records.get(READ, place_of(self.reader)) is None:
            await self._move_to(await self.store.last_seq())

    async def run(self) -> None:
        """Catch up now and then, for ever."""
        while True:
            try:
                await self.catch_up()
            except StateError as error:
                _LOG.warning("which runs ended cannot be read: %s", error.message)
            await asyncio.sleep(_LOOK_S)

    async def catch_up(self) -> None:
        """Tell of what ended elsewhere, or right before the last process was cut off."""
        known = await self.records.get(READ, place_of(self.reader))
        begun = place = _number(known)
        for event in await self.store.since(place, limit=_MOST, kinds=(Kind.RUN_ENDED,)):
            if not await self._is_told(event):
                break
            place = event.seq
        if place != begun or known is None:
            await self._move_to(place)

    async def _is_told(self, event: Event) -> bool:
        run_id = RunId(event.turn or "")
        if run_id in self._telling:
            return False
        if run_id in self._told:
            self._told.discard(run_id)
            return True
        standing = await self.stored.get(run_id)
        if standing is not None and standing.run.state.has_ended:
            await self.tell(standing.run)
            self._told.discard(run_id)
        return True

    async def _move_to(self, seq: int) -> None:
        await self.records.put(READ, place_of(self.reader), {"seq": seq})


def _number(known: object) -> int:
    seq = known.get("seq") if isinstance(known, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
    return seq if isinstance(seq, int) else 0
