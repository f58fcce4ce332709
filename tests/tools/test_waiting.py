import pytest

from homarus.domain.errors import ToolArgumentError
from homarus.testing.rooms import FakeRooms
from homarus.tools import remind, waiting

pytestmark = pytest.mark.anyio


async def test_what_waits_is_listed_with_ids_the_next_one_first(rooms: FakeRooms) -> None:
    await remind.set_reminder(rooms.context(key="1"), text="Pay the rent", when="tomorrow at 9")
    await remind.set_reminder(rooms.context(key="2"), text="Call Lena", when="at noon")
    told = await waiting.upcoming(rooms.context())
    assert told.text.splitlines() == [
        "reminder_2: Fri 20 Nov 2026 12:00 CET (Europe/Berlin): Call Lena",
        "reminder_1: Sat 21 Nov 2026 09:00 CET (Europe/Berlin): Pay the rent",
    ]


async def test_no_reminder_is_said_so(rooms: FakeRooms) -> None:
    assert (await waiting.upcoming(rooms.context())).text == "[no reminder waits]"


async def test_a_cancelled_reminder_waits_no_more(rooms: FakeRooms) -> None:
    await remind.set_reminder(rooms.context(), text="Call Lena", when="at noon")
    done = await waiting.cancel(rooms.context(), id="reminder_1")
    assert done.summary == "Cancelled the reminder for Fri 20 Nov 2026 12:00 CET (Europe/Berlin): Call Lena"
    assert await rooms.reminders.upcoming() == ()


async def test_what_is_not_there_cannot_be_cancelled(rooms: FakeRooms) -> None:
    with pytest.raises(ToolArgumentError, match="reminder_9"):
        await waiting.cancel(rooms.context(), id="reminder_9")


async def test_the_same_reminder_asked_twice_is_one(rooms: FakeRooms) -> None:
    await remind.set_reminder(rooms.context(key="1"), text="Tea", when="in 20 minutes")
    rooms.clock.advance(30)
    again = await remind.set_reminder(rooms.context(key="2"), text="tea", when="in 20 minutes")
    assert again.summary == "Already set for Fri 20 Nov 2026 09:50 CET (Europe/Berlin): Tea"
    assert len(rooms.reminders.by_key) == 1
    await remind.set_reminder(rooms.context(key="3"), text="tea", when="at noon")
    assert len(rooms.reminders.by_key) == 2


async def test_a_time_that_is_near_is_told_with_its_seconds(rooms: FakeRooms) -> None:
    done = await remind.set_reminder(rooms.context(), text="Tea", when="in 1 minute")
    assert done.summary == "Saved a reminder for Fri 20 Nov 2026 09:31:00 CET (Europe/Berlin): Tea"
