"""Reminders are said once, late if need be, and never lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dirty_equals import IsStr

from homarus.domain.errors import NotFoundError
from homarus.domain.events import Kind
from homarus.domain.ids import SessionKey
from homarus.state.reminders import StoredReminders
from homarus.state.store import SqliteStore, open_store
from state.rebuilding import rebuild

pytestmark = pytest.mark.anyio
MAIN = SessionKey("agent:main:main")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=BERLIN)


@pytest.fixture
def reminders(store: SqliteStore) -> StoredReminders:
    return StoredReminders(store, zone=BERLIN)


async def test_the_same_key_gives_the_same_reminder(reminders: StoredReminders) -> None:
    first = await reminders.add("call Lena", due_at=NOON, session=MAIN, idempotency_key="t1:c1")
    again = await reminders.add("call Lena", due_at=NOON, session=MAIN, idempotency_key="t1:c1")
    assert first == again
    assert await reminders.upcoming() == (first,)
    assert (first.due_at, first.zone) == (NOON, "Europe/Berlin")


async def test_what_is_due_comes_in_order_and_once(reminders: StoredReminders) -> None:
    later = await reminders.add("b", due_at=NOON + timedelta(hours=1), session=MAIN, idempotency_key="b")
    sooner = await reminders.add("a", due_at=NOON, session=MAIN, idempotency_key="a")
    assert await reminders.due(NOON - timedelta(seconds=1)) == ()
    assert await reminders.due(NOON + timedelta(hours=2)) == (sooner, later)
    assert await reminders.mark_fired(sooner, now=NOON) is True
    assert await reminders.mark_fired(sooner, now=NOON) is False
    assert await reminders.upcoming() == (later,)


async def test_lateness_is_written_down(reminders: StoredReminders, store: SqliteStore) -> None:
    reminder = await reminders.add("a", due_at=NOON, session=MAIN, idempotency_key="a")
    await reminders.mark_fired(reminder, now=NOON + timedelta(minutes=5))
    (event,) = await store.since(0, kinds=[Kind.REMINDER_FIRED])
    assert event.body == {"reminder_id": reminder.reminder_id, "late_s": 300.0, "text": "a", "mark": IsStr()}


async def test_each_face_shows_it_once(reminders: StoredReminders) -> None:
    reminder = await reminders.add("a", due_at=NOON, session=MAIN, idempotency_key="a")
    assert await reminders.unseen("cli") == ()
    await reminders.mark_fired(reminder, now=NOON)
    (fired,) = await reminders.unseen("cli")
    assert fired.reminder == reminder
    await reminders.mark_seen(reminder.reminder_id, by="cli")
    assert await reminders.unseen("cli") == ()
    assert len(await reminders.unseen("web")) == 1


async def test_a_reminder_that_does_not_exist_cannot_be_seen(reminders: StoredReminders) -> None:
    with pytest.raises(NotFoundError):
        await reminders.mark_seen("rem_x", by="cli")


async def test_a_time_without_a_zone_is_the_owners(reminders: StoredReminders) -> None:
    bare = datetime(2026, 11, 20, 12, 0)  # noqa: DTZ001 - the point of this test
    assert (await reminders.add("a", due_at=bare, session=MAIN, idempotency_key="a")).due_at == NOON


async def test_a_time_in_another_zone_keeps_its_instant(reminders: StoredReminders) -> None:
    reminder = await reminders.add("a", due_at=NOON.astimezone(UTC), session=MAIN, idempotency_key="a")
    assert reminder.due_at == NOON


async def test_reminders_outlive_the_process(home: Path) -> None:
    async with await open_store(home) as store:
        await StoredReminders(store, zone=BERLIN).add("a", due_at=NOON, session=MAIN, idempotency_key="a")
    async with await open_store(home) as store:
        assert [reminder.text for reminder in await StoredReminders(store, zone=BERLIN).due(NOON)] == ["a"]


async def test_a_cancelled_reminder_is_never_said(reminders: StoredReminders, store: SqliteStore) -> None:
    first = await reminders.add("a", due_at=NOON, session=MAIN, idempotency_key="a")
    second = await reminders.add("b", due_at=NOON, session=MAIN, idempotency_key="b")
    assert await reminders.cancel(first.reminder_id) == first
    assert await reminders.due(NOON) == (second,)
    assert await reminders.cancel(first.reminder_id) == first
    await store.writer.write(lambda pen: rebuild(pen.sql))
    assert await reminders.upcoming() == (second,)


async def test_what_was_said_or_never_was_cannot_be_cancelled(reminders: StoredReminders) -> None:
    said = await reminders.add("a", due_at=NOON, session=MAIN, idempotency_key="a")
    await reminders.mark_fired(said, now=NOON)
    for reminder_id in (said.reminder_id, "rem_none"):
        with pytest.raises(NotFoundError):
            await reminders.cancel(reminder_id)
