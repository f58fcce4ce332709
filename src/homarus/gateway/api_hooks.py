"""Webhooks over HTTP: other programs that hold the token start work here."""

import asyncio
import hashlib
import hmac
from typing import cast

from aiohttp import web
from pydantic import BaseModel

from homarus.domain import agents
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import NotFoundError, RefusedError, UsageError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import fresh
from homarus.domain.job_settings import HookSettings
from homarus.domain.jobs import Delivery, JobRun, Trigger
from homarus.domain.settings import RateLimit
from homarus.gateway.answers import Problem, ok, refuse
from homarus.gateway.bodies import parse, parse_as, read
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.job_faces import planning_of
from homarus.gateway.jobs.hooks import Agent, Called, CalledJob, Hooks, Wake, check_name
from homarus.gateway.operations import Operation, house_of
from homarus.gateway.security import bearer_of, source_of
from homarus.gateway.site import SITE

BODY_BYTES = 256 * 1024
_TRIES = RateLimit(max_attempts=20, window_ms=60_000, lockout_ms=60_000)
_KEY_CHARS = 200
_ONE_AND_THE_SAME = ("Idempotency-Key", "X-OpenClaw-Idempotency-Key", "X-GitHub-Delivery")
_KNOWN_WITHIN = 40
_LOOK_S = 0.05


class HookAnswer(BaseModel):
    """A call that was taken."""

    ok: bool
    runId: str  # noqa: N815 - its name in OpenClaw


async def called(request: web.Request) -> web.StreamResponse:
    """Start what a call asks for."""
    house = house_of(request)
    settings = house.settings().hooks
    if not settings.enabled or settings.token is None:
        raise NotFoundError(
            _("Hooks are switched off."), hint=_("Switch them on: hooks.enabled and hooks.token in the configuration.")
        )
    problem = _unproven(request, settings)
    if problem is not None:
        return refuse(request, problem)
    name = check_name(request.match_info["name"])
    body = await _body(request)
    key = _key(request)
    if key is None:
        run = await _start(house, settings, name, body)
        return ok({"ok": True, "runId": run.run_id}, status=202)
    return ok({"ok": True, "runId": await _once(house, settings, name, body, key)}, status=202)


def _unproven(request: web.Request, settings: HookSettings) -> Problem | None:
    assert settings.token is not None
    shown = bearer_of(request) or request.headers.get("X-OpenClaw-Token", "").strip()
    if hmac.compare_digest(shown.encode("utf-8", "replace"), settings.token.get_secret_value().encode()):
        return None
    pause_s = request.app[SITE].limiter.failed(source_of(request, "hook"), _TRIES)
    if pause_s:
        return Problem(
            status=429,
            message=_("Too many wrong tokens came from here."),
            hint=_("Wait, then try again."),
            kind="RefusedError",
            retry_after_s=pause_s,
        )
    return Problem(
        status=401,
        message=_("The token is missing or wrong."),
        hint=_("Send hooks.token as `Authorization: Bearer ...` or `x-openclaw-token`."),
        kind="RefusedError",
    )


async def _body(request: web.Request) -> JsonObject:
    if (request.content_length or 0) > BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY_BYTES, actual_size=request.content_length or 0)
    raw = await read(request)
    if len(raw) > BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY_BYTES, actual_size=len(raw))
    body = parse(raw)
    if not isinstance(body, dict):
        raise UsageError(_("The body must be one JSON object."), hint='{"message": "..."}')
    return cast("JsonObject", body)


def _key(request: web.Request) -> str | None:
    found = next((text for name in _ONE_AND_THE_SAME if (text := request.headers.get(name))), None)
    return found[:_KEY_CHARS] if found else None


async def _start(house: House, settings: HookSettings, name: str, body: JsonObject) -> JobRun:
    wanted = _wanted(house, settings, name, body)
    if name == "agent" and isinstance(wanted, Called):
        await _check_recipient(house, wanted.delivery)
    planning = planning_of(house)
    if isinstance(wanted, CalledJob):
        job = await planning.named(wanted.job)
        if not job.is_enabled:
            raise RefusedError(_("The job {name!r} is paused.").format(name=job.name), hint="homarus jobs resume")
        return await planning.start(job, trigger=Trigger.HOOK)
    if wanted.work.playbook and wanted.work.playbook not in planning.playbooks():
        raise NotFoundError(
            _("There is no playbook {name!r}.").format(name=wanted.work.playbook), hint="homarus playbooks list"
        )
    return await house.jobs().runs.start(
        wanted.work, name=wanted.name, trigger=Trigger.HOOK, delivery=wanted.delivery, budget=wanted.budget
    )


async def _check_recipient(house: House, delivery: Delivery) -> None:
    """Let a call have the answer told to those whom an agent answers anyway: it may be of what the owner keeps here.

    Raises:
        RefusedError: when it names somebody else.
    """
    if not delivery.to or delivery.channel in ("last", "web", "none"):
        return
    here = house.channels
    if here is None or not await here.knows(delivery.channel, delivery.to):
        raise RefusedError(
            _("A call may not have {channel} tell {who!r}.").format(
                channel=delivery.channel[:40], who=delivery.to[:60]
            ),
            hint=_(
                "Leave `to` out to reach yourself, allow this id in the channel, or write a mapping with this `to`."
            ),
        )


def _wanted(house: House, settings: HookSettings, name: str, body: JsonObject) -> Called | CalledJob:
    whole = house.settings()
    hooks = Hooks(settings=settings, agents=agents.agent_ids(whole), default_agent=agents.default_agent(whole))
    if name == "wake":
        return hooks.wake(parse_as(body, Wake))
    if name == "agent":
        return hooks.agent(parse_as(body, Agent))
    return hooks.mapped(name, body)


async def _once(house: House, settings: HookSettings, name: str, body: JsonObject, key: str) -> str:
    """Start what a call asks for unless the same call came before; return the run in both cases."""
    digest = hashlib.sha256(f"{name}\n{key}".encode("utf-8", "replace")).hexdigest()
    mark = fresh("hook")
    claim = NewEvent(kind=Kind.STEP_FINISHED, body={"outcome": {"mark": mark}}, dedupe=f"hook:{digest}")
    (event,) = await house.store.append(claim)
    outcome = cast("dict[str, Json]", event.body["outcome"])
    if outcome.get("mark") != mark:
        for _look in range(_KNOWN_WITHIN):
            known = await house.store.find(f"hook:{digest}:run")
            if known is not None:
                return str(cast("dict[str, Json]", known.body["outcome"])["run"])
            await asyncio.sleep(_LOOK_S)
    run = await _start(house, settings, name, body)
    done = NewEvent(kind=Kind.STEP_FINISHED, body={"outcome": {"run": run.run_id}}, dedupe=f"hook:{digest}:run")
    await house.store.append(done)
    return run.run_id


OPERATIONS = (
    Operation(
        method="POST",
        path="/hooks/{name}",
        answer=called,
        need=Need.NOTHING,
        about="Start work: `wake` leaves a note, `agent` sends a message, any other name is a mapping of yours.",
        gives=HookAnswer,
        status=202,
    ),
)
