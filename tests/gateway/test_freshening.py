from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.parts import MAIN
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import TurnId
from homarus.domain.settings import SessionReset, Settings
from homarus.gateway.freshening import Freshening, is_due
from homarus.testing.clock import FakeClock
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio
BERLIN = ZoneInfo("Europe/Berlin")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("before", "now", "is_new"),
    [
        (at(20, 9), at(20, 23), False),
        (at(20, 23), at(21, 3, 59), False),
        (at(20, 23), at(21, 4), True),
        (at(18, 12), at(20, 3), True),
    ],
)
def test_a_day_turns_at_its_hour(before: datetime, now: datetime, *, is_new: bool) -> None:
    assert is_due(SessionReset(mode="daily", at_hour=4), before, now) is is_new


def test_a_pause_is_as_long_as_it_says() -> None:
    wanted = SessionReset(mode="idle", idle_minutes=30)

    assert not is_due(wanted, at(20, 9), at(20, 9, 29))
    assert is_due(wanted, at(20, 9), at(20, 9, 30))


async def message(store: FakeStore, turn: str) -> Event:
    (event,) = await store.append(NewEvent(kind=Kind.INBOUND_ACCEPTED, session=MAIN, turn=TurnId(turn)))
    return event


async def test_the_first_message_after_a_pause_begins_anew_once() -> None:
    clock = FakeClock()
    store = FakeStore(clock)
    settings = Settings.model_validate({"session": {"reset": {"mode": "idle", "idleMinutes": 30}}})
    freshen = Freshening(store, clock, lambda: settings)
    await freshen(await message(store, "t1"))
    clock.advance(timedelta(hours=1).total_seconds())
    second = await message(store, "t2")

    await freshen(second)
    await freshen(second)

    assert [event.kind for event in store.events].count(Kind.SESSION_RESET) == 1


async def test_without_the_setting_nothing_is_reset() -> None:
    clock = FakeClock()
    store = FakeStore(clock)
    await message(store, "t1")
    clock.advance(10 * 86_400)

    await Freshening(store, clock, Settings)(await message(store, "t2"))

    assert Kind.SESSION_RESET not in [event.kind for event in store.events]
