"""An invitation of a stranger cannot keep the house busy for ever, and leaves the other events as they are."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from homarus.tools.calendars.events import Window, bad_events, occurrences

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
WINDOW = Window(start=NOW - timedelta(days=1), end=NOW + timedelta(days=8))
LUNCH = "BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20261121T110000Z\r\nRRULE:FREQ=DAILY\r\nSUMMARY:Lunch\r\nEND:VEVENT\r\n"
ENDLESS = {
    "seconds": "DTSTART:19700101T000000Z\r\nRRULE:FREQ=SECONDLY",
    "minutes that never come": "DTSTART:19700101T000000Z\r\nRRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
    "no step": "DTSTART:20200101T000000Z\r\nRRULE:FREQ=DAILY;INTERVAL=0",
    "every minute of days": f"DTSTART:20200101T000000Z\r\nRRULE:FREQ=DAILY;BYMINUTE={','.join(map(str, range(60)))}",
    "no number": "DTSTART:20200101T000000Z\r\nRRULE:FREQ=DAILY;COUNT=99999999999",
    "too long": "DTSTART:20261120T000000Z\r\nDURATION:P99999999D",
    "all of time": "DTSTART:00010101T000000Z\r\nDTEND:99991231T235959Z",
}


def calendar(event: str) -> str:
    odd = f"BEGIN:VEVENT\r\nUID:1\r\n{event}\r\nSUMMARY:Odd\r\nEND:VEVENT\r\n"
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{odd}{LUNCH}END:VCALENDAR\r\n"


@pytest.mark.parametrize("event", ENDLESS.values(), ids=ENDLESS)
def test_events_without_end_are_left_out(event: str) -> None:
    found = occurrences(calendar(event), WINDOW, zone=ZoneInfo("Europe/Berlin"))
    assert {item.title for item in found} == {"Lunch"}
    assert len(found) == 7


def test_they_are_counted_as_left_out() -> None:
    assert bad_events(calendar(ENDLESS["seconds"])) == 1


def test_what_people_have_stays() -> None:
    event = "DTSTART:19700101T070000Z\r\nRRULE:FREQ=DAILY;BYHOUR=7,19"
    found = occurrences(calendar(event), WINDOW, zone=ZoneInfo("Europe/Berlin"))
    assert sum(item.title == "Odd" for item in found) == 18
