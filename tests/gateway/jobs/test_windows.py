"""Hours in which a run may work, over midnight and over the nights when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.jobs import Window
from homarus.gateway.jobs.windows import is_open, next_opening

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Window(start="22:00", end="07:00")


@pytest.mark.parametrize(
    ("clock", "state"),
    [("21:59", "shut"), ("22:00", "open"), ("23:59", "open"), ("00:00", "open"), ("06:59", "open"), ("07:00", "shut")],
)
def test_a_night_goes_over_midnight(clock: str, state: str) -> None:
    now = datetime.fromisoformat(f"2026-11-20T{clock}").replace(tzinfo=BERLIN)
    assert is_open(NIGHT, now, BERLIN) is (state == "open")


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-11-20T12:00+01:00", "2026-11-20T21:00+00:00"),
        ("2026-11-20T23:00+01:00", "2026-11-20T22:00+00:00"),
        ("2026-03-28T12:00+01:00", "2026-03-28T21:00+00:00"),
        ("2026-03-29T12:00+02:00", "2026-03-29T20:00+00:00"),
    ],
)
def test_the_next_opening_is_read_on_the_owner_s_clock(now: str, opening: str) -> None:
    assert next_opening(NIGHT, datetime.fromisoformat(now), BERLIN) == datetime.fromisoformat(opening)


def test_an_opening_that_the_clock_leaves_out_comes_when_the_gap_is_over() -> None:
    window = Window(start="02:30", end="02:45")
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert next_opening(window, before, BERLIN) > before


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
)
def test_an_opening_is_never_in_the_past_and_at_most_two_days_away(
    now: datetime, start: datetime, end: datetime, zone: str
) -> None:
    window = Window(start=start.strftime("%H:%M"), end=end.strftime("%H:%M"))
    opening = next_opening(window, now, ZoneInfo(zone))
    assert 0 <= (opening - now).total_seconds() <= 49 * 3600
