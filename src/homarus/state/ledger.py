"""Write events into the table and read them back: the one place that knows how a row looks."""

import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from homarus.domain.content import JsonObject
from homarus.domain.errors import DiskFullError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import OwnerId, SessionKey, TurnId
from homarus.state.chain import Head, Row, link
from homarus.state.statements import Sql

COLUMNS = "seq, owner_id, at_us, kind, session, turn, dedupe, body"
_LONGEST_KEY = 600
_KEPT_OF_KEY = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSERT = f"INSERT INTO events ({COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
_BY_DEDUPE = f"SELECT {COLUMNS} FROM events WHERE owner_id = ? AND dedupe = ?"  # noqa: S608 - a constant


def to_us(moment: datetime) -> int:
    """Return a time as microseconds since 1970, exactly."""
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def from_us(stamp: int) -> datetime:
    """Return the time of microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=stamp)


def now_us() -> int:
    """Return what time it is, microseconds since 1970."""
    return time.time_ns() // 1000


def event_of(row: tuple[int, str, int, str, str | None, str | None, str | None, str]) -> Event:
    """Return the event that a row of `COLUMNS` holds."""
    seq, owner_id, at_us, kind, session, turn, dedupe, body = row
    return Event(
        seq=seq,
        at=from_us(at_us),
        kind=Kind(kind),
        body=json.loads(body),
        session=None if session is None else SessionKey(session),
        turn=None if turn is None else TurnId(turn),
        dedupe=dedupe,
        owner_id=OwnerId(owner_id),
    )


def encode(body: JsonObject) -> str:
    """Return JSON that SQLite can hold, also where the text has half a surrogate pair."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(body, separators=(",", ":"), allow_nan=False)
    return text


def clean(text: str) -> str:
    """Return a text that every database can hold: without half a surrogate pair, without NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def key_of(dedupe: str) -> str:
    """Return a key as it is kept: one that no index could hold is told by its beginning and its hash.

    What stands before the first colon, a turn or a run, is not hashed: a run that takes over the steps of another one
    finds them under the same rest.
    """
    key = clean(dedupe)
    if len(key) <= _LONGEST_KEY:
        return key
    whose, colon, rest = key.partition(":")
    if not colon or len(whose) > _KEPT_OF_KEY:
        whose, colon, rest = "", "", key
    return f"{whose}{colon}{rest[:_KEPT_OF_KEY]}…{hashlib.sha256(rest.encode()).hexdigest()}"


def _clean(text: str | None) -> str | None:
    return None if text is None else clean(text)


class Pen:
    """What a piece of work writes with, inside the writer's transaction."""

    def __init__(
        self,
        sql: Sql,
        head: Head,
        *,
        project: Callable[[Sql, Event], None],
        is_low: bool,
        redacted: Callable[[str], str] | None = None,
    ) -> None:
        self.sql = sql
        self.head = head
        self._project = project
        self._is_low = is_low
        self._redacted = redacted

    def append(self, new: NewEvent) -> Event:
        """Write one event and bring the views up to date; with a key that is taken, return the event that has it.

        The body comes back as it will be read after a restart (tuples are lists by then).

        Raises:
            DiskFullError: when the room that is left is kept for work that was already accepted.
        """
        dedupe = None if new.dedupe is None else key_of(new.dedupe)
        if dedupe is not None:
            taken = self.sql.execute(_BY_DEDUPE, (new.owner_id, dedupe)).fetchone()
            if taken is not None:
                return event_of(taken)
        if self._is_low and new.kind is Kind.INBOUND_ACCEPTED:
            raise full()
        return self._write(new, now_us())

    def copy(self, event: Event) -> Event:
        """Write an event that was read from another log, with the time it had there and a number of its own."""
        new = NewEvent(
            kind=event.kind,
            body=event.body,
            session=event.session,
            turn=event.turn,
            dedupe=event.dedupe,
            owner_id=event.owner_id,
        )
        return self._write(new, to_us(event.at))

    def encoded(self, body: JsonObject) -> str:
        """Return JSON as it is written down: without the secrets of the configuration."""
        text = encode(body)
        return text if self._redacted is None else self._redacted(text)

    def _write(self, new: NewEvent, at_us: int) -> Event:
        row = Row(
            seq=self.head.seq + 1,
            owner_id=new.owner_id,
            at_us=at_us,
            kind=str(new.kind),
            session=_clean(new.session),
            turn=_clean(new.turn),
            dedupe=None if new.dedupe is None else key_of(new.dedupe),
            body=self.encoded(new.body),
        )
        digest = link(self.head.digest, row)
        fields = (row.seq, row.owner_id, row.at_us, row.kind, row.session, row.turn, row.dedupe, row.body)
        self.sql.execute(_INSERT, (*fields, digest))
        self.head = Head(seq=row.seq, digest=digest)
        event = event_of(fields)
        self._project(self.sql, event)
        return event


def full() -> DiskFullError:
    """Return the error for a disk without room."""
    return DiskFullError(
        _("The disk with the state folder is full, so nothing new is accepted."),
        hint=_("Free some space; homarus goes on by itself. What was accepted before is safe."),
    )
