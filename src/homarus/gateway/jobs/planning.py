"""Plan work: what somebody asks for in words becomes a job, and jobs are found, paused, changed and removed by name."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, JobId, SessionKey, fresh
from homarus.domain.jobs import (
    Budget,
    Delivery,
    DeliveryMode,
    Job,
    JobRun,
    Missed,
    Schedule,
    Trigger,
    Window,
    Work,
    WorkKind,
)
from homarus.domain.ports import Clock
from homarus.domain.settings import Settings
from homarus.gateway.jobs.house import Jobs
from homarus.gateway.jobs.limits import deadline_after
from homarus.gateway.jobs.schedules import in_words, next_times
from homarus.gateway.jobs.words import examples, read_schedule, real_zone

_WINDOW = re.compile(r"((?:[01]?\d|2[0-3]):[0-5]\d)\s*[-–]\s*((?:[01]?\d|2[0-3]):[0-5]\d)(?:\s+(idle))?")  # noqa: RUF001 - people type dashes
_NAME_CHARS = 60
_LOOKED_AT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to have planned, in words."""

    when: str
    """Empty: it starts by hand or by a hook."""
    playbook: str = ""
    say: str = ""
    """What the agent is told."""
    note: bool = False
    """Whether that is a note that waits for the next heartbeat, and no message."""
    settings: JsonObject = field(default_factory=dict[str, Json])
    name: str = ""
    zone: str = ""
    missed: str = ""
    window: str = ""
    """`22:00-07:00`, with `idle` behind it when it also waits until nobody has written for a while."""
    deadline: str = ""
    budget: Budget = field(default_factory=Budget)
    deliver: str = ""
    """`last`, `telegram:123`, `web`, `none`, `webhook:https://...`"""
    agent: str = ""
    session: str = ""
    model: str = ""
    deletes_itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as faces show it."""

    job: Job
    next: tuple[datetime, ...]
    """The next three times, in its own zone."""
    in_words: str
    last_run: JobRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Adds, finds and changes jobs."""

    jobs: Jobs
    clock: Clock
    settings: Callable[[], Settings]
    playbooks: Callable[[], Collection[str]]
    """Names of the playbooks that there are."""
    check: Callable[[str, JsonObject], None]
    """Passes settings that fit a playbook, and says what is wrong with others."""

    def preview(self, when: str, zone: str = "", missed: str = "") -> Schedule:
        """Return the schedule that words mean; nothing is planned.

        Raises:
            UsageError: when they do not say when, or that has passed.
        """
        now = self.clock.now()
        found = read_schedule(
            when, now=now, zone=zone or str(self.clock.zone), missed=Missed(missed or self.settings().jobs.missed)
        )
        if not next_times(found, now, 1):
            raise UsageError(_("{when!r} never comes again.").format(when=when), hint=examples())
        return found

    def job_of(self, wish: Wish, *, by: str, job_id: JobId | None = None) -> Job:
        """Return the job that is wished for; nothing is written down.

        Raises:
            UsageError: when something in it cannot be understood.
            NotFoundError: when there is no such playbook.
        """
        schedule = self.preview(wish.when, wish.zone, wish.missed) if wish.when.strip() else None
        work = self._work(wish)
        zone = schedule.zone if schedule else real_zone(wish.zone or str(self.clock.zone)).key
        if wish.deadline:
            deadline_after(wish.deadline, self.clock.now(), real_zone(zone))
        return Job(
            job_id=job_id or JobId(fresh("job")),
            name=wish.name.strip()[:_NAME_CHARS] or _name_of(work),
            work=work,
            schedule=schedule,
            delivery=delivery_of(wish.deliver),
            budget=wish.budget,
            deadline=wish.deadline or None,
            window=window_of(wish.window),
            deletes_itself=wish.deletes_itself,
            made_at=self.clock.now(),
            made_by=by,
        )

    def _work(self, wish: Wish) -> Work:
        agent = AgentId(wish.agent) if wish.agent else None
        if wish.playbook and wish.say:
            raise UsageError(
                _("A job does one thing: it runs a playbook, or it says something to the agent."),
                hint=_("Make two jobs of it."),
            )
        if wish.say.strip():
            kind = WorkKind.NOTE if wish.note else WorkKind.MESSAGE
            session = SessionKey(wish.session) if wish.session else None
            wake: dict[str, Json] = {"wake": "next-heartbeat"} if wish.note else {}
            return Work(
                kind=kind,
                text=wish.say.strip(),
                settings={**wake, **wish.settings},
                agent=agent,
                session=session,
                model=wish.model or None,
            )
        if not wish.playbook:
            raise UsageError(
                _("What is to be done?"),
                hint=_('Name a playbook, or write what the agent is told: --say "What is new?"'),
            )
        self._refuse_unknown(wish.playbook)
        self.check(wish.playbook, wish.settings)
        return Work(
            kind=WorkKind.PLAYBOOK,
            playbook=wish.playbook,
            settings=wish.settings,
            agent=agent,
            model=wish.model or None,
        )

    def _refuse_unknown(self, playbook: str) -> None:
        known = sorted(self.playbooks())
        if playbook not in known:
            near = get_close_matches(playbook, known, n=3) or known
            raise NotFoundError(
                _("There is no playbook {name!r}.").format(name=playbook[:60]),
                hint=_("Playbooks here: {names}. To say something to the agent, use --say.").format(
                    names=", ".join(near) or _("none")
                ),
            )

    # --- jobs that are there ----------------------------------------------------------------------------------

    async def add(self, job: Job) -> JobView:
        """Write a job down; its times count from now on."""
        is_known = await self.jobs.stored.job(job.job_id) is not None
        await self.jobs.stored.put_job(job, by=job.made_by, change="changed" if is_known else "added")
        await self.jobs.scheduling.begin_anew(job.job_id)
        return self._view(job, None)

    async def add_same_once(self, job: Job) -> JobView:
        """Write a job down unless the same one is there already: somebody asked twice."""
        for known in await self.jobs.stored.jobs():
            if known.is_enabled and known.work == job.work and _is_same(known.schedule, job.schedule):
                return self._view(known, None)
        return await self.add(job)

    async def all(self) -> tuple[JobView, ...]:
        """Return all jobs, those that come next first."""
        views = [await self.view(job) for job in await self.jobs.stored.jobs()]
        return tuple(sorted(views, key=lambda view: (not view.next, view.next[:1], view.job.name)))

    async def view(self, job: Job) -> JobView:
        """Return a job with its next times and its last run."""
        latest = await self.jobs.runs.list(job=job.job_id, limit=1)
        return self._view(job, latest[0] if latest else None)

    def _view(self, job: Job, last_run: JobRun | None) -> JobView:
        return JobView(
            job=job,
            next=self.jobs.scheduling.next_of(job, _LOOKED_AT),
            in_words=in_words(job.schedule),
            last_run=last_run,
        )

    async def named(self, name: str) -> Job:
        """Return a job by its id, its name, or the beginning of one of them.

        Raises:
            NotFoundError: with near names, when there is none.
            UsageError: when several could be meant.
        """
        known = await self.jobs.stored.jobs()
        wanted = name.strip().casefold()
        exact = [job for job in known if wanted in (job.job_id, job.name.casefold())]
        found = exact or [job for job in known if wanted and _begins(job, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{job.job_id} ({job.name})" for job in found)
            raise UsageError(
                _("{name!r} could be several jobs: {names}.").format(name=name, names=names), hint=_("Use the id.")
            )
        near = get_close_matches(wanted, [job.name.casefold() for job in known], n=3)
        hint = _("Did you mean {names}?").format(names=", ".join(near)) if near else "homarus jobs list"
        raise NotFoundError(_("There is no job {name!r}.").format(name=name[:60]), hint=hint)

    async def start(self, job: Job, *, trigger: Trigger = Trigger.HAND) -> JobRun:
        """Start a job now, besides its schedule."""
        return await self.jobs.runs.start(job.work, name=job.name, trigger=trigger, job=job)


def _begins(job: Job, wanted: str) -> bool:
    return job.name.casefold().startswith(wanted) or job.job_id.startswith(wanted)


def _is_same(one: Schedule | None, other: Schedule | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.kind, one.zone, one.cron, one.at, one.every_s) == (
        other.kind,
        other.zone,
        other.cron,
        other.at,
        other.every_s,
    )


def _name_of(work: Work) -> str:
    if work.kind is WorkKind.PLAYBOOK:
        return work.playbook
    words = " ".join(work.text.split())
    return words if len(words) <= _NAME_CHARS else words[: _NAME_CHARS - 1] + "…"


def window_of(text: str) -> Window | None:
    """Return the hours that words like `22:00-07:00` or `22:00-07:00 idle` mean.

    Raises:
        UsageError: when they mean none.
    """
    if not text.strip():
        return None
    found = _WINDOW.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            _("{text!r} is no span of the day.").format(text=text[:40]),
            hint=_("Write 22:00-07:00, or `22:00-07:00 idle` to wait for a quiet house as well."),
        )
    return Window(start=found[1].zfill(5), end=found[2].zfill(5), only_idle=bool(found[3]))


def delivery_of(text: str) -> Delivery:
    """Return where words like `telegram:123`, `last`, `web`, `none` or `webhook:https://...` deliver to.

    Raises:
        UsageError: when a webhook has no address.
    """
    channel, _colon, to = text.strip().partition(":")
    if not channel:
        return Delivery()
    if channel == "none":
        return Delivery(mode=DeliveryMode.NONE)
    if channel == "webhook":
        if not re.match(r"https?://\S+$", to):
            raise UsageError(_("A webhook needs an address."), hint=_("Write webhook:https://example.org/somewhere"))
        return Delivery(mode=DeliveryMode.WEBHOOK, channel="webhook", to=to)
    return Delivery(channel=channel, to=to)
