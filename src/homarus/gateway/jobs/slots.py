"""Where each time of a schedule gets its one record, and each outcome the note that somebody was told."""

from datetime import datetime

from homarus.domain.events import Kind
from homarus.domain.ids import JobId, RunId, fresh
from homarus.domain.jobs import Job, JobRun, RunState, Trigger
from homarus.domain.ports import Clock
from homarus.gateway.jobs.legs import Legs
from homarus.gateway.jobs.runs import Runs
from homarus.state.jobs.rows import stamp
from homarus.state.jobs.runs import Move, StoredRuns

_UNDER_WAY = (RunState.QUEUED, RunState.WAITING, RunState.RUNNING)
_OVER = tuple(state for state in RunState if state.has_ended)


class RunSlots:
    """Implements `gateway.jobs.scheduling.Slots` over the table of runs."""

    def __init__(self, runs: Runs, stored: StoredRuns, legs: Legs, clock: Clock) -> None:
        self._runs = runs
        self._stored = stored
        self._legs = legs
        self._clock = clock

    async def begin(self, job: Job, slot: datetime) -> bool:
        """Start a run for a time; tell whether it had no record yet."""
        before = self._clock.now()
        run = await self._runs.start(job.work, name=job.name, trigger=Trigger.CLOCK, job=job, slot=slot)
        return run.queued_at >= before

    async def skip(self, job: Job, slot: datetime, because: str) -> bool:
        """Write down that a time passed without a run; tell whether it had no record yet."""
        now = self._clock.now()
        run = JobRun(
            run_id=RunId(fresh("run")),
            name=job.name,
            work=job.work,
            trigger=Trigger.CLOCK,
            state=RunState.SKIPPED,
            job_id=job.job_id,
            slot=slot,
            queued_at=now,
            ended_at=now,
            delivery=job.delivery,
            zone=job.schedule.zone if job.schedule else str(self._clock.zone),
            summary=because,
        )
        return (await self._legs.begin(run)).is_new

    async def is_busy(self, job_id: JobId) -> bool:
        """Whether a run of the job is queued or works; one that waits for a person keeps no later one from its time."""
        return bool(await self._stored.list(job=job_id, states=_UNDER_WAY, limit=1))

    async def note_told(self, run_id: RunId, *, channel: str, to: str = "") -> None:
        """Write down that the outcome of a run reached its owner."""
        columns = {"told_at": stamp(self._clock.now())}
        body = {"channel": channel, "to": to}
        await self._stored.move(
            Move(run_id=run_id, came_from=_OVER, columns=columns, kind=Kind.RUN_TOLD, body=body, is_synced=False)
        )
