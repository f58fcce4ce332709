"""What will be said at a time: written as events, found by time, said once to each face."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from homarus.domain import codec
from homarus.domain.errors import NotFoundError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import SessionKey, fresh
from homarus.domain.turns import Reminder
from homarus.state.database import Database
from homarus.state.ledger import from_us, to_us
from homarus.state.statements import Sql

_COLUMNS = "reminder_id, session, text, due_us, zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A reminder that came due."""

    reminder: Reminder
    fired_at: datetime
    late_s: float
    """How long after its time it could be said: the house was down."""


class StoredReminders:
    """Implements `domain.ports.Reminders`, and what a scheduler and the faces need."""

    def __init__(self, store: Database, *, zone: ZoneInfo) -> None:
        self._store = store
        self._zone = zone

    async def add(self, text: str, *, due_at: datetime, session: SessionKey, idempotency_key: str) -> Reminder:
        """Write a reminder down, on the disk for sure, and return it; the same key gives the same reminder.

        A time without a zone is meant in the owner's.
        """
        at = due_at if due_at.tzinfo is not None else due_at.replace(tzinfo=self._zone)
        zone = at.tzinfo.key if isinstance(at.tzinfo, ZoneInfo) else self._zone.key
        reminder = Reminder(reminder_id=fresh("rem"), session=session, text=text, due_at=at, zone=zone)
        new = NewEvent(
            kind=Kind.REMINDER_SET,
            body={"reminder": codec.dump(reminder)},
            session=session,
            dedupe=f"reminder:{idempotency_key}",
            owner_id=self._store.owner_id,
        )
        written = (await self._store.append(new))[0]
        kept = codec.load(Reminder, written.body["reminder"])
        return _in_zone(kept.reminder_id, kept.session, kept.text, to_us(kept.due_at), kept.zone)

    async def upcoming(self, limit: int = 50) -> tuple[Reminder, ...]:
        """Return what was not said yet, the next one first."""
        return await self._waiting("ORDER BY due_us, reminder_id LIMIT ?", limit)

    async def cancel(self, reminder_id: str) -> Reminder:
        """Take back what was not said yet, and return it; once more gives the same.

        Raises:
            NotFoundError: when no such reminder waits.
        """
        dedupe = f"reminder:{reminder_id}:cancelled"
        before = await self._store.find(dedupe)
        if before is not None:
            return codec.load(Reminder, before.body["reminder"])
        waiting = await self._waiting("AND reminder_id = ?", reminder_id)
        if not waiting:
            raise NotFoundError(
                _("No reminder {reminder_id!r} is waiting.").format(reminder_id=reminder_id),
                hint=_("Ask which reminders there are: `What reminders do I have?`"),
            )
        new = NewEvent(
            kind=Kind.REMINDER_CANCELLED,
            body={"reminder": codec.dump(waiting[0])},
            session=waiting[0].session,
            dedupe=dedupe,
            owner_id=self._store.owner_id,
        )
        await self._store.append(new)
        return waiting[0]

    async def due(self, now: datetime) -> tuple[Reminder, ...]:
        """Return what should have been said by now and was not, in the order of their times."""
        return await self._waiting("AND due_us <= ? ORDER BY due_us, reminder_id", to_us(now))

    async def mark_fired(self, reminder: Reminder, *, now: datetime) -> bool:
        """Write down that it is said now, and how late; return whether this was the first time."""
        mark = fresh("ring")  # of two processes that write it, one is the first
        late_s = max(0.0, (now - reminder.due_at).total_seconds())
        new = NewEvent(
            kind=Kind.REMINDER_FIRED,
            body={"reminder_id": reminder.reminder_id, "late_s": late_s, "text": reminder.text, "mark": mark},
            session=reminder.session,
            dedupe=f"reminder:{reminder.reminder_id}:fired",
            owner_id=self._store.owner_id,
        )
        written = (await self._store.append(new))[0]
        return written.body.get("mark") == mark

    async def unseen(self, face: str) -> tuple[Fired, ...]:
        """Return what came due and was not shown by a face (`cli`, `web`), oldest first."""

        def query(sql: Sql) -> list[tuple[str, str, str, int, str, int, float]]:
            return sql.execute(
                f"SELECT {_COLUMNS}, fired_us, late_s FROM reminders AS r WHERE owner_id = ? "  # noqa: S608 - constant
                "AND fired_us IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reminders_seen AS s "
                "WHERE s.owner_id = r.owner_id AND s.reminder_id = r.reminder_id AND s.face = ?) ORDER BY fired_us",
                (self._store.owner_id, face),
            ).fetchall()

        return tuple(
            Fired(reminder=_in_zone(*row[:5]), fired_at=from_us(row[5]), late_s=row[6])
            for row in await self._store.read(query)
        )

    async def mark_seen(self, reminder_id: str, *, by: str) -> None:
        """Write down that a face showed it.

        Raises:
            NotFoundError: when there is no such reminder.
        """
        known = await self._store.read(
            lambda sql: sql.execute(
                "SELECT session FROM reminders WHERE owner_id = ? AND reminder_id = ?",
                (self._store.owner_id, reminder_id),
            ).fetchone()
        )
        if known is None:
            raise NotFoundError(
                _("There is no reminder {reminder_id!r}.").format(reminder_id=reminder_id),
                hint=_("`homarus status` shows the next one."),
            )
        new = NewEvent(
            kind=Kind.REMINDER_SEEN,
            body={"reminder_id": reminder_id, "by": by},
            session=SessionKey(known[0]),
            dedupe=f"reminder:{reminder_id}:seen:{by}",
            owner_id=self._store.owner_id,
        )
        await self._store.append(new)

    async def _waiting(self, where: str, value: int | str) -> tuple[Reminder, ...]:
        query = f"SELECT {_COLUMNS} FROM reminders WHERE owner_id = ? AND fired_us IS NULL {where}"  # noqa: S608 - constants
        rows = await self._store.read(lambda sql: sql.execute(query, (self._store.owner_id, value)).fetchall())
        return tuple(_in_zone(*row) for row in rows)


def _in_zone(reminder_id: str, session: str, text: str, due_us: int, zone: str) -> Reminder:
    try:
        due_at = from_us(due_us).astimezone(ZoneInfo(zone))
    except (OSError, ValueError, LookupError):  # the zone is not known on this machine
        due_at = from_us(due_us).astimezone(UTC)
    return Reminder(reminder_id=reminder_id, session=SessionKey(session), text=text, due_at=due_at, zone=zone)
