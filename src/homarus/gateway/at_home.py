"""What Home shows of jobs: what runs, what comes next, the last briefing with its items, figures of playbooks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from homarus.domain.books import Items
from homarus.domain.errors import HomarusError
from homarus.domain.findings import ActionItem, Report
from homarus.domain.jobs import JobRun, RunState
from homarus.gateway.house import House

_BRIEFING = "briefing"
_LOOKED_AT = 100
_ITEMS = 8
_ITEMS_KNOWN = 1000
_COMING = 5
_TILES = 8
_RUNNING = 10
_OPEN = tuple(state for state in RunState if not state.has_ended)
_HANDED_OVER = (RunState.DONE, RunState.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A job and when it comes next."""

    job_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure that a playbook found last."""

    title: str
    value: str
    playbook: str
    run_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """The last briefing."""

    run_id: str
    title: str
    summary: str
    at: datetime
    missing: int
    """How many things could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHome:
    """Everything of jobs that Home shows."""

    running: tuple[JobRun, ...] = ()
    coming: tuple[Coming, ...] = ()
    briefing: Briefing | None = None
    items: tuple[ActionItem, ...] = ()
    """What is still to be done, the most pressing first."""
    tiles: tuple[Tile, ...] = field(default_factory=tuple[Tile, ...])


async def at_home(house: House) -> AtHome:
    """Look at jobs and runs; where there never was one, nothing is loaded for it."""
    there = await house.jobs.count()
    if not there.jobs and not there.runs:
        return AtHome()
    from homarus.gateway.pages_reports import report_of

    runs = house.jobs().runs
    reports: dict[str, tuple[JobRun, Report]] = {}
    for run in await runs.list(states=_HANDED_OVER, limit=_LOOKED_AT):
        playbook = run.work.playbook
        if not playbook or playbook in reports or not run.report or run.is_dry:
            continue
        try:
            reports[playbook] = (run, await report_of(house, run))
        except HomarusError:
            continue  # its file is gone; the run itself says so
    last = reports.get(_BRIEFING)
    return AtHome(
        running=await runs.list(states=_OPEN, limit=_RUNNING),
        coming=await _coming(house),
        briefing=_briefing(*last) if last is not None else None,
        items=await still_open(house.playing().books.items, [report for _run, report in reports.values()]),
        tiles=_tiles(reports),
    )


async def still_open(items: Items, reports: Sequence[Report]) -> tuple[ActionItem, ...]:
    """Return what the last report of each playbook wants done and nobody ticked; what earlier ones wanted is past."""
    wanted = {action.key for report in reports for action in report.actions}
    return tuple(item for item in await items.open_items(limit=_ITEMS_KNOWN) if item.key in wanted)[:_ITEMS]


def _briefing(run: JobRun, report: Report) -> Briefing:
    at = run.ended_at or run.queued_at
    missing = len(report.missing)
    return Briefing(run_id=run.run_id, title=report.title, summary=report.summary, at=at, missing=missing)


def _tiles(reports: dict[str, tuple[JobRun, Report]]) -> tuple[Tile, ...]:
    return tuple(
        Tile(title=title, value=value, playbook=playbook, run_id=run.run_id, at=run.ended_at or run.queued_at)
        for playbook, (run, report) in reports.items()
        for title, value in report.tiles.items()
    )[:_TILES]


async def _coming(house: House) -> tuple[Coming, ...]:
    jobs = house.jobs()
    found = [
        Coming(job_id=job.job_id, name=job.name, at=times[0])
        for job in await jobs.stored.jobs()
        if (times := jobs.scheduling.next_of(job, 1))
    ]
    return tuple(sorted(found, key=lambda one: one.at)[:_COMING])
