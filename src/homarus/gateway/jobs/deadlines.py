"""Let runs go on when their time comes: another try, an opening window, a deadline, the end of a question."""

import asyncio
import logging
from datetime import UTC, datetime

from homarus.domain.errors import StateError
from homarus.domain.jobs import RunState
from homarus.domain.ports import Clock
from homarus.gateway.jobs.legs import Legs
from homarus.state.jobs.runs import StoredRuns

_LOOK_S = 30.0
"""At the latest after this long it looks again, so that a clock that jumps is noticed."""
_AFTER_TROUBLE_S = 5.0
_LOG = logging.getLogger(__name__)


class Deadlines:
    """Wakes what is due."""

    def __init__(self, stored: StoredRuns, legs: Legs, clock: Clock) -> None:
        self._stored = stored
        self._legs = legs
        self._clock = clock
        self._changed = asyncio.Event()

    def look_again(self) -> None:
        """Notice that a run waits for a time now."""
        self._changed.set()

    async def run(self) -> None:
        """Wake runs for ever."""
        while True:
            self._changed.clear()
            try:
                wait_s = await self._go_on()
            except StateError as error:
                _LOG.warning("what is due cannot be read: %s", error.message)
                wait_s = _AFTER_TROUBLE_S
            try:
                await asyncio.wait_for(self._changed.wait(), wait_s)
            except TimeoutError:
                continue

    async def _go_on(self) -> float:
        now = self._clock.now()
        for standing in await self._stored.due(now):
            state = standing.run.state
            cause = "time" if state is RunState.PARKED else "again"
            await self._legs.go_on(standing.run.run_id, came_from=(state,), because="", cause=cause)
        due_at = await self._stored.next_due()
        return _LOOK_S if due_at is None else min(max(_seconds(now, due_at), 0.0), _LOOK_S)


def _seconds(now: datetime, then: datetime) -> float:
    return (then - now.astimezone(UTC)).total_seconds()
