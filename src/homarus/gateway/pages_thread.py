"""A conversation as the chat page shows it: what was asked, and under it what came of it, in that order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from homarus.agent.retry import would_repeat
from homarus.domain.acts import Approval
from homarus.domain.events import Event, Kind
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.turns import Reply
from homarus.gateway.api_sessions import SHOWN, Attached, SaidInSession, messages_of
from homarus.gateway.house import House

_KINDS = (*SHOWN, Kind.TOOL_INTENDED, Kind.TOOL_FINISHED)
_SHOWN_AT_FIRST = 120
"""Entries of a long conversation; the earlier ones are one click away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in a thread."""

    kind: str
    """`user`, `reply`, `running`, `house` or `reminder`."""
    at: datetime
    turn: TurnId | None = None
    text: str = ""
    attachments: tuple[Attached, ...] = ()
    reasoning: str = ""
    reply: Reply | None = None
    repeats: tuple[str, ...] = ()
    """What running it again would do once more."""
    approvals: tuple[Approval, ...] = ()
    is_again: bool = False
    """Whether this message was sent before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """What a page shows of a conversation."""

    entries: tuple[Entry, ...]
    hidden: int
    """Entries before the first one shown."""


async def thread_of(house: House, session: SessionKey, *, is_whole: bool = False) -> Thread:
    """Return a conversation, the newest entries of a long one."""
    events = await house.store.of_session(session, kinds=_KINDS)
    waiting = [approval for approval in await house.approvals.pending() if approval.session == session]
    entries = _entries(events, waiting)
    hidden = 0 if is_whole else max(0, len(entries) - _SHOWN_AT_FIRST)
    return Thread(entries=tuple(entries[hidden:]), hidden=hidden)


async def entry_of(house: House, turn: TurnId) -> Entry | None:
    """Return the answer of one turn, `None` when there is no such turn."""
    events = await house.store.of_turn(turn)
    waiting = [approval for approval in await house.approvals.pending() if approval.turn_id == turn]
    found = _entries(events, waiting)
    return next((entry for entry in found if entry.turn == turn and entry.kind in {"reply", "running"}), None)


def _entries(events: Sequence[Event], waiting: Iterable[Approval]) -> list[Entry]:
    said = messages_of([event for event in events if event.kind in SHOWN])
    asked = {event.turn: event for event in events if event.kind is Kind.INBOUND_ACCEPTED}
    replies = {message.turn_id: message for message in said if message.reply is not None}
    of_turn: dict[TurnId | None, list[Event]] = {}
    for event in events:
        of_turn.setdefault(event.turn, []).append(event)
    entries: list[Entry] = []
    for message in said:
        if message.role in {"house", "reminder"}:
            entries.append(Entry(kind=message.role, at=message.at, text=message.text))
        elif message.role == "user":
            turn = message.turn_id
            answered = replies.get(turn)
            entries.append(_question(message, asked[turn]))
            entries.append(_answer(answered, of_turn[turn]) if answered else _running(message, waiting))
    return entries


def _question(message: SaidInSession, event: Event) -> Entry:
    inbound = event.body["inbound"]
    return Entry(
        kind="user",
        at=message.at,
        turn=message.turn_id,
        text=message.text,
        attachments=message.attachments,
        is_again=isinstance(inbound, dict) and bool(inbound.get("retry_of")),
    )


def _answer(message: SaidInSession, events: Sequence[Event]) -> Entry:
    return Entry(
        kind="reply",
        at=message.at,
        turn=message.turn_id,
        reply=message.reply,
        reasoning=message.reasoning,
        repeats=would_repeat(events),
    )


def _running(message: SaidInSession, waiting: Iterable[Approval]) -> Entry:
    held = tuple(approval for approval in waiting if approval.turn_id == message.turn_id)
    return Entry(kind="running", at=message.at, turn=message.turn_id, approvals=held)
