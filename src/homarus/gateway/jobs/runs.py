"""Runs: started, held, taken up again, looked at. What happens in one is `gateway.jobs.working`.

Every change is written down first and then queued; what was written and not queued, because the process died between
the two, is queued by `recover`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.events import Kind
from homarus.domain.i18n import _
from homarus.domain.ids import JobId, RunId, TurnId, fresh
from homarus.domain.jobs import (
    Budget,
    Delivery,
    Job,
    JobRun,
    RunState,
    Spent,
    StepView,
    Trigger,
    Window,
    Work,
    WorkKind,
)
from homarus.domain.ports import Clock, Store
from homarus.domain.running import Performer, RunOutcome
from homarus.gateway.jobs.ends import Ended, Waits
from homarus.gateway.jobs.legs import Legs
from homarus.gateway.jobs.limits import deadline_after
from homarus.gateway.jobs.steps import steps_in
from homarus.gateway.jobs.taking_over import taken_over
from homarus.gateway.jobs.working import Working, ended_columns, waiting_columns
from homarus.state.jobs.runs import OPEN, Move, Standing, StoredRuns

_CONTINUED = (RunState.FAILED, RunState.INTERRUPTED, RunState.CANCELLED, RunState.PARTIAL, RunState.SKIPPED)
_NOTHING = Spent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What runs are kept and moved with."""

    store: Store
    stored: StoredRuns
    clock: Clock
    working: Working
    legs: Legs


class Runs:
    """All runs of the house."""

    def __init__(self, rooms: Rooms, performers: dict[WorkKind, Callable[[], Performer]]) -> None:
        """Take what moves runs; who does which kind of work can be added to `performers` later."""
        self._rooms = rooms
        self.performers = performers

    async def start(  # noqa: PLR0913 - each says another thing about the run, and all but three have a default
        self,
        work: Work,
        *,
        name: str,
        trigger: Trigger,
        job: Job | None = None,
        slot: datetime | None = None,
        is_dry: bool = False,
        budget: Budget | None = None,
        deadline_at: datetime | None = None,
        delivery: Delivery | None = None,
        priority: str | None = None,
        window: Window | None = None,
        zone: str | None = None,
    ) -> JobRun:
        """Write a run down and queue it; of a slot that has a run already, return that one.

        What is not given is the job's, else there is none; a job's hours hold only what its clock starts. The run
        survives `kill -9` when this returns.

        Raises:
            DiskFullError: when there is no room; nothing was started.
        """
        now = self._rooms.clock.now()
        known_zone = zone or (job.schedule.zone if job and job.schedule else str(self._rooms.clock.zone))
        run = JobRun(
            run_id=RunId(fresh("run")),
            name=name,
            work=work,
            trigger=trigger,
            state=RunState.QUEUED,
            job_id=job.job_id if job else None,
            slot=slot,
            queued_at=now,
            deadline_at=deadline_at or _deadline_of(job, now, known_zone),
            budget=budget or (job.budget if job else Budget()),
            delivery=delivery or (job.delivery if job else Delivery()),
            priority=priority or (job.priority if job else "job"),
            window=window or (_hours_of(job) if job and trigger is Trigger.CLOCK else None),
            zone=known_zone,
            is_dry=is_dry,
        )
        return (await self._rooms.legs.begin(run)).run

    async def cancel(self, run_id: RunId, *, by: str = "owner") -> JobRun:
        """End a run at once; what it did stays done.

        Raises:
            NotFoundError: when there is no such run.
            UsageError: when it is over.
        """
        said = RunOutcome(state=RunState.CANCELLED, summary=_("Cancelled by {by}.").format(by=by))
        columns = ended_columns(Ended(outcome=said), self._rooms.clock.now())
        moved = await self._rooms.stored.move(Move(run_id=run_id, came_from=OPEN, columns=columns, kind=Kind.RUN_ENDED))
        if moved is None:
            raise await self._not_now(run_id)
        self._rooms.working.interrupt(run_id)
        await self._rooms.legs.ends.tell(moved.run)
        return moved.run

    async def pause(self, run_id: RunId, *, by: str = "owner") -> JobRun:
        """Hold a run before its next step; a step that is under way is brought to its end.

        Raises:
            NotFoundError: when there is no such run.
            UsageError: when it is over or paused.
        """
        held = Waits(state=RunState.PAUSED, because=by, cause="owner")
        if self._rooms.working.hold(run_id, held):
            return await self.get(run_id)
        came_from = (RunState.QUEUED, RunState.WAITING, RunState.PARKED, RunState.RUNNING)
        columns = waiting_columns((await self._standing(run_id)).run, held)
        moved = await self._rooms.stored.move(
            Move(run_id=run_id, came_from=came_from, columns=columns, because=by, cause="owner")
        )
        if moved is None:
            raise await self._not_now(run_id)
        self._rooms.working.interrupt(run_id)
        return moved.run

    async def resume(self, run_id: RunId, *, by: str = "owner") -> JobRun:
        """Let a run that is paused, or waits for its hours or another try, go on now.

        Raises:
            NotFoundError: when there is no such run.
            UsageError: when it is over, or works already.
        """
        moved = await self._rooms.legs.go_on(
            run_id, came_from=(RunState.PAUSED, RunState.WAITING), because=by, cause="owner"
        )
        if moved is None:
            raise await self._not_now(run_id)
        return moved.run

    async def retry(self, run_id: RunId, from_step: str = "") -> JobRun:
        """Start a run that is over once more, as another run.

        Outcomes of the steps before `from_step` are taken over. Without one, a run that did not come to its end goes
        on behind the last step that did, and one that was done is done anew.

        Raises:
            NotFoundError: when there is no such run, or it has no such step.
            UsageError: when it is not over.
        """
        old = await self._standing(run_id)
        if not old.run.state.has_ended:
            raise UsageError(
                _("The run {id!r} is not over.").format(id=run_id), hint=_("Cancel it first, or let it go on.")
            )
        run = _anew(old.run, from_step=from_step, now=self._rooms.clock.now())
        events = await self._rooms.store.of_turn(TurnId(run_id))
        is_continued = not from_step and old.run.state in _CONTINUED
        copies = taken_over(events, run, is_continued=is_continued) if from_step or is_continued else ()
        if copies:
            await self._rooms.store.append(*copies)
        return (await self._rooms.legs.begin(run)).run

    async def get(self, run_id: RunId) -> JobRun:
        """Return a run.

        Raises:
            NotFoundError: when there is no such run.
        """
        return (await self._standing(run_id)).run

    async def list(
        self,
        job: JobId | None = None,
        states: Sequence[RunState] = (),
        limit: int = 50,
        before: RunId | None = None,
    ) -> tuple[JobRun, ...]:
        """Return runs, newest first."""
        return await self._rooms.stored.list(job=job, states=states, limit=limit, before=before)

    async def steps(self, run_id: RunId) -> tuple[StepView, ...]:
        """Return the steps of a run, in the order in which they ended; those under way last.

        Raises:
            NotFoundError: when there is no such run.
        """
        run = await self.get(run_id)
        events = await self._rooms.store.of_turn(TurnId(run_id))
        return steps_in(run, events, under_way=self._rooms.working.under_way(run_id))

    async def wake(self, topic: str) -> None:
        """Let the runs go on that wait for a topic; a run's own id wakes that run, whatever it is parked for."""
        found = await self._rooms.stored.waiting_for(topic)
        known = await self._rooms.stored.get(RunId(topic)) if topic.startswith("run_") else None
        for standing in (*found, *([known] if known else [])):
            await self._rooms.legs.go_on(
                standing.run.run_id, came_from=(RunState.PARKED,), because=topic, cause="decided"
            )

    def on_ended(self, callback: Callable[[JobRun], Awaitable[None]]) -> None:
        """Have somebody told of every run that ends, at least once: also of those whose telling was cut off."""
        self._rooms.legs.ends.listeners.append(callback)

    async def _standing(self, run_id: RunId) -> Standing:
        found = await self._rooms.stored.get(run_id)
        if found is None:
            raise NotFoundError(
                _("There is no run {id!r}.").format(id=run_id), hint=_("See what there is: homarus jobs list")
            )
        return found

    async def _not_now(self, run_id: RunId) -> UsageError:
        state = (await self.get(run_id)).state
        return UsageError(
            _("The run {id!r} is {state}.").format(id=run_id, state=state.value),
            hint=_("See where it stands: homarus jobs show {id}").format(id=run_id),
        )


def _anew(old: JobRun, *, from_step: str, now: datetime) -> JobRun:
    """Return a run that does the work of another one again."""
    return replace(
        old,
        run_id=RunId(fresh("run")),
        work=replace(old.work, seed=old.seed),
        state=RunState.QUEUED,
        trigger=old.trigger.again,
        slot=None,
        queued_at=now,
        started_at=None,
        ended_at=None,
        told_at=None,
        deadline_at=None,
        window=None,
        spent=_NOTHING,
        retry_of=old.run_id,
        from_step=from_step,
        attempt=1,
        executor="",
        models=(),
        report="",
        summary="",
        error="",
        hint="",
    )


def _deadline_of(job: Job | None, now: datetime, zone: str) -> datetime | None:
    return deadline_after(job.deadline, now, ZoneInfo(zone)) if job is not None and job.deadline else None


def _hours_of(job: Job) -> Window | None:
    return job.window or (job.schedule.window if job.schedule else None)
