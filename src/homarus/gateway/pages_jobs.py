"""The pages of jobs: what is planned, what runs, what has run, and one run in all its steps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web

from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.ids import RunId, TurnId
from homarus.domain.jobs import Job, JobRun, RunState, StepView
from homarus.gateway.house import House
from homarus.gateway.jobs.house import Jobs
from homarus.gateway.jobs.schedules import in_words, next_times
from homarus.gateway.operations import house_of
from homarus.gateway.pages_render import page
from homarus.gateway.pages_steps import rows_of
from homarus.gateway.playing.gallery import starters

_SHOWN = 12
_PAGE = 50
_DAY = timedelta(hours=24)
_MOST_MARKS = 200
_HOURS_APART = 3
_NARROW = 0.001
_OPEN = tuple(state for state in RunState if not state.has_ended)
_ENDED = tuple(state for state in RunState if state.has_ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A job with its times."""

    job: Job
    in_words: str
    next: tuple[datetime, ...]
    last_run: JobRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something on the line of the next 24 hours."""

    at: float
    """Percent of the line."""
    word: str
    name: str = ""
    job_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far a run is, in its own words."""

    text: str
    done: int
    total: int


async def jobs(request: web.Request) -> web.StreamResponse:
    """Return what is planned with its next times, what is under way, and what ended last."""
    house = house_of(request)
    work = house.jobs()
    rows = [await _row(work, job) for job in await work.stored.jobs()]
    now = house.clock.now()
    gallery = await house.playing().gallery()
    return await page(
        request,
        "jobs.html",
        here="jobs",
        title=_("Jobs"),
        rows=rows,
        marks=_marks(rows, now),
        hours=_hours(now),
        busy=await work.runs.list(states=_OPEN, limit=_SHOWN),
        ended=await work.runs.list(states=_ENDED, limit=_SHOWN),
        playbooks=gallery,
        starters=starters(gallery),
        wanted=request.query.get("what", ""),
        zone=house.clock.zone.key,
    )


async def runs(request: web.Request) -> web.StreamResponse:
    """Return all runs, the newest first."""
    house = house_of(request)
    before = request.query.get("before")
    found = await house.jobs().runs.list(limit=_PAGE, before=RunId(before) if before else None)
    more = found[-1].run_id if len(found) == _PAGE else ""
    return await page(request, "runs.html", here="jobs", title=_("All runs"), runs=found, more=more)


async def run(request: web.Request) -> web.StreamResponse:
    """Return one run: what came of it, its steps in time, what it used, what it made."""
    house = house_of(request)
    work = house.jobs()
    shown = await work.runs.get(RunId(request.match_info["run_id"]))
    steps = await work.runs.steps(shown.run_id)
    books = house.playing().books
    span = _span(shown, steps)
    return await page(
        request,
        "run.html",
        here="jobs",
        title=shown.name,
        run=shown,
        steps=rows_of(steps),
        first=span.first,
        span=span.seconds,
        progress=await _told(house, shown),
        waits=_waits(shown),
        approvals=[one for one in await house.approvals.pending() if one.turn_id == shown.run_id],
        effects=await books.outgoing.effects(run=shown.run_id),
        artifacts=await books.findings.artifacts(shown.run_id),
        others=await _others(work, shown),
    )


async def _row(work: Jobs, job: Job) -> PlannedRow:
    last = await work.runs.list(job=job.job_id, limit=1)
    return PlannedRow(
        job=job,
        in_words=in_words(job.schedule),
        next=work.scheduling.next_of(job),
        last_run=last[0] if last else None,
    )


def _marks(rows: list[PlannedRow], now: datetime) -> list[Mark]:
    """Return the starts of the next 24 hours on a line, in their order."""
    found: list[tuple[datetime, Job]] = []
    for row in rows:
        if row.job.schedule is not None and row.next:
            times = next_times(row.job.schedule, now, _MOST_MARKS)
            found += [(at, row.job) for at in times if at - now <= _DAY]
    found.sort(key=lambda pair: pair[0])
    return [
        Mark(
            at=round((at - now) / _DAY * 100, 2),
            word=_("{name} at {time}").format(name=job.name, time=f"{at:%H:%M}"),
            name=job.name,
            job_id=job.job_id,
        )
        for at, job in found[:_MOST_MARKS]
    ]


def _hours(now: datetime) -> list[Mark]:
    """Return every third full hour on the line."""
    first = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = [first + timedelta(hours=count) for count in range(24)]
    return [
        Mark(at=round((at - now) / _DAY * 100, 2), word=f"{at:%H}")
        for at in hours
        if at.hour % _HOURS_APART == 0 and at - now <= _DAY
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    first: datetime
    seconds: float


def _span(shown: JobRun, steps: tuple[StepView, ...]) -> _Span:
    """Return when the first step began, and how long it is from there to the end or to now."""
    begun = [step.began_at for step in steps if step.began_at is not None]
    first = min(begun, default=shown.started_at or shown.queued_at)
    last = max((step.ended_at for step in steps if step.ended_at is not None), default=first)
    if not shown.state.has_ended:
        last = datetime.now(UTC)
    return _Span(first=first, seconds=max((last - first).total_seconds(), _NARROW))


async def _told(house: House, shown: JobRun) -> Told | None:
    """Return what the run said last of how far it is."""
    events = await house.store.of_turn(TurnId(shown.run_id))
    said: Event | None = next((event for event in reversed(events) if event.kind is Kind.RUN_SAID), None)
    if said is None or shown.state.has_ended:
        return None
    done, total = said.body.get("done"), said.body.get("total")
    return Told(
        text=str(said.body.get("text", "")),
        done=done if isinstance(done, int) else 0,
        total=total if isinstance(total, int) else 0,
    )


def _waits(shown: JobRun) -> str:
    """Return what a run waits for, in words."""
    if shown.state is RunState.PARKED:
        return _("It waits for your answer.")
    if shown.state is RunState.WAITING and shown.window is not None:
        words = _("It waits for its hours, {start} to {end}, and until nobody else needs the model.")
        plain = _("It waits for its hours, {start} to {end}.")
        return (words if shown.window.only_idle else plain).format(start=shown.window.start, end=shown.window.end)
    if shown.state is RunState.WAITING:
        return _("It is tried again soon.")
    return ""


async def _others(work: Jobs, shown: JobRun) -> tuple[JobRun, ...]:
    """Return earlier runs of the same playbook, to compare with."""
    if not shown.work.playbook:
        return ()
    found = await work.runs.list(states=_ENDED, limit=_PAGE)
    same = [one for one in found if one.work.playbook == shown.work.playbook and one.run_id != shown.run_id]
    return tuple(same[:5])
