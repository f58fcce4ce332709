"""The one part of jobs that is there from the start: it notices whether there is anything to do, and loads the rest."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from homarus.domain.errors import HomarusError
from homarus.domain.ids import TurnId
from homarus.gateway.jobs.ground import Ground
from homarus.gateway.keeping import kept_alive, logged

if TYPE_CHECKING:
    from homarus.gateway.house import House
    from homarus.gateway.jobs.house import Jobs
    from homarus.state.jobs.any import Count

RUN = "run_"
"""How the ids of runs begin, which stand in the log where a turn's id stands."""
_QUIET_AFTER_S = 300.0
_LOG = logging.getLogger(__name__)


class JobsLater:
    """The jobs of a house, made when somebody asks for them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._jobs: Jobs | None = None
        self._spoken_at = time.monotonic() - _QUIET_AFTER_S
        self.house: House | None = None
        """Set once it is built: who does the work needs it."""

    def __call__(self) -> "Jobs":
        """Return the jobs, loaded and made the first time; schedules are looked at from then on."""
        if self._jobs is None:
            from homarus.gateway.jobs.wiring import jobs_in
            from homarus.gateway.performing import attach, performers_of

            performers = {} if self.house is None else performers_of(self.house, self._ground)
            self._jobs = jobs_in(self._ground, performers, is_idle=self._is_idle, background=self._keep)
            if self.house is not None and not self._ground.is_worker:
                attach(self.house, self._ground, self._jobs)
            if not self._ground.is_worker:
                self._keep("schedules", self._jobs.scheduling.run)
        return self._jobs

    def note_person(self) -> None:
        """A person wrote: runs that wait for a quiet house wait a while longer."""
        self._spoken_at = time.monotonic()

    def decided(self, turn: TurnId) -> bool:
        """Let a run go on whose question was answered; tell whether it is a run."""
        if not turn.startswith(RUN):
            return False
        self._ground.tasks.create_task(logged("wake", self().runs.wake(turn)))
        return True

    async def take_up(self) -> None:
        """Load jobs when there are some, and go on with what the last process left."""
        try:
            there = await self.count()
            if there.open_runs or self._ground.is_worker:
                self._ground.tasks.create_task(logged("jobs", self().take_up()))
            elif there.jobs or there.is_untold:
                self._ground.tasks.create_task(logged("ends", self().ends.catch_up()))
        except HomarusError as error:
            _LOG.error("jobs cannot be taken up: %s %s", error.message, error.hint)

    async def count(self) -> "Count":
        """Return how many jobs and runs there are, without loading anything of them.

        Raises:
            StateError: when the tables cannot be read.
        """
        from homarus.state.jobs.any import count

        return await count(self._ground.store)

    async def heartbeats(self) -> None:
        """Notice, for ever, when there is something for a heartbeat to look at; jobs are loaded only then."""
        from homarus.gateway.beats import heartbeats_of

        assert self.house is not None
        await heartbeats_of(self.house, self._ground).run()

    async def close(self) -> None:
        """End in good order; runs go on at the next start."""
        if self._jobs is not None:
            await self._jobs.close()

    def _is_idle(self) -> bool:
        return time.monotonic() - self._spoken_at >= _QUIET_AFTER_S

    def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._ground.tasks.create_task(kept_alive(name, work), name=name)
