from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import ToolArgumentError
from homarus.tools.when import spoken, understand

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 11, 20, 9, 33, tzinfo=BERLIN)
PHRASES = {
    "noon": "11-20 12:00",
    "at noon": "11-20 12:00",
    "tomorrow 3pm": "11-21 15:00",
    "in 20 minutes": "11-20 09:53",
    "next friday": "11-27 09:00",
    "monday at 9": "11-23 09:00",
    "tonight": "11-20 20:00",
    "on the 3rd at 14:30": "12-03 14:30",
    "in half an hour": "11-20 10:03",
    "18:45": "11-20 18:45",
    "morgen um 9": "11-21 09:00",
    "mañana a las 8": "11-21 08:00",
    "today at 5pm": "11-20 17:00",
    "tomorrow": "11-21 09:00",
    "tomorrow morning": "11-21 09:00",
    "tomorrow at noon": "11-21 12:00",
    "midnight": "11-21 00:00",
    "in an hour": "11-20 10:33",
    "in 2 hours": "11-20 11:33",
    "in 1h30m": "11-20 11:03",
    "in 90 min": "11-20 11:03",
    "in an hour and a half": "11-20 11:03",
    "in 1 hour and 15 minutes": "11-20 10:48",
    "in 1.5 hours": "11-20 11:03",
    "next week": "11-27 09:00",
    "next monday at 10am": "11-23 10:00",
    "monday next week": "11-23 09:00",
    "friday": "11-27 09:00",
    "friday at 18:00": "11-20 18:00",
    "friday evening": "11-20 18:00",
    "in 3 days": "11-23 09:33",
    "in 3 days at 8:00": "11-23 08:00",
    "in two weeks": "12-04 09:33",
    "2026-12-24": "12-24 09:00",
    "2026-12-24T18:00": "12-24 18:00",
    "2026-12-24 18:00": "12-24 18:00",
    "2026-12-24T18:00:00Z": "12-24 19:00",
    "2026-12-24T18:00:00+01:00": "12-24 18:00",
    "24 December at 6pm": "12-24 18:00",
    "December 24": "12-24 09:00",
    "December 24th, 2026 at 6 p.m.": "12-24 18:00",
    "Dec 24 2026 18:00": "12-24 18:00",
    "24.12.2026 18:00": "12-24 18:00",
    "24.12. um 18 Uhr": "12-24 18:00",
    "24. Dezember um 18 Uhr": "12-24 18:00",
    "24 de diciembre a las 18:00": "12-24 18:00",
    "at 7": "11-20 19:00",
    "at 10": "11-20 10:00",
    "7pm": "11-20 19:00",
    "7:30 pm": "11-20 19:30",
    "07:30": "11-21 07:30",
    "half past eight": "11-20 20:30",
    "quarter to ten": "11-20 09:45",
    "ten past eleven": "11-20 11:10",
    "in a quarter of an hour": "11-20 09:48",
    "the day after tomorrow at 9": "11-22 09:00",
    "übermorgen um 10:30": "11-22 10:30",
    "heute um 18 Uhr": "11-20 18:00",
    "heute abend": "11-20 18:00",
    "morgen früh": "11-21 09:00",
    "in 20 Minuten": "11-20 09:53",
    "in einer halben Stunde": "11-20 10:03",
    "in anderthalb Stunden": "11-20 11:03",
    "am Freitag um 9": "11-27 09:00",
    "nächsten Montag": "11-23 09:00",
    "mittag": "11-20 12:00",
    "um halb elf": "11-20 10:30",
    "viertel nach zehn": "11-20 10:15",
    "in drei Tagen": "11-23 09:33",
    "am 3. um 14 Uhr": "12-03 14:00",
    "en 20 minutos": "11-20 09:53",
    "dentro de 2 horas": "11-20 11:33",
    "hoy a las 18:00": "11-20 18:00",
    "pasado mañana a las 10": "11-22 10:00",
    "el viernes a las 9": "11-27 09:00",
    "esta noche": "11-20 20:00",
    "al mediodía": "11-20 12:00",
    "a las 5 de la tarde": "11-20 17:00",
    "a las diez y media": "11-20 10:30",
    "in 45 seconds": "11-20 09:33",
    "a minute from now": "11-20 09:34",
    "5 minutes from now": "11-20 09:38",
    "end of the day": "11-20 17:00",
    "next month": "12-20 09:00",
    "saturday at noon": "11-21 12:00",
    "sunday 10 am": "11-22 10:00",
    "12/24 at 9am": "12-24 09:00",
    "the 15th": "12-15 09:00",
    "on monday morning": "11-23 09:00",
    "10 o'clock": "11-20 10:00",
    "this afternoon": "11-20 15:00",
    "this evening at 8": "11-20 20:00",
    "tomorrow evening at 7:30": "11-21 19:30",
    "in a couple of hours": "11-20 11:33",
    "at 0900": "11-21 09:00",
    "9am tomorrow": "11-21 09:00",
    "monday at 3": "11-23 15:00",
    "this weekend": "11-21 09:00",
    "tonight at 1": "11-21 01:00",
    "Friday, November 27 at 10am": "11-27 10:00",
    "friday the 27th": "11-27 09:00",
    "Montag, 23.11. um 8 Uhr": "11-23 08:00",
    "Sat 21 Nov 2026 12:00 CET (Europe/Berlin)": "11-21 12:00",
    "tomorrow at 3pm CEST": "11-21 15:00",
}


def at(text: str, now: datetime = FRIDAY, zone: ZoneInfo = BERLIN) -> datetime:
    return understand(text, now=now, zone=zone).at


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_understood(phrase: str) -> None:
    assert f"{at(phrase):%m-%d %H:%M}" == PHRASES[phrase]


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "later",
        "soon",
        "after lunch",
        "when I am home",
        "5/6 at 9",
        "31.02.2027",
        "25:00",
        "10:75",
        "13pm",
        "monday tuesday",
        "Monday, November 27",
        "tomorrow at 3pm PST",
        "at 9 at 10",
        "in 0 minutes",
        "in 20 minutes at 9",
        "2030",
        "call Lena at noon",
        "yesterday",
        "in 99999999 years",
        "in -5 minutes",
    ],
)
def test_what_is_unclear_is_asked_back_with_an_example(phrase: str) -> None:
    with pytest.raises(ToolArgumentError) as caught:
        at(phrase)
    assert phrase[:20] in caught.value.message
    assert "tomorrow 3pm" in caught.value.hint


@pytest.mark.parametrize(
    "phrase", ["2026-11-20 09:00", "2026-01-01", "today at 8am", "3.2.2026 um 9 Uhr", "this morning at 9"]
)
def test_a_time_that_has_passed_is_refused_with_both_times(phrase: str) -> None:
    with pytest.raises(ToolArgumentError, match="has passed; it is Fri 20 Nov 2026 09:33 CET"):
        at(phrase)


def test_a_time_that_spring_takes_away_moves_on_and_says_so() -> None:
    found = understand("2027-03-28 02:30", now=FRIDAY, zone=BERLIN)
    assert spoken(found.at) == "Sun 28 Mar 2027 03:30 CEST (Europe/Berlin)"
    assert "does not exist" in found.note


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    found = understand("2027-10-31 02:30", now=FRIDAY, zone=BERLIN)
    assert spoken(found.at) == "Sun 31 Oct 2027 02:30 CEST (Europe/Berlin)"
    assert "twice" in found.note


def test_hours_are_counted_through_a_change_of_clocks() -> None:
    before = datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)
    assert at("in 2 hours", before) - before.astimezone(UTC) == timedelta(hours=2)
    assert f"{at('in 2 hours', before):%H:%M %Z}" == "02:30 CET"


def test_days_keep_the_time_on_the_clock_through_a_change() -> None:
    assert f"{at('in 1 day', datetime(2026, 10, 24, 9, 0, tzinfo=BERLIN)):%d %H:%M %Z}" == "25 09:00 CET"


def test_a_31st_waits_for_a_month_that_has_one() -> None:
    assert f"{at('on the 31st'):%Y-%m-%d}" == "2026-12-31"
    assert f"{at('on the 31st', datetime(2027, 2, 1, tzinfo=BERLIN)):%Y-%m-%d}" == "2027-03-31"


def test_a_date_that_has_passed_this_year_is_next_year() -> None:
    assert f"{at('3 March at 10'):%Y-%m-%d %H:%M}" == "2027-03-03 10:00"


def test_the_time_is_that_of_the_owners_zone() -> None:
    assert at("noon", zone=ZoneInfo("America/New_York")).astimezone(UTC).hour == 17


COMING = st.datetimes(datetime(2026, 11, 21), datetime(2036, 1, 1))  # noqa: DTZ001 - the owner's clock is meant
WORDS = (
    "in at 9 20 10:30 monday tomorrow morgen uhr pm next week december 3rd minutes the am a y halb tonight noon hour"
)


def coming_or_asked(words: str) -> bool:
    """Whether the words give a time to come, or a question with a hint."""
    try:
        return at(words) > FRIDAY
    except ToolArgumentError as error:
        return bool(error.hint)


@given(COMING)
def test_what_is_written_in_iso_is_what_is_meant(wall: datetime) -> None:
    wall = wall.replace(second=0, microsecond=0)
    found = understand(wall.isoformat(), now=FRIDAY, zone=BERLIN)
    assert found.at.replace(tzinfo=None) == wall or found.note


@given(st.text(max_size=40))
def test_any_text_gives_a_coming_time_or_a_question(words: str) -> None:
    assert coming_or_asked(words)


@given(st.lists(st.sampled_from(WORDS.split()), max_size=6))
def test_any_mix_of_known_words_gives_a_coming_time_or_a_question(words: list[str]) -> None:
    assert coming_or_asked(" ".join(words))


@pytest.mark.parametrize("text", ["every monday at 9", "daily at 8", "jeden Montag um 9", "cada lunes a las 9"])
def test_what_repeats_is_refused_with_what_to_tell(text: str) -> None:
    with pytest.raises(ToolArgumentError, match="comes once only"):
        understand(text, now=FRIDAY, zone=BERLIN)
