"""The views say what the log says."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.state.outgoing import undelivered
from homarus.state.reminders import StoredReminders
from homarus.state.statements import Sql
from homarus.state.store import SqliteStore
from state.rebuilding import rebuild

pytestmark = pytest.mark.anyio
Write = Callable[..., Awaitable[Event]]
MAIN = SessionKey("agent:main:main")
TABLES = ("turns", "sessions", "reminders", "reminders_seen", "outbox")


def everything(sql: Sql) -> list[list[object]]:
    tables = [list[object](sql.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES]
    words = sql.execute("SELECT rowid FROM messages WHERE messages MATCH 'hello OR hi' ORDER BY rowid").fetchall()
    return [*tables, list[object](words)]


async def test_they_can_be_built_again_from_the_log(store: SqliteStore, ask: Write, reply: Write) -> None:
    await ask("t1")
    await reply("t1")
    await ask("t2")
    await store.append(NewEvent(kind=Kind.TURN_PARKED, session=MAIN, turn=TurnId("t2")))
    reminders, noon = StoredReminders(store, zone=ZoneInfo("Europe/Berlin")), datetime(2026, 11, 20, 12, tzinfo=UTC)
    reminder = await reminders.add("a", due_at=noon, session=MAIN, idempotency_key="a")
    await reminders.mark_fired(reminder, now=noon)
    await reminders.mark_seen(reminder.reminder_id, by="cli")
    await reply("t3", to="lena")
    before = await store.read(everything)
    await store.writer.write(lambda pen: rebuild(pen.sql))
    assert await store.read(everything) == before
    assert all(before)


@pytest.mark.parametrize("kind", [Kind.INBOUND_ACCEPTED, Kind.REPLY_WRITTEN, Kind.TURN_PARKED, Kind.REMINDER_FIRED])
async def test_an_event_with_an_empty_body_breaks_nothing(store: SqliteStore, kind: Kind) -> None:
    await store.append(NewEvent(kind=kind, session=MAIN, turn=TurnId("t1")))
    assert await store.last_seq() == 1


async def test_what_a_channel_must_send_is_found_until_it_is_settled(store: SqliteStore, reply: Write) -> None:
    for turn, to in (("t1", "lena"), ("t2", "lena"), ("t3", "lena"), ("t4", "")):
        await reply(turn, to=to)
    await store.append(NewEvent(kind=Kind.REPLY_DELIVERED, session=MAIN, turn=TurnId("t1")))
    await store.append(NewEvent(kind=Kind.REPLY_UNKNOWN, session=MAIN, turn=TurnId("t2")))
    assert [event.turn for event in await undelivered(store)] == ["t3"]
