"""Conversations over HTTP: a list, what was said, an export, a fresh start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from aiohttp import web
from pydantic import BaseModel

from homarus.domain import codec
from homarus.domain.content import Image, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.turns import Inbound, Reply
from homarus.gateway.addressing import default_agent, session_of
from homarus.gateway.answers import ok
from homarus.gateway.api_events import number
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, Parameter, caller_of, house_of
from homarus.state.sessions import Among, SessionCard

SHOWN = (
    Kind.INBOUND_ACCEPTED,
    Kind.MODEL_ANSWERED,
    Kind.REPLY_WRITTEN,
    Kind.SESSION_COMPACTED,
    Kind.SESSION_RESET,
    Kind.REMINDER_FIRED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What came along with a message."""

    name: str
    kind: str
    """`text` or a picture's media type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidInSession:
    """One entry of a conversation as a face shows it."""

    seq: int
    at: datetime
    role: str
    """`user`, `assistant`, `reminder` or `house`."""
    text: str
    turn_id: TurnId | None
    attachments: tuple[Attached, ...] = ()
    reasoning: str = ""
    """Of the models that answered, for faces that fold it."""
    reply: Reply | None = None
    """With the footer: model, place, time, tokens, why."""


class SessionList(BaseModel):
    """Conversations, the one with the newest message first."""

    sessions: list[SessionCard]


class SessionMessages(BaseModel):
    """One conversation."""

    session: SessionCard
    messages: list[SaidInSession]


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with the conversations, or with those in which words were said."""
    house = house_of(request)
    limit = number(request.query.get("limit", "100"), "limit")
    among = among_of(request.query.get("among", "chats"))
    if words := request.query.get("search"):
        found = await house.sessions.search(words, limit=limit)
        named = {event.session for event in found if event.session is not None}
        titles = {str(session): (await house.sessions.card(session)).title for session in named}
        return ok({"found": [codec.dump(event) for event in found], "titles": dict(titles)})
    return ok({"sessions": [codec.dump(card) for card in await house.sessions.cards(limit, among=among)]})


def among_of(word: str) -> Among:
    """Return which conversations are wanted.

    Raises:
        UsageError: when it is another word.
    """
    try:
        return Among(word)
    except ValueError as error:
        raise UsageError(
            _("{word!r} is no kind of session.").format(word=word),
            hint=_("Say one of {words}.").format(words=", ".join(Among)),
        ) from error


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with what was said."""
    house, session = house_of(request), _session(request)
    card = await house.sessions.card(session)
    events = await house.store.of_session(session, kinds=SHOWN)
    return ok({"session": codec.dump(card), "messages": [codec.dump(said) for said in messages_of(events)]})


def messages_of(events: Sequence[Event]) -> list[SaidInSession]:
    """Return a session's events as entries; the reasoning of a turn goes with its reply."""
    reasoning: dict[TurnId | None, list[str]] = {}
    messages: list[SaidInSession] = []
    for event in events:
        match event.kind:
            case Kind.MODEL_ANSWERED:
                answer = cast("JsonObject", event.body.get("answer") or {})
                if text := str(answer.get("reasoning") or ""):
                    reasoning.setdefault(event.turn, []).append(text)
            case Kind.INBOUND_ACCEPTED:
                messages.append(_of_inbound(event, codec.load(Inbound, event.body["inbound"])))
            case Kind.REPLY_WRITTEN:
                thoughts = "\n\n".join(reasoning.pop(event.turn, []))
                messages.append(_of_reply(event, codec.load(Reply, event.body["reply"]), thoughts))
            case _:
                messages.append(_of_house(event))
    return messages


def _of_inbound(event: Event, inbound: Inbound) -> SaidInSession:
    attachments = tuple(
        Attached(name=part.name, kind=part.media_type)
        if isinstance(part, Image)
        else Attached(name=part.label.source, kind="text")
        for part in inbound.attachments
    )
    return SaidInSession(
        seq=event.seq, at=event.at, role="user", text=inbound.text, turn_id=event.turn, attachments=attachments
    )


def _of_reply(event: Event, reply: Reply, reasoning: str) -> SaidInSession:
    return SaidInSession(
        seq=event.seq,
        at=event.at,
        role="assistant",
        text=reply.text,
        turn_id=event.turn,
        reasoning=reasoning,
        reply=reply,
    )


def _of_house(event: Event) -> SaidInSession:
    role = "reminder" if event.kind is Kind.REMINDER_FIRED else "house"
    return SaidInSession(seq=event.seq, at=event.at, role=role, text=_sentence(event), turn_id=event.turn)


def _sentence(event: Event) -> str:
    if event.kind is Kind.REMINDER_FIRED:
        return _("Reminder: {text}").format(text=str(event.body.get("text") or ""))
    if event.kind is Kind.SESSION_RESET:
        return _("The session started afresh.")
    return _("What came before was summed up for the model.")


async def export(request: web.Request) -> web.StreamResponse:
    """Answer with a conversation to take along."""
    from homarus.state import transcript

    house, session = house_of(request), _session(request)
    card = await house.sessions.card(session)
    match request.query.get("format", "json"):
        case "json":
            return ok(transcript.as_json(card, await house.store.of_session(session)))
        case "markdown":
            text = transcript.as_markdown(card, await house.store.of_session(session, kinds=SHOWN))
            if "application/json" in request.headers.get("Accept", ""):
                return ok({"session": session, "markdown": text})
            headers = {"Content-Disposition": 'attachment; filename="session.md"'}
            return web.Response(text=text, content_type="text/markdown", charset="utf-8", headers=headers)
        case other:
            raise UsageError(
                _("{name!r} is no format of an export.").format(name=other[:50]), hint=_("Formats: json, markdown.")
            )


async def reset(request: web.Request) -> web.StreamResponse:
    """Let a conversation start afresh; what was said stays in the log."""
    house, session = house_of(request), _session(request)
    await house.sessions.card(session)
    by = caller_of(request).by
    (event,) = await house.store.append(NewEvent(kind=Kind.SESSION_RESET, body={"by": by}, session=session))
    return ok({"session": session, "seq": event.seq})


def _session(request: web.Request) -> SessionKey:
    key = request.match_info["key"]
    return SessionKey(key) if key.startswith("agent:") else session_of(default_agent(house_of(request)), key)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/sessions",
        answer=listing,
        need=Need.READ,
        about="Conversations, the one with the newest message first; `search` finds in what was said.",
        gives=SessionList,
        parameters=(
            Parameter(name="limit", about="How many at most.", kind="integer"),
            Parameter(name="search", about="Words that were said."),
            Parameter(name="among", about="`chats` (without it), `automation` (runs, errands, hooks) or `all`."),
        ),
    ),
    Operation(
        method="GET",
        path="/api/v1/sessions/{key}",
        answer=show,
        need=Need.READ,
        about="What was said in a conversation, with the footer of every reply.",
        gives=SessionMessages,
    ),
    Operation(
        method="GET",
        path="/api/v1/sessions/{key}/export",
        answer=export,
        need=Need.READ,
        about="A conversation to take along.",
        parameters=(Parameter(name="format", about="`json` (every event) or `markdown` (what was said)."),),
    ),
    Operation(
        method="POST",
        path="/api/v1/sessions/{key}/reset",
        answer=reset,
        need=Need.ADMIN,
        about="Let a conversation start afresh; what was said stays in the log.",
    ),
)
