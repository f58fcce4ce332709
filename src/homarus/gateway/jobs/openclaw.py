"""Jobs as OpenClaw writes them down, in the words of either generation, as ours.

Field names are those of its `cron/jobs.json` and of its `cron.add` call. What is not followed is named with each job,
so that nobody finds out at night. A job keeps its id: the same file twice makes no second one.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import HomarusError, UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, JobId, SessionKey
from homarus.domain.jobs import (
    Budget,
    Clockwork,
    Delivery,
    DeliveryMode,
    Job,
    Missed,
    Schedule,
    Work,
    WorkKind,
)
from homarus.gateway.jobs.cron import read_cron
from homarus.gateway.jobs.words import real_zone
from homarus.state.config.toolnames import OUR_NAMES

_LEAST_MS = 10_000
_MOST_MS = 10 * 366 * 86_400_000
"""Ten years: nobody waits longer, and no calendar counts much farther."""
_STAGGER_S = 300.0
"""OpenClaw spreads what begins on the hour over five minutes, unless the job says otherwise."""
_TOLD = frozenset(
    {"state", "createdAtMs", "updatedAtMs", "description", "id", "createdAt", "updatedAt", "scheduleIdentity"}
)
"""What it keeps for itself and nobody misses."""


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True)

    def unknown(self, place: str) -> list[str]:
        """Name what stands here and has no meaning for us."""
        return [f"{place}{name}" for name in (self.model_extra or {}) if name not in _TOLD]


class When(_Part):
    """When it comes."""

    kind: Literal["at", "every", "cron"]
    at: str | int | None = None
    at_ms: int | None = None
    every_ms: int | None = Field(default=None, ge=_LEAST_MS, le=_MOST_MS)
    anchor_ms: int | None = None
    expr: str | None = None
    tz: str | None = None
    stagger_ms: int | None = Field(default=None, ge=0, le=86_400_000)


class What(_Part):
    """What it does."""

    kind: str
    text: str = ""
    message: str = ""
    model: str | None = None
    fallbacks: list[str] | None = None
    timeout_seconds: float | None = Field(default=None, ge=0)
    tools_allow: list[str] | None = None
    thinking: str | None = None
    light_context: bool | None = None


class Where(_Part):
    """Where its outcome is told."""

    mode: Literal["announce", "webhook", "none"] = "announce"
    channel: str = "last"
    to: str = ""
    best_effort: bool = True


class CronJob(_Part):
    """One job of OpenClaw."""

    job_id: str = ""
    id: str = ""
    name: str = ""
    description: str = ""
    agent_id: str | None = None
    enabled: bool = True
    schedule: When
    session_target: str = "isolated"
    wake_mode: Literal["now", "next-heartbeat"] = "now"
    payload: What
    delivery: Where | None = None
    delete_after_run: bool | None = None
    state: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A job of theirs as ours."""

    job: Job
    unfollowed: tuple[str, ...] = ()
    """What stands in it and is not followed, each in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A job of theirs that cannot be taken over."""

    name: str
    because: str
    hint: str


def read_file(text: str, *, now: datetime, zone: str) -> tuple[Imported | Refused, ...]:
    """Return the jobs of a file: `jobs.json` as a whole, a list of jobs, or one job.

    Raises:
        UsageError: when it is none of these.
    """
    try:
        whole = cast("Json", json.loads(text))
    except ValueError as error:
        raise UsageError(_("This file is not JSON: {error}.").format(error=error), hint=_hint()) from None
    found = whole.get("jobs", whole) if isinstance(whole, dict) else whole
    jobs = found if isinstance(found, list) else [found]
    if not all(isinstance(job, dict) and "schedule" in job for job in jobs):
        raise UsageError(_("There are no cron jobs of OpenClaw in this."), hint=_hint())
    return tuple(_safely(cast("JsonObject", job), now=now, zone=zone) for job in jobs)


def _hint() -> str:
    return _("Give a file like ~/.openclaw/cron/jobs.json, or one job of it.")


def _safely(raw: JsonObject, *, now: datetime, zone: str) -> Imported | Refused:
    try:
        return read_job(raw, now=now, zone=zone)
    except HomarusError as error:
        name = str(raw.get("name") or raw.get("jobId") or raw.get("id") or _("a job without a name"))
        return Refused(name=name, because=error.message, hint=error.hint)


def read_job(raw: Json, *, now: datetime, zone: str) -> Imported:
    """Return one job; `zone` is the machine's, for cron text that names none.

    Raises:
        UsageError: when it is of another shape, or does what homarus has nothing for.
    """
    theirs = _parsed(raw)
    schedule = _schedule(theirs.schedule, now=now, zone=zone)
    is_past = schedule.at is not None and schedule.at <= now
    deletes = theirs.delete_after_run if theirs.delete_after_run is not None else schedule.kind is Clockwork.AT
    job = Job(
        job_id=_job_id(theirs, raw),
        name=_name(theirs),
        work=_work(theirs),
        schedule=schedule,
        is_enabled=theirs.enabled and not is_past,
        delivery=_delivery(theirs),
        budget=Budget(seconds=theirs.payload.timeout_seconds or None),
        deletes_itself=deletes,
        made_at=now,
        made_by="openclaw",
    )
    return Imported(job=job, unfollowed=tuple(_unfollowed(theirs, is_past=is_past)))


def _parsed(raw: Json) -> CronJob:
    try:
        return CronJob.model_validate(_told(raw))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "job"
        raise UsageError(_("{where!r}: {fault}").format(where=where, fault=first["msg"]), hint=_hint()) from None


def _told(raw: Json) -> Json:
    """Return a job without what is `null`, as some versions write what they do not say; ids may be numbers."""
    if not isinstance(raw, dict):
        return raw
    kept = {name: _told(value) for name, value in raw.items() if value is not None}
    return {name: str(value) if name in {"id", "jobId"} else value for name, value in kept.items()}


def _job_id(theirs: CronJob, raw: Json) -> JobId:
    known = theirs.job_id or theirs.id or json.dumps(raw, sort_keys=True)
    return JobId(f"job_{hashlib.sha256(known.encode()).hexdigest()[:16]}")


def _name(theirs: CronJob) -> str:
    said = theirs.name or theirs.description or theirs.payload.text or theirs.payload.message
    return " ".join(said.split())[:60] or _("a job of OpenClaw")


# --- when ---------------------------------------------------------------------------------------------------------


def _schedule(when: When, *, now: datetime, zone: str) -> Schedule:
    if when.kind == "at":
        return Schedule(kind=Clockwork.AT, zone=real_zone(when.tz or zone).key, at=_moment(when))
    if when.kind == "every":
        if when.every_ms is None:
            raise UsageError(
                _("`schedule.everyMs` is missing."), hint=_example('{"kind": "every", "everyMs": 3600000}')
            )
        anchor = now if when.anchor_ms is None else _of_ms(when.anchor_ms, "schedule.anchorMs")
        return Schedule(kind=Clockwork.EVERY, zone=zone, every_s=when.every_ms / 1000, anchor=anchor)
    if when.expr is None:
        raise UsageError(_("`schedule.expr` is missing."), hint=_example('{"kind": "cron", "expr": "0 7 * * *"}'))
    cron = read_cron(when.expr)
    usual_s = _STAGGER_S if cron.text.split()[:2] == ["0", "0"] else 0.0
    return Schedule(
        kind=Clockwork.CRON,
        zone=real_zone(when.tz or zone).key,
        cron=when.expr,
        words=when.expr,
        stagger_s=usual_s if when.stagger_ms is None else when.stagger_ms / 1000,
        missed=Missed.ONCE,
    )


def _of_ms(said: int, place: str) -> datetime:
    try:
        return datetime.fromtimestamp(said / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            _("`{place}` is no time: {said!r}.").format(place=place, said=said),
            hint=_("It counts milliseconds since 1970."),
        ) from None


def _example(text: str) -> str:
    return _("For example: {text}").format(text=text)


def _moment(when: When) -> datetime:
    said = when.at_ms if when.at is None else when.at
    try:
        if isinstance(said, int):
            return datetime.fromtimestamp(said / 1000, UTC)
        at = datetime.fromisoformat(said or "")
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            _("`schedule.at` is no time: {said!r}.").format(said=str(said)[:40]), hint="2026-12-01T09:00:00Z"
        ) from None
    # Without an offset it is UTC there, whatever the machine's zone is.
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# --- what ---------------------------------------------------------------------------------------------------------


def _work(theirs: CronJob) -> Work:
    payload, agent = theirs.payload, AgentId(theirs.agent_id) if theirs.agent_id else None
    if payload.kind == "systemEvent" and payload.text.strip():
        return Work(kind=WorkKind.NOTE, text=payload.text, agent=agent, settings={"wake": theirs.wake_mode})
    if payload.kind == "agentTurn" and payload.message.strip():
        return Work(
            kind=WorkKind.MESSAGE,
            text=payload.message,
            agent=agent,
            session=_session(theirs.session_target, agent or AgentId("main")),
            model=payload.model,
            fallbacks=None if payload.fallbacks is None else tuple(payload.fallbacks),
            tools=None if payload.tools_allow is None else _tools(payload.tools_allow),
        )
    if payload.kind in {"systemEvent", "agentTurn"}:
        raise UsageError(_("The job has nothing to say."), hint=_("Give `payload.text` or `payload.message`."))
    raise UsageError(
        _("A payload of the kind {kind!r} is not run here.").format(kind=payload.kind[:40]),
        hint=_("Let the agent do it: a payload of the kind agentTurn with a message."),
    )


def _session(target: str, agent: AgentId) -> SessionKey | None:
    if target in {"main", "current"}:
        return SessionKey(f"agent:{agent}:main")
    if target.startswith("session:"):
        name = target.removeprefix("session:")
        return SessionKey(name if name.startswith("agent:") else f"agent:{agent}:{name}")
    if target == "isolated":
        return None
    raise UsageError(
        _("{target!r} is no target of a session.").format(target=target[:60]),
        hint=_("Targets: main, isolated, current, session:NAME."),
    )


def _tools(names: list[str]) -> tuple[str, ...]:
    ours = [our for name in names for our in OUR_NAMES.get(name.casefold(), (name,))]
    return tuple(dict.fromkeys(ours))


def _delivery(theirs: CronJob) -> Delivery:
    where = theirs.delivery
    if where is None:
        is_note = theirs.payload.kind == "systemEvent"
        return Delivery(mode=DeliveryMode.NONE) if is_note else Delivery()
    return Delivery(mode=DeliveryMode(where.mode), channel=where.channel, to=where.to, is_best_effort=where.best_effort)


def _unfollowed(theirs: CronJob, *, is_past: bool) -> list[str]:
    payload = theirs.payload
    names = [
        *theirs.unknown(""),
        *theirs.schedule.unknown("schedule."),
        *payload.unknown("payload."),
        *(theirs.delivery.unknown("delivery.") if theirs.delivery else ()),
    ]
    said = [_("`{name}` is not known here.").format(name=name) for name in names]
    if payload.thinking:
        said.append(_("`payload.thinking`: the agent thinks as much as its settings say."))
    if payload.light_context:
        said.append(_("`payload.lightContext`: the prompt is short here in any case."))
    if theirs.session_target == "current":
        said.append(_("`sessionTarget: current`: it is said in the main conversation."))
    if is_past:
        said.append(_("Its time has passed, so it is switched off."))
    return said
