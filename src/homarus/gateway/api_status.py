"""How the gateway is: status, doctor, log, reminders that came due, and the end of it."""

import asyncio
from collections import deque
from pathlib import Path

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from homarus.domain import codec
from homarus.domain.printable import printable
from homarus.gateway.answers import ok
from homarus.gateway.api_events import number
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.facts import Doctor, Status
from homarus.gateway.operations import Operation, Parameter, house_of
from homarus.gateway.reminding import Notice

LOG_FILE = Path("logs") / "gateway.log"
_MOST_LINES = 5000
_LONGEST_LINE = 4000


class Face(BaseModel):
    """Who shows reminders."""

    model_config = ConfigDict(extra="forbid")

    face: str = Field(min_length=1, max_length=40)


class NoticesTaken(BaseModel):
    """Reminders that this face had not shown yet; now they count as shown."""

    notices: list[Notice]


class LogLines(BaseModel):
    """The end of the gateway's log."""

    lines: list[str]


async def status(request: web.Request) -> web.StreamResponse:
    """Answer with how the gateway is."""
    return ok(codec.dump(await house_of(request).facts.status()))


async def doctor(request: web.Request) -> web.StreamResponse:
    """Answer with what is well and what is not, each with its next step."""
    found = await house_of(request).facts.doctor()
    topic = request.query.get("topic")
    if topic:
        findings = tuple(finding for finding in found.findings if finding.topic == topic)
        found = Doctor(is_well=all(finding.is_well for finding in findings), findings=findings)
    return ok(codec.dump(found))


async def take_notices(request: web.Request) -> web.StreamResponse:
    """Answer with the reminders that a face has not shown, and count them as shown."""
    wanted = await read_as(request, Face)
    taken = await house_of(request).notices.take(wanted.face)
    return ok({"notices": [codec.dump(notice) for notice in taken]})


async def logs(request: web.Request) -> web.StreamResponse:
    """Answer with the end of the log; its control characters are shown, not sent."""
    count = min(number(request.query.get("lines", "200"), "lines"), _MOST_LINES)
    return ok({"lines": await asyncio.to_thread(tail, house_of(request).home / LOG_FILE, count)})


def tail(path: Path, count: int) -> list[str]:
    """Return the last lines of a file, none when there is no file; a log holds words of strangers, so it is cleaned."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = deque(file, maxlen=count)
    except FileNotFoundError:
        return []
    return [printable(line.rstrip("\n"), keep="\t")[:_LONGEST_LINE] for line in lines]


async def stop(request: web.Request) -> web.StreamResponse:
    """End the gateway in good order."""
    house_of(request).ask_to_stop()
    return ok({"is_stopping": True}, status=202)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/status",
        answer=status,
        need=Need.READ,
        about="How the gateway is: model, turns, what waits, what left this machine today.",
        gives=Status,
    ),
    Operation(
        method="GET",
        path="/api/v1/doctor",
        answer=doctor,
        need=Need.ADMIN,
        about="What is well and what is not, each with its next step.",
        gives=Doctor,
        parameters=(Parameter(name="topic", about="Only this: `models`, `sandbox`, `configuration` ..."),),
    ),
    Operation(
        method="POST",
        path="/api/v1/notices/take",
        answer=take_notices,
        need=Need.ADMIN,
        about="Reminders that this face has not shown yet; now they count as shown.",
        takes=Face,
        gives=NoticesTaken,
    ),
    Operation(
        method="GET",
        path="/api/v1/logs",
        answer=logs,
        need=Need.ADMIN,
        about="The end of the gateway's log.",
        gives=LogLines,
        parameters=(Parameter(name="lines", about="How many at most.", kind="integer"),),
    ),
    Operation(
        method="POST",
        path="/api/v1/stop",
        answer=stop,
        need=Need.SOCKET,
        about="End the gateway in good order; only over the Unix socket.",
        status=202,
    ),
)
