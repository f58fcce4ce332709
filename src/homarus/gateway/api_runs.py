"""Runs over HTTP: a list, one with its steps, what happens in it as it happens, held, ended, done again, compared."""

import asyncio
from dataclasses import replace
from html import escape

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.events import Event, Kind
from homarus.domain.findings import Fact
from homarus.domain.i18n import _
from homarus.domain.ids import RunId, TurnId
from homarus.domain.jobs import JobRun, RunState, WorkKind
from homarus.gateway.answers import ok
from homarus.gateway.api_events import number
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.job_faces import planning_of
from homarus.gateway.operations import Operation, Parameter, caller_of, house_of
from homarus.gateway.run_views import (
    Compared,
    RunWhole,
    artifact_named,
    books_of,
    compared,
    content_of,
    form_of,
    markdown_of,
    report_of,
    whole,
)
from homarus.gateway.sse import Stream, frame, stream

LOOK_S = 0.3
"""How often a follower's stream looks for what is new."""
_MOST = 500
_SHOWN = (Kind.RUN_QUEUED, Kind.RUN_CHANGED, Kind.RUN_SPENT, Kind.RUN_SAID, Kind.RUN_ENDED, Kind.STEP_FINISHED)
_SAFE_TO_SHOW = frozenset({"text/plain", "text/markdown", "text/csv", "application/json", "image/png"})

_ONLY_IN_PAGES = frozenset({"image/svg+xml"})
"""Drawn as a picture of a page, where nothing in it can run; saved when it is opened by itself."""


class RetryRequest(BaseModel):
    """Where a run begins again."""

    model_config = ConfigDict(extra="forbid")

    from_step: str = Field(default="", max_length=300)
    """Outcomes of the steps before it are taken over; empty: of all that came to their end."""


class RunList(BaseModel):
    """Runs, newest first."""

    runs: tuple[JobRun, ...]


class OneRun(BaseModel):
    """A run."""

    run: JobRun


class FactList(BaseModel):
    """What a run found."""

    facts: tuple[Fact, ...]


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with runs, newest first."""
    house, query = house_of(request), request.query
    job = (await planning_of(house).named(query["job"])).job_id if query.get("job") else None
    runs = await house.jobs().runs.list(
        job=job,
        states=_states(query.get("state", "")),
        limit=min(number(query.get("limit", "50"), "limit"), _MOST),
        before=RunId(query["before"]) if query.get("before") else None,
    )
    return ok({"runs": [codec.dump(run) for run in runs]})


def _states(text: str) -> tuple[RunState, ...]:
    known = {state.value: state for state in RunState}
    words = [word for word in text.split(",") if word]
    for word in words:
        if word not in known:
            raise UsageError(
                _("{name!r} is no state of a run.").format(name=word[:40]),
                hint=_("States: {names}.").format(names=", ".join(known)),
            )
    return tuple(known[word] for word in words)


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with everything about a run."""
    house = house_of(request)
    return ok(codec.dump(await whole(house, await _run(request, house))))


async def events(request: web.Request) -> web.StreamResponse:
    """Answer with what has happened in a run so far, then the rest."""
    house = house_of(request)
    run = await _run(request, house)
    seen = _seen(request.headers.get("Last-Event-ID", ""))

    async def write(out: Stream) -> None:
        at = seen
        while True:
            # First the state, then the log: what the log has then is all there is of a run that has ended.
            now = await house.jobs().runs.get(run.run_id)
            for event in await house.store.of_turn(TurnId(run.run_id)):
                if event.seq > at and event.kind in _SHOWN:
                    at = event.seq
                    await out.send(frame(event.kind.value, _told(event), str(event.seq)))
            if now.state.has_ended:
                await out.send(frame("ended", {"run": codec.dump(now)}))
                return
            await asyncio.sleep(LOOK_S)

    return await stream(request, write)


def _seen(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004 - SQLite's integers are longer


def _told(event: Event) -> JsonObject:
    key = (event.dedupe or "").partition(":")[2]
    return {"seq": event.seq, "at": event.at.isoformat(), "step": key, "body": event.body}


async def cancel(request: web.Request) -> web.StreamResponse:
    """End a run."""
    house = house_of(request)
    run = await house.jobs().runs.cancel(_id(request), by=caller_of(request).by)
    return ok({"run": codec.dump(run)})


async def pause(request: web.Request) -> web.StreamResponse:
    """Hold a run before its next step."""
    run = await house_of(request).jobs().runs.pause(_id(request), by=caller_of(request).by)
    return ok({"run": codec.dump(run)})


async def resume(request: web.Request) -> web.StreamResponse:
    """Let a run go on."""
    run = await house_of(request).jobs().runs.resume(_id(request), by=caller_of(request).by)
    return ok({"run": codec.dump(run)})


async def retry(request: web.Request) -> web.StreamResponse:
    """Start a run that is over once more."""
    wanted = await read_as(request, RetryRequest)
    run = await house_of(request).jobs().runs.retry(_id(request), wanted.from_step)
    return ok({"run": codec.dump(run)}, status=202)


async def replay(request: web.Request) -> web.StreamResponse:
    """Do a run again without any effect, to be compared with what it was."""
    house = house_of(request)
    old = await _run(request, house)
    work = old.work
    if work.kind is not WorkKind.PLAYBOOK:
        # An agent that may use nothing but its words cannot do anything twice.
        work = replace(work, tools=(), session=None)
    work = replace(work, seed=old.seed)
    run = await house.jobs().runs.start(
        work,
        name=old.name,
        trigger=old.trigger.again,
        is_dry=True,
        budget=old.budget,
        delivery=replace(old.delivery, channel="web", to=""),
        zone=old.zone,
    )
    return ok({"run": codec.dump(run), "of": old.run_id}, status=202)


async def facts(request: web.Request) -> web.StreamResponse:
    """Answer with what a run found."""
    house = house_of(request)
    run = await _run(request, house)
    found = await books_of(house).findings.facts(run.run_id)
    return ok({"facts": [codec.dump(entry.fact) for entry in found]})


async def artifact(request: web.Request) -> web.StreamResponse:
    """Answer with something that a run made; whatever a browser could run is only ever saved."""
    house = house_of(request)
    run = await _run(request, house)
    found = await artifact_named(house, run, request.match_info["name"])
    is_safe = found.media_type in _SAFE_TO_SHOW
    kind = found.media_type if is_safe or found.media_type in _ONLY_IN_PAGES else "application/octet-stream"
    plain = "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in found.name)
    headers = {"Content-Disposition": f'{"inline" if is_safe else "attachment"}; filename="{plain}"'}
    return web.Response(body=await content_of(house, found), content_type=kind, headers=headers)


async def export(request: web.Request) -> web.StreamResponse:
    """Answer with a report to take along."""
    house = house_of(request)
    run = await _run(request, house)
    text = markdown_of(run, await report_of(house, run))
    if form_of(request.query.get("form", "md")) == "md":
        headers = {"Content-Disposition": f'attachment; filename="{run.run_id}.md"'}
        return web.Response(text=text, content_type="text/markdown", charset="utf-8", headers=headers)
    from homarus.gateway.pages_markdown import html_of

    head = f"<!doctype html><meta charset=utf-8><title>{escape(run.name)}</title>"
    headers = {"Content-Disposition": f'attachment; filename="{run.run_id}.html"'}
    return web.Response(text=head + str(html_of(text)), content_type="text/html", charset="utf-8", headers=headers)


async def compare(request: web.Request) -> web.StreamResponse:
    """Answer with two runs beside each other."""
    house = house_of(request)
    other = await house.jobs().runs.get(RunId(request.match_info["other"]))
    return ok(codec.dump(await compared(house, await _run(request, house), other)))


def _id(request: web.Request) -> RunId:
    return RunId(request.match_info["run_id"])


async def _run(request: web.Request, house: House) -> JobRun:
    return await house.jobs().runs.get(_id(request))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/runs",
        answer=listing,
        need=Need.READ,
        about="Runs, newest first.",
        gives=RunList,
        parameters=(
            Parameter(name="job", about="Only of this job: its id or its name."),
            Parameter(name="state", about="Only in these states, with commas: `done,failed`."),
            Parameter(name="limit", about="How many at most.", kind="integer"),
            Parameter(name="before", about="Only runs before this one."),
        ),
    ),
    Operation(
        method="GET",
        path="/api/v1/runs/{run_id}",
        answer=show,
        need=Need.READ,
        about="Everything about a run: steps, effects, artifacts, report, claims.",
        gives=RunWhole,
    ),
    Operation(
        method="GET",
        path="/api/v1/runs/{run_id}/events",
        answer=events,
        need=Need.READ,
        about="What has happened in a run so far, then the rest; `Last-Event-ID` takes a broken stream up again.",
        streams=True,
    ),
    *(
        Operation(
            method="POST",
            path=f"/api/v1/runs/{{run_id}}/{name}",
            answer=answer,
            need=Need.ADMIN,
            about=about,
            takes=RetryRequest if name == "retry" else None,
            gives=OneRun,
            status=202 if name in ("retry", "replay") else 200,
        )
        for name, answer, about in (
            ("cancel", cancel, "End a run at once; what it did stays done."),
            ("pause", pause, "Hold a run before its next step."),
            ("resume", resume, "Let a run go on that is paused or waits for its hours."),
            ("retry", retry, "Start a run that is over once more, from a step or where it broke off."),
            ("replay", replay, "Do a run again without any effect, to compare it with what it was."),
        )
    ),
    Operation(
        method="GET",
        path="/api/v1/runs/{run_id}/facts",
        answer=facts,
        need=Need.READ,
        about="What a run found, with where each fact is from.",
        gives=FactList,
    ),
    Operation(
        method="GET",
        path="/api/v1/runs/{run_id}/artifacts/{name}",
        answer=artifact,
        need=Need.READ,
        about="Something that a run made.",
    ),
    Operation(
        method="GET",
        path="/api/v1/runs/{run_id}/export",
        answer=export,
        need=Need.READ,
        about="A report to take along.",
        parameters=(Parameter(name="form", about="`md` or `html`."),),
    ),
    Operation(
        method="GET",
        path="/api/v1/runs/{run_id}/compare/{other}",
        answer=compare,
        need=Need.READ,
        about="Two runs beside each other: settings, facts and reports that differ.",
        gives=Compared,
    ),
)
