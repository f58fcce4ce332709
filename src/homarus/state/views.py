"""Keep the views of the log up to date: which turns are unfinished, what sessions there are, what is to be said when.

Each function brings the tables up to date with one event, in the same transaction; nothing else writes them.
"""

from collections.abc import Callable, Mapping
from typing import cast

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.events import Event, Kind
from homarus.domain.turns import Reminder
from homarus.state.ledger import clean, to_us
from homarus.state.statements import Sql

_TITLE_LETTERS = 60


def project(sql: Sql, event: Event) -> None:
    """Bring every view up to date with an event that was just written."""
    bring = _VIEWS.get(event.kind)
    if bring is not None:
        bring(sql, event)


def title_of(text: str) -> str:
    """Return the first words of a message, at most 60 letters, on one line."""
    words = " ".join(text.split())
    if len(words) <= _TITLE_LETTERS:
        return words
    return words[:_TITLE_LETTERS].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


def _part(body: JsonObject, name: str) -> JsonObject:
    part = body.get(name)
    return cast("JsonObject", part) if isinstance(part, Mapping) else {}


def _word(body: JsonObject, name: str) -> str:
    value = body.get(name)
    return clean(value) if isinstance(value, str) else ""


def _number(body: JsonObject, name: str) -> float | None:
    value = body.get(name)
    return value if isinstance(value, int | float) else None


def _inbound_accepted(sql: Sql, event: Event) -> None:
    inbound = _part(event.body, "inbound")
    session = event.session or _word(inbound, "session")
    text = _word(inbound, "text")
    if event.turn is not None:
        sql.execute(
            "INSERT INTO turns (owner_id, turn, session, accepted_seq, state) VALUES (?, ?, ?, ?, 'queued') "
            "ON CONFLICT DO NOTHING",
            (event.owner_id, event.turn, session, event.seq),
        )
    at_us = to_us(event.at)
    sql.execute(
        "INSERT INTO sessions (owner_id, session, agent, channel, title, first_us, last_us, turns, replies) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0) ON CONFLICT (owner_id, session) DO UPDATE SET "
        "last_us = excluded.last_us, turns = sessions.turns + 1, "
        "title = CASE sessions.title WHEN '' THEN excluded.title ELSE sessions.title END",
        (
            event.owner_id,
            session,
            _word(inbound, "agent"),
            _word(inbound, "channel"),
            title_of(text),
            at_us,
            at_us,
        ),
    )
    _index(sql, event.seq, text)


def _reply_written(sql: Sql, event: Event) -> None:
    _set_state(sql, event, "done")
    sql.execute(
        "UPDATE sessions SET last_us = ?, replies = replies + 1 WHERE owner_id = ? AND session = ?",
        (to_us(event.at), event.owner_id, event.session),
    )
    if event.turn is not None and _word(event.body, "to"):
        sql.execute(
            "INSERT INTO outbox (owner_id, turn, written_seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (event.owner_id, event.turn, event.seq),
        )
    _index(sql, event.seq, _word(_part(event.body, "reply"), "text"))


def _reply_settled(sql: Sql, event: Event) -> None:
    sql.execute("DELETE FROM outbox WHERE owner_id = ? AND turn = ?", (event.owner_id, event.turn))


def _index(sql: Sql, seq: int, text: str) -> None:
    if text:
        sql.execute("INSERT INTO messages (rowid, text) VALUES (?, ?)", (seq, text))


def _turn_started(sql: Sql, event: Event) -> None:
    _set_state(sql, event, "running")


def _turn_parked(sql: Sql, event: Event) -> None:
    _set_state(sql, event, "parked")


def _set_state(sql: Sql, event: Event, state: str) -> None:
    if event.turn is not None:
        sql.execute(
            "UPDATE turns SET state = ? WHERE owner_id = ? AND turn = ? AND state <> 'done'",
            (state, event.owner_id, event.turn),
        )


def _reminder_set(sql: Sql, event: Event) -> None:
    reminder = codec.load(Reminder, event.body.get("reminder"))
    sql.execute(
        "INSERT INTO reminders (owner_id, reminder_id, session, text, due_us, zone) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            event.owner_id,
            reminder.reminder_id,
            reminder.session,
            reminder.text,
            to_us(reminder.due_at),
            reminder.zone,
        ),
    )


def _reminder_fired(sql: Sql, event: Event) -> None:
    sql.execute(
        "UPDATE reminders SET fired_us = ?, late_s = ? WHERE owner_id = ? AND reminder_id = ? AND fired_us IS NULL",
        (to_us(event.at), _number(event.body, "late_s"), event.owner_id, _word(event.body, "reminder_id")),
    )


def _reminder_cancelled(sql: Sql, event: Event) -> None:
    sql.execute(
        "DELETE FROM reminders WHERE owner_id = ? AND reminder_id = ? AND fired_us IS NULL",
        (event.owner_id, _word(_part(event.body, "reminder"), "reminder_id")),
    )


def _reminder_seen(sql: Sql, event: Event) -> None:
    sql.execute(
        "INSERT INTO reminders_seen (owner_id, reminder_id, face) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (event.owner_id, _word(event.body, "reminder_id"), _word(event.body, "by")),
    )


_VIEWS: Mapping[Kind, Callable[[Sql, Event], None]] = {
    Kind.INBOUND_ACCEPTED: _inbound_accepted,
    Kind.TURN_STARTED: _turn_started,
    Kind.TURN_PARKED: _turn_parked,
    Kind.APPROVAL_DECIDED: _turn_started,
    Kind.REPLY_WRITTEN: _reply_written,
    Kind.REPLY_DELIVERED: _reply_settled,
    Kind.REPLY_UNKNOWN: _reply_settled,
    Kind.REPLY_REFUSED: _reply_settled,
    Kind.REMINDER_SET: _reminder_set,
    Kind.REMINDER_FIRED: _reminder_fired,
    Kind.REMINDER_SEEN: _reminder_seen,
    Kind.REMINDER_CANCELLED: _reminder_cancelled,
}
