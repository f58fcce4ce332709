from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import UsageError
from homarus.gateway.jobs.cron import moments_after, read_cron

ZONES = (
    "Europe/Berlin",
    "America/Vancouver",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
TABLE = (
    # Clocks go forward over the time: it comes at the first moment after.
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ("03-29 03:00 +0200", "03-30 02:30 +0200")),
    ("30 2 * * *", "America/New_York", "2026-03-07T12:00", ("03-08 03:00 -0400", "03-09 02:30 -0400")),
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", ("10-04 02:30 +1100", "10-05 02:15 +1100")),
    ("*/15 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ("03-29 03:00 +0200", "03-30 02:00 +0200")),
    # Clocks go back over the time: it comes once, at the first of two.
    ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ("10-25 02:30 +0200", "10-26 02:30 +0100")),
    ("30 1 * * *", "America/New_York", "2026-10-31T12:00", ("11-01 01:30 -0400", "11-02 01:30 -0500")),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", ("04-05 01:45 +1100", "04-06 01:45 +1030")),
    # A rhythm goes on in real time through both.
    ("0 * * * *", "Europe/Berlin", "2026-03-29T00:30", ("03-29 01:00 +0100", "03-29 03:00 +0200", "03-29 04:00 +0200")),
    (
        "30 * * * *",
        "Europe/Berlin",
        "2026-10-25T02:00",
        ("10-25 02:30 +0200", "10-25 02:30 +0100", "10-25 03:30 +0100"),
    ),
    # Ramadan, a whole day that Samoa left out, a quarter hour, and a zone that gave up changing its clocks.
    ("0 5 * * *", "Africa/Casablanca", "2026-02-13T12:00", ("02-14 05:00 +0100", "02-15 05:00 +0000")),
    ("0 9 * * *", "Pacific/Apia", "2011-12-29T08:00", ("12-29 09:00 -1000", "12-31 00:00 +1400", "12-31 09:00 +1400")),
    ("0 9 * * *", "Asia/Kathmandu", "2026-06-01T08:00", ("06-01 09:00 +0545", "06-02 09:00 +0545")),
    ("30 8 * * *", "America/Vancouver", "2026-01-05T08:00", ("01-05 08:30 -0800", "01-06 08:30 -0800")),
)


@pytest.mark.parametrize(("text", "zone", "after", "wanted"), TABLE)
def test_times_stand_where_the_clocks_of_the_zone_show_them(
    text: str, zone: str, after: str, wanted: tuple[str, ...]
) -> None:
    place = ZoneInfo(zone)
    begin = datetime.fromisoformat(after).replace(tzinfo=place)
    found = islice(moments_after(read_cron(text), begin, place), len(wanted))
    assert tuple(at.astimezone(place).strftime("%m-%d %H:%M %z") for at in found) == wanted


MOMENTS = st.integers(1_262_304_000, 2_051_222_400).map(lambda second: datetime.fromtimestamp(second, UTC))
"""Of 2010 to 2034."""
HOURS = st.sampled_from(("*", "2", "0,2,23", "1-3", "*/2", "0"))


@given(zone=st.sampled_from(ZONES), after=MOMENTS, minute=st.integers(0, 59), hour=HOURS)
def test_times_only_go_forward_and_are_never_doubled(zone: str, after: datetime, minute: int, hour: str) -> None:
    cron = read_cron(f"{minute} {hour} * * *")
    found = [after, *islice(moments_after(cron, after, ZoneInfo(zone)), 30)]
    assert all(before < later for before, later in pairwise(found))
    assert all(at.second == 0 for at in found[1:])


@given(zone=st.sampled_from(ZONES), after=MOMENTS, minute=st.integers(0, 59), hour=st.integers(0, 23))
def test_every_day_has_its_one_time(zone: str, after: datetime, minute: int, hour: int) -> None:
    place = ZoneInfo(zone)
    found = [
        at.astimezone(place) for at in islice(moments_after(read_cron(f"{minute} {hour} * * *"), after, place), 20)
    ]
    for before, later in pairwise(found):
        assert timedelta(hours=8) < later - before < timedelta(hours=49)
    right = [at for at in found if (at.hour, at.minute) == (hour, minute)]
    assert len(right) >= len(found) - 2  # at most a gap or two were stepped over


@given(zone=st.sampled_from(ZONES), after=MOMENTS, minute=st.integers(0, 59))
def test_a_rhythm_is_never_away_from_what_the_clock_shows(zone: str, after: datetime, minute: int) -> None:
    place = ZoneInfo(zone)
    found = list(islice(moments_after(read_cron(f"{minute} * * * *"), after, place), 40))
    assert all(at.astimezone(place).minute == minute for at in found)
    assert all(later - before <= timedelta(hours=2) for before, later in pairwise(found))


@given(zone=st.sampled_from(ZONES), after=MOMENTS, steps=st.integers(1, 12))
def test_asking_step_by_step_finds_the_same_as_asking_at_once(zone: str, after: datetime, steps: int) -> None:
    place, cron = ZoneInfo(zone), read_cron("30 0-3 * * *")
    at_once = list(islice(moments_after(cron, after, place), steps))
    at = after
    for wanted in at_once:
        at = next(moments_after(cron, at, place))
        assert at == wanted


@pytest.mark.parametrize(
    "text", ["0 0 30 2 *", "* * * * * *", "61 * * * *", "@reboot", "0 9 * *", "R 9 * * *", "a b c d e"]
)
def test_cron_text_that_cannot_be_kept_is_asked_back(text: str) -> None:
    with pytest.raises(UsageError):
        read_cron(text)


@pytest.mark.parametrize(
    "text", ["@daily", "0 18 L * *", "0 9 * * mon-fri", "0 9 * * 1#1", "15 0 9 * * *", "0 9 15W * *"]
)
def test_cron_text_of_all_kinds_is_read(text: str) -> None:
    assert len(read_cron(text).text.split()) == 6
