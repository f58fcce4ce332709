"""Jobs over HTTP: planned in words, looked at, started, paused, changed, removed, and taken over from OpenClaw."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.jobs import Budget, Job, JobRun, Schedule, Work
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.job_faces import planning_of
from homarus.gateway.jobs.changing import Changing
from homarus.gateway.jobs.openclaw import Imported, Refused, read_file, read_job
from homarus.gateway.jobs.planning import JobView, Planning, Wish, delivery_of, window_of
from homarus.gateway.jobs.schedules import in_words, next_times
from homarus.gateway.operations import Operation, caller_of, house_of

_SHOWN = 3


class BudgetRequest(BaseModel):
    """What a run may use; what is left out has no limit."""

    model_config = ConfigDict(extra="forbid")

    tokens: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    cost_usd: float | None = Field(default=None, ge=0)
    joules: float | None = Field(default=None, gt=0)


class JobRequest(BaseModel):
    """A job in words; or one of OpenClaw as it is written there."""

    model_config = ConfigDict(extra="forbid")

    schedule: str = ""
    """`every weekday 07:30`, `tomorrow at 9`, `30 7 * * 1-5`; empty: it starts by hand or by a hook."""
    what: str = ""
    """The playbook that it runs."""
    say: str = ""
    """Or what the agent is told."""
    note: bool = False
    """Whether that is a note that waits for the next heartbeat."""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """Of the playbook."""
    name: str = ""
    zone: str = ""
    """IANA name; without one, your own zone."""
    missed: Literal["", "skip", "once", "all"] = ""
    window: str = ""
    """`22:00-07:00`"""
    deadline: str = ""
    """`06:30`, or `PT2H` from its start."""
    budget: BudgetRequest = BudgetRequest()
    deliver: str = ""
    """`last`, `telegram:123`, `web`, `none`, `webhook:https://...`"""
    agent: str = ""
    session: str = ""
    """Where it is said; without one, in a conversation of its own."""
    model: str = ""
    deletes_itself: bool = False
    """Whether it is removed after it went well."""
    openclaw: JsonValue = None
    """A cron job of OpenClaw; nothing else is looked at then."""


class PreviewRequest(BaseModel):
    """Words that are to be a schedule."""

    model_config = ConfigDict(extra="forbid")

    schedule: str
    zone: str = ""


class ImportRequest(BaseModel):
    """A file of OpenClaw."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=1_000_000)
    """`~/.openclaw/cron/jobs.json` as it is."""
    is_dry: bool = False
    """Whether it is only said what would be taken over."""


class PauseRequest(BaseModel):
    """Why a job is paused."""

    because: str = Field(default="", max_length=200)


class JobList(BaseModel):
    """Jobs, those that come next first."""

    jobs: tuple[JobView, ...]


class Preview(BaseModel):
    """What words mean."""

    schedule: Schedule
    in_words: str
    next: tuple[datetime, ...]


class Added(BaseModel):
    """A job that is planned."""

    job: Job
    next: tuple[datetime, ...]
    in_words: str
    last_run: JobRun | None
    unfollowed: tuple[str, ...] = ()
    """What stood in a job of OpenClaw and is not followed."""


class Taken(BaseModel):
    """What came of a file."""

    jobs: tuple[Added, ...]
    refused: tuple[Refused, ...]


class Started(BaseModel):
    """A run that was started."""

    run: JobRun


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with all jobs."""
    views = await planning_of(house_of(request)).all()
    return ok({"jobs": [codec.dump(view) for view in views]})


async def add(request: web.Request) -> web.StreamResponse:
    """Plan a job."""
    planning, wanted = planning_of(house_of(request)), await read_as(request, JobRequest)
    by = caller_of(request).by
    if wanted.openclaw is not None:
        clock = house_of(request).clock
        found = read_job(wanted.openclaw, now=clock.now(), zone=str(clock.zone))
        view = await planning.add(found.job)
        return ok(_added(view, found.unfollowed), status=201)
    view = await planning.add(planning.job_of(_wish(wanted), by="owner" if by == "cli" else by))
    return ok(_added(view), status=201)


def _added(view: JobView, unfollowed: tuple[str, ...] = ()) -> JsonObject:
    return {**codec.dump(view), "unfollowed": list(unfollowed)}


def _wish(wanted: JobRequest) -> Wish:
    return Wish(
        when=wanted.schedule,
        playbook=wanted.what,
        say=wanted.say,
        note=wanted.note,
        settings=dict(wanted.settings),
        name=wanted.name,
        zone=wanted.zone,
        missed=wanted.missed,
        window=wanted.window,
        deadline=wanted.deadline,
        budget=_budget(wanted.budget),
        deliver=wanted.deliver,
        agent=wanted.agent,
        session=wanted.session,
        model=wanted.model,
        deletes_itself=wanted.deletes_itself,
    )


def _budget(wanted: BudgetRequest) -> Budget:
    return Budget(tokens=wanted.tokens, seconds=wanted.seconds, cost_usd=wanted.cost_usd, joules=wanted.joules)


async def preview(request: web.Request) -> web.StreamResponse:
    """Answer with what words mean; nothing is planned."""
    house, wanted = house_of(request), await read_as(request, PreviewRequest)
    schedule = planning_of(house).preview(wanted.schedule, wanted.zone)
    coming = next_times(schedule, house.clock.now(), _SHOWN)
    return ok(codec.dump(Preview(schedule=schedule, in_words=in_words(schedule), next=coming)))


async def take_over(request: web.Request) -> web.StreamResponse:
    """Take over the jobs of an OpenClaw file, or say what that would bring."""
    house, wanted = house_of(request), await read_as(request, ImportRequest)
    planning, now = planning_of(house), house.clock.now()
    jobs, refused = list[JsonObject](), list[JsonObject]()
    for found in read_file(wanted.text, now=now, zone=str(house.clock.zone)):
        if isinstance(found, Refused):
            refused.append(codec.dump(found))
        else:
            jobs.append(_added(await _taken(planning, found, is_dry=wanted.is_dry), found.unfollowed))
    return ok({"jobs": jobs, "refused": refused})


async def _taken(planning: Planning, found: Imported, *, is_dry: bool) -> JobView:
    return await planning.view(found.job) if is_dry else await planning.add(found.job)


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with a job."""
    planning = planning_of(house_of(request))
    return ok(codec.dump(await planning.view(await _job(request, planning))))


async def change(request: web.Request) -> web.StreamResponse:
    """Change what is given of a job; the rest stays."""
    planning, wanted = planning_of(house_of(request)), await read_as(request, JobRequest)
    job, given = await _job(request, planning), wanted.model_fields_set
    changed = job
    if given & {"schedule", "zone", "missed"}:
        changed = replace(changed, schedule=_rescheduled(planning, job, wanted))
    if given & {"what", "say", "note", "agent", "session", "model", "settings"}:
        changed = replace(changed, work=_reworked(planning, job, wanted))
    if "name" in given and wanted.name.strip():
        changed = replace(changed, name=wanted.name.strip())
    if "window" in given:
        changed = replace(changed, window=window_of(wanted.window))
    if "deadline" in given:
        changed = replace(changed, deadline=wanted.deadline or None)
    if "budget" in given:
        changed = replace(changed, budget=_budget(wanted.budget))
    if "deliver" in given:
        changed = replace(changed, delivery=delivery_of(wanted.deliver))
    return ok(codec.dump(await Changing(planning=planning).change(job, changed, by=caller_of(request).by)))


def _rescheduled(planning: Planning, job: Job, wanted: JobRequest) -> Schedule | None:
    known = job.schedule
    words = wanted.schedule or (known.words or known.cron or "" if known else "")
    if not words:
        if "schedule" in wanted.model_fields_set:
            return None
        raise UsageError(_("This job has no schedule yet."), hint=_('Give one: --schedule "every weekday 07:30"'))
    zone = wanted.zone or (known.zone if known else "")
    missed = wanted.missed or (known.missed.value if known else "")
    return planning.preview(words, zone, missed)


def _reworked(planning: Planning, job: Job, wanted: JobRequest) -> Work:
    given, work = wanted.model_fields_set, job.work
    if given & {"what", "say", "note"}:
        again = replace(_wish(wanted), when="", agent=wanted.agent or (work.agent or ""), model=wanted.model)
        again = replace(
            again, settings=dict(wanted.settings) or dict(work.settings), model=again.model or work.model or ""
        )
        return planning.job_of(again, by=job.made_by).work
    return replace(
        work,
        settings={**work.settings, **wanted.settings},
        agent=AgentId(wanted.agent) if wanted.agent else work.agent,
        session=SessionKey(wanted.session) if wanted.session else work.session,
        model=(wanted.model or None) if "model" in given else work.model,
    )


async def remove(request: web.Request) -> web.StreamResponse:
    """Remove a job; its runs stay."""
    planning = planning_of(house_of(request))
    job = await _job(request, planning)
    await Changing(planning=planning).remove(job, by=caller_of(request).by)
    return ok({"job_id": job.job_id, "name": job.name})


async def start(request: web.Request) -> web.StreamResponse:
    """Start a job now."""
    planning = planning_of(house_of(request))
    run = await planning.start(await _job(request, planning))
    return ok({"run": codec.dump(run)}, status=202)


async def pause(request: web.Request) -> web.StreamResponse:
    """Switch a job off."""
    planning, wanted = planning_of(house_of(request)), await read_as(request, PauseRequest)
    view = await Changing(planning=planning).pause(
        await _job(request, planning), because=wanted.because, by=caller_of(request).by
    )
    return ok(codec.dump(view))


async def resume(request: web.Request) -> web.StreamResponse:
    """Switch a job on again."""
    planning = planning_of(house_of(request))
    return ok(
        codec.dump(await Changing(planning=planning).resume(await _job(request, planning), by=caller_of(request).by))
    )


async def _job(request: web.Request, planning: Planning) -> Job:
    return await planning.named(request.match_info["job_id"])


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/jobs",
        answer=listing,
        need=Need.READ,
        about="All jobs with their next three times and their last run, those that come next first.",
        gives=JobList,
    ),
    Operation(
        method="POST",
        path="/api/v1/jobs",
        answer=add,
        need=Need.ADMIN,
        about="Plan a job: in words, or as OpenClaw writes one.",
        takes=JobRequest,
        gives=Added,
        status=201,
    ),
    Operation(
        method="POST",
        path="/api/v1/jobs/preview",
        answer=preview,
        need=Need.READ,
        about="What words mean as a schedule, with the next three times; nothing is planned.",
        takes=PreviewRequest,
        gives=Preview,
    ),
    Operation(
        method="POST",
        path="/api/v1/jobs/import",
        answer=take_over,
        need=Need.ADMIN,
        about="Take over the cron jobs of an OpenClaw file; says what is not followed and what is refused.",
        takes=ImportRequest,
        gives=Taken,
    ),
    Operation(
        method="GET",
        path="/api/v1/jobs/{job_id}",
        answer=show,
        need=Need.READ,
        about="A job, by its id or its name.",
        gives=JobView,
    ),
    Operation(
        method="PUT",
        path="/api/v1/jobs/{job_id}",
        answer=change,
        need=Need.ADMIN,
        about="Change what is given of a job; the rest stays.",
        takes=JobRequest,
        gives=JobView,
    ),
    Operation(
        method="DELETE",
        path="/api/v1/jobs/{job_id}",
        answer=remove,
        need=Need.ADMIN,
        about="Remove a job; its runs stay.",
    ),
    Operation(
        method="POST",
        path="/api/v1/jobs/{job_id}/run",
        answer=start,
        need=Need.ADMIN,
        about="Start a job now, besides its schedule.",
        gives=Started,
        status=202,
    ),
    Operation(
        method="POST",
        path="/api/v1/jobs/{job_id}/pause",
        answer=pause,
        need=Need.ADMIN,
        about="Switch a job off; what is under way goes on.",
        takes=PauseRequest,
        gives=JobView,
    ),
    Operation(
        method="POST",
        path="/api/v1/jobs/{job_id}/resume",
        answer=resume,
        need=Need.ADMIN,
        about="Switch a job on again; what passed meanwhile is not made up for.",
        gives=JobView,
    ),
)
