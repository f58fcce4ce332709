from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import UsageError
from homarus.domain.jobs import Clockwork, Schedule
from homarus.gateway.jobs.schedules import in_words, next_times
from homarus.gateway.jobs.words import read_schedule

BERLIN = "Europe/Berlin"
FRIDAY = datetime(2026, 11, 20, 9, 33, tzinfo=ZoneInfo(BERLIN))
CRON = {
    "every weekday 07:30": "30 7 * * 1-5",
    "7:30 every weekday": "30 7 * * 1-5",
    "every weekday at 7:30am": "30 7 * * 1-5",
    "daily at 6": "0 6 * * *",
    "once a day at 9": "0 9 * * *",
    "at 7 every day": "0 7 * * *",
    "every 15 minutes": "*/15 * * * *",
    "every half hour": "*/30 * * * *",
    "every hour": "0 * * * *",
    "every hour at :15": "15 * * * *",
    "every 2 hours": "0 */2 * * *",
    "every hour between 9 and 17 on weekdays": "0 9-17 * * 1-5",
    "every 15 minutes between 9 and 17": "*/15 9-16 * * *",
    "every hour from 22 to 6": "0 0,1,2,3,4,5,6,22,23 * * *",
    "mondays and thursdays at 9": "0 9 * * 1,4",
    "monday to friday at 8:15": "15 8 * * 1-5",
    "mon-fri 8:15": "15 8 * * 1-5",
    "every day except sunday at 10": "0 10 * * 1,2,3,4,5,6",
    "weekends at 10am and 6pm": "0 10,18 * * 0,6",
    "every evening at 7": "0 19 * * *",
    "every day at midnight": "0 0 * * *",
    "every month on the last friday at 17:00": "0 17 * * L5",
    "every night at 2": "0 2 * * *",
    "every tuesday and friday at noon": "0 12 * * 2,5",
    "first of the month 8:00": "0 8 1 * *",
    "on the 1st and 15th of the month at 10": "0 10 1,15 * *",
    "every month on the 15th at 9": "0 9 15 * *",
    "last day of the month 18:00": "0 18 L * *",
    "last friday of the month at 17:00": "0 17 * * L5",
    "first monday of the month at 9": "0 9 * * 1#1",
    "every 3 months on the 1st at 9": "0 9 1 1,4,7,10 *",
    "every year on 24 december at 18:00": "0 18 24 12 *",
    "jeden werktag um 7:30": "30 7 * * 1-5",
    "an jedem Werktag um 7": "0 7 * * 1-5",
    "täglich um 6 Uhr": "0 6 * * *",
    "jeden Morgen um 7": "0 7 * * *",
    "montags und donnerstags um 9": "0 9 * * 1,4",
    "alle 15 Minuten": "*/15 * * * *",
    "am ersten des Monats um 8": "0 8 1 * *",
    "Montag bis Freitag um 8": "0 8 * * 1-5",
}
ONCE = {
    "tomorrow at 9": "2026-11-21T09:00:00+01:00",
    "in 20 minutes": "2026-11-20T09:53:00+01:00",
    "2026-12-01 09:00": "2026-12-01T09:00:00+01:00",
    "monday at 9": "2026-11-23T09:00:00+01:00",
    "morgen um 9": "2026-11-21T09:00:00+01:00",
    "tomorrow at 9 in America/Vancouver": "2026-11-21T09:00:00-08:00",
}
UNCLEAR = (
    "every blue moon",
    "every day at 7 do the dishes",
    "every day at 25:00",
    "every day at 9:15 and 17:30",
    "weekly",
    "monthly",
    "every 2 seconds",
    "every 7 minutes between 9 and 17",
    "every 15 minutes at 9",
    "every day at 9 in Europe/Berln",
    "every monday on the 15th",
    "every 0 minutes",
    "sometime",
    "",
    "x" * 300,
)


@pytest.mark.parametrize(("words", "cron"), CRON.items())
def test_words_become_the_same_schedule_as_cron_text(words: str, cron: str) -> None:
    found = read_schedule(words, now=FRIDAY, zone=BERLIN)
    assert (found.kind, found.cron, found.zone, found.words) == (Clockwork.CRON, cron, BERLIN, words)


@pytest.mark.parametrize(("words", "at"), ONCE.items())
def test_a_single_time_comes_once(words: str, at: str) -> None:
    found = read_schedule(words, now=FRIDAY, zone=BERLIN)
    assert [time.isoformat() for time in next_times(found, FRIDAY, 3)] == [at]


@pytest.mark.parametrize("words", UNCLEAR)
def test_what_is_not_understood_whole_is_asked_back_with_examples(words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_schedule(words, now=FRIDAY, zone=BERLIN)
    assert caught.value.hint


def test_every_second_friday_stays_at_five_when_clocks_change() -> None:
    found = read_schedule("every 2 weeks on friday 17:00", now=FRIDAY, zone=BERLIN)
    times = next_times(found, FRIDAY, 12)
    assert {(at.weekday(), at.hour) for at in times} == {(4, 17)}
    assert {(later.date() - before.date()).days for before, later in pairwise(times)} == {14}


def test_a_rhythm_that_fits_no_hour_is_counted_from_now() -> None:
    found = read_schedule("every 90 minutes", now=FRIDAY, zone=BERLIN)
    assert f"{next_times(found, FRIDAY, 2)[1]:%H:%M}" == "12:33"


def test_another_zone_behind_the_words_holds() -> None:
    found = read_schedule("every day at 8 in america/vancouver", now=FRIDAY, zone=BERLIN)
    assert (found.zone, next_times(found, FRIDAY, 1)[0].hour) == ("America/Vancouver", 8)


@pytest.mark.parametrize("words", [*CRON, *ONCE, "every 90 minutes", "every other day at 9", "0 9 * 1-3 2#1"])
def test_every_schedule_can_be_said_back(words: str) -> None:
    said = in_words(read_schedule(words, now=FRIDAY, zone=BERLIN))
    assert len(said) > 10


def test_a_day_of_the_month_is_said_as_people_say_it() -> None:
    said = in_words(read_schedule("first monday of the month at 8:00", now=FRIDAY, zone=BERLIN))
    assert said.startswith("on the first Monday of each month at 08:00")


@given(text=st.text(alphabet="abcdeimnorstuvwy 0123456789:.*/-,@", max_size=60))
def test_any_text_is_either_a_schedule_or_a_question(text: str) -> None:
    try:
        found = read_schedule(text, now=FRIDAY, zone=BERLIN)
    except UsageError:
        return
    assert all(at > FRIDAY for at in next_times(found, FRIDAY, 2))


@pytest.mark.parametrize(
    ("text", "hour"), [("tomorrow 3:00", 3), ("tomorrow 03:00", 3), ("tomorrow 3:00 pm", 15), ("tomorrow 15:00", 15)]
)
def test_a_short_hour_with_its_minutes_is_read_as_clocks_of_24_hours(text: str, hour: int) -> None:
    schedule = read_schedule(
        text, now=datetime(2026, 11, 20, 16, tzinfo=ZoneInfo("Europe/Berlin")), zone="Europe/Berlin"
    )
    assert schedule.at is not None
    assert schedule.at.hour == hour


@pytest.mark.parametrize("every_s", [9e15, 1e300])
def test_a_rhythm_longer_than_any_calendar_comes_once_at_most_and_breaks_nothing(every_s: float) -> None:
    schedule = Schedule(kind=Clockwork.EVERY, zone=BERLIN, every_s=every_s, anchor=FRIDAY)

    assert next_times(schedule, FRIDAY, 3) == ()


@pytest.mark.parametrize(("words", "hour"), [("morgens um 7", 7), ("abends um 8", 20)])
def test_a_time_of_day_in_german_with_an_s_is_every_day(words: str, hour: int) -> None:
    times = next_times(read_schedule(words, now=FRIDAY, zone=BERLIN), FRIDAY, 2)

    assert [at.astimezone(ZoneInfo(BERLIN)).hour for at in times] == [hour, hour]


def test_once_alone_is_asked_back() -> None:
    with pytest.raises(UsageError, match="does not say when"):
        read_schedule("once", now=FRIDAY, zone=BERLIN)
