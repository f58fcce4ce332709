"""Turns over HTTP: send a message, watch what happens, take up a broken stream, stop, run again."""

import base64
import binascii
from typing import Annotated, Literal

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from homarus.domain import codec
from homarus.domain.content import Image, Part, Text
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import SessionKey, TurnId, fresh
from homarus.domain.labels import Label, Origin
from homarus.domain.printable import printable
from homarus.domain.turns import Inbound
from homarus.gateway.addressing import agent_of, model_of, session_for
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Caller, CallerKind, Need
from homarus.gateway.house import House
from homarus.gateway.intake import Accepted
from homarus.gateway.operations import Operation, caller_of, house_of
from homarus.gateway.queueing import Word
from homarus.gateway.sse import Place, Stream, frame, send_moments, stream, wants_stream
from homarus.gateway.turns import TurnView

_PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})


Named = Annotated[str, AfterValidator(printable)]


class Attachment(BaseModel):
    """A pipe, a file or a picture; whatever is in it, nobody takes it for the owner's words."""

    model_config = ConfigDict(extra="forbid")

    name: Named = Field(default="attachment", max_length=200)
    media_type: str = "text/plain"
    text: str | None = None
    data_b64: str | None = None


class TurnRequest(BaseModel):
    """A message to an agent."""

    model_config = ConfigDict(extra="forbid")

    text: str
    session: str | None = None
    """A name (`Ideas`) or a whole session key."""
    agent: str | None = None
    model: str | None = None
    """`provider/id` or an alias; strict: nobody else answers."""
    attachments: list[Attachment] = Field(default_factory=list[Attachment], max_length=50)
    external_id: str | None = Field(default=None, max_length=200)
    """Your own id of this message; the same one twice is one turn."""
    channel: Literal["cli", "web"] | None = None
    priority: Word = "person"
    """Whose turn it is at a model that others want too: `job`, `heartbeat` or `swarm` for what nobody waits for."""


class TurnAccepted(BaseModel):
    """A message that is written down."""

    turn_id: str
    session: str
    is_new: bool


async def make(request: web.Request) -> web.StreamResponse:
    """Write a message down and answer with its turn, or with what happens in it."""
    house, caller = house_of(request), caller_of(request)
    wanted = await read_as(request, TurnRequest)
    accepted = await house.intake.accept(await inbound_of(wanted, house, caller))
    if wants_stream(request):
        return await _watch(request, accepted.turn, accepted.session)
    return ok(accepted_body(accepted), status=202)


def accepted_body(accepted: Accepted) -> dict[str, str | bool]:
    """Return an accepted message as the API says it."""
    return {"turn_id": accepted.turn, "session": accepted.session, "is_new": accepted.is_new}


async def inbound_of(wanted: TurnRequest, house: House, caller: Caller) -> Inbound:
    """Return the message that a request is."""
    agent = agent_of(house, wanted.agent, wanted.session)
    return Inbound(
        channel=_channel(wanted, caller),
        external_id=f"{caller.caller_id}:{wanted.external_id or fresh('msg')}",  # nobody can name another's message
        session=session_for(caller, agent, wanted.session),
        agent=agent,
        text=wanted.text,
        label=caller.label,
        attachments=tuple(part_of(attachment) for attachment in wanted.attachments),
        model=model_of(house, wanted.model) if wanted.model else None,
        priority=wanted.priority,
    )


def _channel(wanted: TurnRequest, caller: Caller) -> str:
    match caller.kind:
        case CallerKind.SOCKET:
            return wanted.channel or "cli"
        case CallerKind.DEVICE:
            return "web"
        case CallerKind.KEY:
            return "api"


def part_of(attachment: Attachment) -> Part:
    """Return an attachment as a labelled part.

    Raises:
        UsageError: when it is neither text nor a picture that models can read.
    """
    label = Label(origin=Origin.FILE, source=f"file {attachment.name}")
    if attachment.text is not None:
        return Text(text=attachment.text, label=label)
    data_b64 = attachment.data_b64 or ""
    try:
        data = base64.b64decode(data_b64, validate=True)
    except binascii.Error:
        raise UsageError(
            _("{name!r} is not base64.").format(name=attachment.name), hint=_("Send text as `text`.")
        ) from None
    if attachment.media_type in _PICTURES:
        return Image(media_type=attachment.media_type, data_b64=data_b64, label=label, name=attachment.name)
    try:
        return Text(text=data.decode(), label=label)
    except UnicodeDecodeError:
        raise UsageError(
            _("{name!r} ({kind}) is neither text nor a picture.").format(
                name=attachment.name, kind=attachment.media_type
            ),
            hint=_("Send text, PNG, JPEG, WebP or GIF."),
        ) from None


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with where a turn is, and its reply when it has one."""
    return ok(codec.dump(await house_of(request).turns.view(_turn(request))))


async def events(request: web.Request) -> web.StreamResponse:
    """Answer with what has happened in a turn so far, then the rest."""
    view = await house_of(request).turns.view(_turn(request))
    return await _watch(request, view.turn_id, view.session)


async def stop(request: web.Request) -> web.StreamResponse:
    """Stop a turn."""
    house, turn = house_of(request), _turn(request)
    await house.turns.stop(turn, by=caller_of(request).by)
    return ok(codec.dump(await house.turns.view(turn)))


async def retry(request: web.Request) -> web.StreamResponse:
    """Run the message of a turn again."""
    accepted = await house_of(request).turns.retry(_turn(request))
    if wants_stream(request):
        return await _watch(request, accepted.turn, accepted.session)
    return ok(accepted_body(accepted), status=202)


async def _watch(request: web.Request, turn: TurnId, session: SessionKey) -> web.StreamResponse:
    house = house_of(request)
    place = Place(request.headers.get("Last-Event-ID", ""))

    async def write(out: Stream) -> None:
        await out.send(frame("accepted", {"turn_id": turn, "session": session}))
        await send_moments(out, house.moments.watch(turn), place)

    return await stream(request, write)


def _turn(request: web.Request) -> TurnId:
    return TurnId(request.match_info["turn_id"])


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/turns",
        answer=make,
        need=Need.CHAT,
        about="Send a message; with `Accept: text/event-stream` the answer is what happens, as it happens.",
        takes=TurnRequest,
        gives=TurnAccepted,
        status=202,
        streams=True,
    ),
    Operation(
        method="GET",
        path="/api/v1/turns/{turn_id}",
        answer=show,
        need=Need.READ,
        about="Where a turn is, and its reply when it has one.",
        gives=TurnView,
    ),
    Operation(
        method="GET",
        path="/api/v1/turns/{turn_id}/events",
        answer=events,
        need=Need.READ,
        about="What has happened in a turn so far, then the rest; `Last-Event-ID` takes a broken stream up again.",
        streams=True,
    ),
    Operation(
        method="POST",
        path="/api/v1/turns/{turn_id}/stop",
        answer=stop,
        need=Need.ADMIN,
        about="Stop a turn; what was said until then stays.",
        gives=TurnView,
    ),
    Operation(
        method="POST",
        path="/api/v1/turns/{turn_id}/retry",
        answer=retry,
        need=Need.ADMIN,
        about="Run the message of a turn again, as a new turn of the same session.",
        gives=TurnAccepted,
        status=202,
        streams=True,
    ),
)
