"""Start jobs when their time comes: one record for each time of a schedule, whatever happens to clock and machine.

What was seen up to when stands on disk, but nothing depends on it being the newest: a time has one row in the table of
runs, whoever is first, so that looking twice, in two gateways or after a crash, changes nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

from homarus.domain.errors import HomarusError
from homarus.domain.i18n import _
from homarus.domain.ids import JobId
from homarus.domain.jobs import Job
from homarus.domain.ports import Clock, Records
from homarus.gateway.jobs.missed import due, split
from homarus.gateway.jobs.schedules import moments, next_times

_LOG = logging.getLogger(__name__)
LONGEST_NAP_S = 30.0
"""A clock can jump and a machine can sleep, so no nap is taken on trust for longer."""
KIND = "schedule"
"""Of the small facts that say up to when a schedule has been looked at."""


class Planned(Protocol):
    """The jobs on disk."""

    async def jobs(self) -> tuple[Job, ...]:
        """Return all jobs."""
        ...


class Slots(Protocol):
    """Where each time of a schedule gets its one record."""

    async def begin(self, job: Job, slot: datetime) -> bool:
        """Start a run for a time; tell whether it had no record yet."""
        ...

    async def skip(self, job: Job, slot: datetime, because: str) -> bool:
        """Write down that a time passed without a run; tell whether it had no record yet."""
        ...

    async def is_busy(self, job_id: JobId) -> bool:
        """Whether a run of the job is queued or works."""
        ...


class Scheduling:
    """Looks at the clock and starts what is due."""

    def __init__(
        self,
        planned: Planned,
        slots: Slots,
        records: Records,
        clock: Clock,
        *,
        is_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Know the jobs and where their times are recorded; `is_on` says whether schedules start anything at all."""
        self._planned = planned
        self._slots = slots
        self._records = records
        self._clock = clock
        self._is_on = is_on
        self._was_off = False
        self._changed = asyncio.Event()
        self._complained: set[JobId] = set()

    async def run(self) -> None:
        """Start what is due, until cancelled."""
        while True:
            self._changed.clear()
            coming = await self.look()
            now = self._clock.now()
            nap_s = LONGEST_NAP_S if coming is None else (coming - now).total_seconds()
            try:
                async with asyncio.timeout(min(max(nap_s, 0.0), LONGEST_NAP_S)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def look_again(self) -> None:
        """Look at the clock anew: a job was added or changed."""
        self._changed.set()

    async def begin_anew(self, job_id: JobId) -> None:
        """Leave alone whatever passed until now: the job was paused, or had another schedule."""
        await self._mark(job_id, self._clock.now())
        self.look_again()

    async def forget(self, job_id: JobId) -> None:
        """Forget a job that is gone."""
        await self._records.drop(KIND, job_id)

    def next_of(self, job: Job, count: int = 3) -> tuple[datetime, ...]:
        """Return when a job comes next, in its own zone."""
        if job.schedule is None or not job.is_enabled:
            return ()
        return next_times(job.schedule, self._clock.now(), count)

    async def look(self) -> datetime | None:
        """Start what is due and return when the next time comes."""
        jobs = [job for job in await self._planned.jobs() if job.schedule is not None and job.is_enabled]
        if not self._is_on():
            self._was_off = True
            return None
        if self._was_off:
            for job in jobs:
                await self._mark(job.job_id, self._clock.now())
            self._was_off = False
        coming = [at for job in jobs if (at := await self._safely(job)) is not None]
        return min(coming, default=None)

    async def _safely(self, job: Job) -> datetime | None:
        """Look at one job; what is wrong with it must not keep the others from their times."""
        try:
            return await self._look_at(job)
        except HomarusError as error:
            if job.job_id not in self._complained:
                self._complained.add(job.job_id)
                _LOG.warning("job %s: %s %s", job.name, error.message, error.hint)
            return None

    async def _look_at(self, job: Job) -> datetime | None:
        schedule = job.schedule
        assert schedule is not None
        lag = lag_of(job)
        now = self._clock.now().astimezone(UTC)
        until = now - lag
        since = min(await self._since(job), until)
        found = due(schedule, since=since, until=until)
        if found.slots:
            parts = split(found.slots, now=now, missed=schedule.missed, lag=lag)
            for slot in parts.skip:
                await self._slots.skip(job, slot, _passed(is_cut=found.is_cut and slot == found.slots[0]))
            for slot in parts.work:
                await self._begin(job, slot, is_alone=len(parts.work) == 1)
            await self._mark(job.job_id, found.slots[-1])
        following = next(moments(schedule, until), None)
        return None if following is None else following + lag

    async def _begin(self, job: Job, slot: datetime, *, is_alone: bool) -> None:
        if is_alone and await self._slots.is_busy(job.job_id):
            await self._slots.skip(job, slot, _("The run before it was still under way."))
        else:
            await self._slots.begin(job, slot)

    async def _since(self, job: Job) -> datetime:
        known = await self._records.get(KIND, job.job_id)
        return datetime.fromisoformat(str(known["since"])) if known else job.made_at

    async def _mark(self, job_id: JobId, at: datetime) -> None:
        await self._records.put(KIND, job_id, {"since": at.astimezone(UTC).isoformat()})


def _passed(*, is_cut: bool) -> str:
    if is_cut:
        return _("Its time passed while homarus was not running, and so did earlier ones that are not listed.")
    return _("Its time passed while homarus was not running.")


def lag_of(job: Job) -> timedelta:
    """Return how much later than its times a job starts: the same for a job always, spread over all jobs."""
    most_s = job.schedule.stagger_s if job.schedule else 0.0
    share = int.from_bytes(sha256(job.job_id.encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=round(most_s * share))
