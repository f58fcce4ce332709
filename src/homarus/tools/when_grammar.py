"""The grammar of times: read words into what they say about a day, a time on the clock or a span.

Phrases are tried in order, the longer and more certain ones first, and each consumes what it understands.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from homarus.tools.when_words import (
    DAYS,
    FILLERS,
    MONTHS,
    NEXT,
    PARTS,
    THIS,
    TODAY_PARTS,
    UNITS,
    WEEKDAYS,
    any_of,
)

_NOON = 12
_DAY_H = 24


@dataclass(slots=True)
class Reading:
    """What the words have said so far."""

    day: Callable[[date], date] | None = None
    """From today to the day that is meant."""
    rolls: Callable[[date], date] | None = None
    """From a day that has passed to the next one that fits as well."""
    weekday: int | None = None
    """Decides the day alone, or must fit the date that stands beside it."""
    weekday_day: Callable[[date], date] | None = None
    hour: int | None = None
    minute: int = 0
    is_exact: bool = False
    """Whether the hour is one of 24."""
    part: str = ""
    span: timedelta = field(default_factory=timedelta)
    is_span: bool = False
    keeps_clock: bool = False

    def set_day(self, day: Callable[[date], date], rolls: Callable[[date], date] | None = None) -> None:
        """Keep the day; there is only one."""
        if self.day is not None:
            raise Unclear("names two days")
        self.day, self.rolls = day, rolls

    def set_time(self, hour: int, minute: int = 0, *, is_exact: bool = False) -> None:
        """Keep the time on the clock; there is only one."""
        if self.hour is not None:
            raise Unclear("names two times")
        if hour > _DAY_H or minute > 59 or (hour == _DAY_H and minute):  # noqa: PLR2004 - minutes of an hour
            raise Unclear("has a time that no clock shows")
        self.hour, self.minute = hour, minute
        self.is_exact = is_exact or hour > _NOON or hour == 0

    def set_part(self, part: str) -> None:
        """Keep the time of day; there is only one."""
        if self.part and self.part != part:
            raise Unclear("names two times of day")
        self.part = part


class Unclear(Exception):  # noqa: N818 - `understand` makes a question of it
    """These words do not say one time."""


def days_later(days: int) -> Callable[[date], date]:
    """Return the step from a day to one that is some days later."""
    return lambda day: day + timedelta(days=days)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _next_weekday(wanted: int, *, is_strict: bool) -> Callable[[date], date]:
    return lambda day: day + timedelta(days=(wanted - day.weekday() - is_strict) % 7 + is_strict)


def _day_of_month(wanted: int, *, least: int) -> Callable[[date], date]:
    def find(day: date) -> date:
        for months in range(least, least + 12):
            first = _months_later(day.replace(day=1), months)
            if wanted <= calendar.monthrange(first.year, first.month)[1]:
                found = first.replace(day=wanted)
                if found >= day:
                    return found
        raise Unclear("names a day that no month has")

    return find


def _date(reading: Reading, year: str | None, month: int, day: int) -> None:
    try:
        if year:
            fixed = date(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 - `26` for `2026`
            reading.set_day(lambda _today: fixed)
        else:
            date(2024, month, day)
            reading.set_day(
                lambda today: _in_year(today.year, month, day), lambda _past: _in_year(_past.year + 1, month, day)
            )
    except ValueError:
        raise Unclear("has a date that no calendar shows") from None


def _in_year(year: int, month: int, day: int) -> date:
    while True:
        try:
            return date(year, month, day)
        except ValueError:  # 29 February
            year += 1


# --- what each phrase says ----------------------------------------------------------------------------------------


def _iso_date(reading: Reading, found: re.Match[str]) -> None:
    _date(reading, found["year"], int(found["month"]), int(found["day"]))


def _slashed_date(reading: Reading, found: re.Match[str]) -> None:
    first, second = int(found["first"]), int(found["second"])
    if first <= _NOON and second <= _NOON and first != second:
        raise Unclear("has a date that is read differently in different countries")
    month, day = (second, first) if first > _NOON else (first, second)
    _date(reading, found["year"], month, day)


def _named_date(reading: Reading, found: re.Match[str]) -> None:
    _date(reading, found["year"], MONTHS[found["name"]], int(found["day"]))


def _ordinal(reading: Reading, found: re.Match[str]) -> None:
    wanted = int(found["day"])
    reading.set_day(_day_of_month(wanted, least=0), _day_of_month(wanted, least=1))


def _relative_day(reading: Reading, found: re.Match[str]) -> None:
    words = found.group()
    if words == "morgen" and reading.day is not None:
        reading.set_part("morning")
    else:
        reading.set_day(days_later(DAYS[words]))


def _named_weekday(reading: Reading, found: re.Match[str]) -> None:
    wanted = WEEKDAYS[found["name"]]
    if reading.weekday is not None:
        raise Unclear("names two days")
    reading.weekday = wanted
    if found["in_next_week"]:
        reading.set_day(lambda today: today + timedelta(days=7 - today.weekday() + wanted))
    else:
        reading.weekday_day = _next_weekday(wanted, is_strict=bool(found["next"]))


def _next_unit(reading: Reading, found: re.Match[str]) -> None:
    months = {"weeks": 0, "months": 1, "years": 12}.get(UNITS[found["unit"]])
    if months is None:
        raise Unclear("is not precise enough")
    reading.set_day(days_later(7) if months == 0 else lambda today: _months_later(today, months))


def _weekend(reading: Reading, _found: re.Match[str]) -> None:
    reading.set_day(_next_weekday(5, is_strict=False), days_later(7))


def _clock(reading: Reading, found: re.Match[str]) -> None:
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half:
        if not 1 <= hour <= _NOON:
            raise Unclear("has a time that no clock shows")
        reading.set_time(hour % _NOON + (_NOON if half == "pm" else 0), minute, is_exact=True)
    else:
        is_exact = bool(found["unit"]) or (found["minute"] is not None and len(found["hour"]) == 2)  # noqa: PLR2004 - `07:30`
        reading.set_time(hour, minute, is_exact=is_exact and (hour != _NOON or bool(found["minute"])))


def _four_digits(reading: Reading, found: re.Match[str]) -> None:
    reading.set_time(int(found["hour"]), int(found["minute"]), is_exact=True)


def _bare_hour(reading: Reading, found: re.Match[str]) -> None:
    reading.set_time(int(found["hour"]))


def _past_hour(reading: Reading, found: re.Match[str]) -> None:
    minutes = {"quarter": 15, "viertel": 15, "half": 30}.get(found["minutes"]) or int(found["minutes"])
    _off_hour(reading, int(found["hour"]), minutes if found["way"] in {"past", "after", "nach"} else -minutes)


def _half_to_hour(reading: Reading, found: re.Match[str]) -> None:
    _off_hour(reading, int(found["hour"]), -30)


def _spanish_hour(reading: Reading, found: re.Match[str]) -> None:
    minutes = {"media": 30, "cuarto": 15}.get(found["minutes"]) or int(found["minutes"])
    _off_hour(reading, int(found["hour"]), minutes if found["way"] == "y" else -minutes)


def _off_hour(reading: Reading, hour: int, minutes: int) -> None:
    total = (hour * 60 + minutes) % (_DAY_H * 60)
    reading.set_time(total // 60 or _NOON, total % 60)


def _part(reading: Reading, found: re.Match[str]) -> None:
    words = found.group()
    reading.set_part(PARTS[words])
    if words in TODAY_PARTS and reading.day is None:
        reading.set_day(days_later(0))


_SPAN_STEPS = {"seconds": 1, "minutes": 60, "hours": 3600}


def _span(reading: Reading, found: re.Match[str]) -> None:
    for amount, unit in re.findall(rf"(\d+(?:[.,]\d+)?)\s*({any_of(UNITS)})", found["amounts"]):
        _add_span(reading, float(amount.replace(",", ".")), UNITS[unit])


def _add_span(reading: Reading, amount: float, unit: str) -> None:
    reading.is_span = True
    if unit in _SPAN_STEPS:
        reading.span += timedelta(seconds=amount * _SPAN_STEPS[unit])
        return
    if amount != int(amount) or amount > 5000:  # noqa: PLR2004 - beyond any calendar
        raise Unclear("has a span that no calendar knows")
    count = int(amount)
    reading.keeps_clock = True
    days = {"days": 1, "weeks": 7}.get(unit)
    if days:
        reading.set_day(days_later(days * count))
    else:
        reading.set_day(lambda today: _months_later(today, count * (12 if unit == "years" else 1)))


def _one_unit(reading: Reading, found: re.Match[str]) -> None:
    _add_span(reading, 1.5 if found["half"] else 1, UNITS[found["unit"]])


_PARTS_OF_ONE = {"half": 0.5, "halbe": 0.5, "media": 0.5, "quarter": 0.25, "viertel": 0.25, "cuarto": 0.25}


def _span_and_part(reading: Reading, found: re.Match[str]) -> None:
    count = int(found["count"]) if found["count"].isdigit() else 1
    _add_span(reading, count + _PARTS_OF_ONE[found["part"]], UNITS[found["unit"]])


def _unit_and_amounts(reading: Reading, found: re.Match[str]) -> None:
    _add_span(reading, 1, UNITS[found["unit"]])
    _span(reading, found)


def _worded_span(minutes: int) -> Callable[[Reading, re.Match[str]], None]:
    return lambda reading, _found: _add_span(reading, minutes, "minutes")


def _filler(_reading: Reading, _found: re.Match[str]) -> None:
    return None


_U = any_of(UNITS)
_AMOUNTS = rf"(?P<amounts>\d+(?:[.,]\d+)?\s*{_U}(?:\s*(?:and|und|y)?\s*\d+\s*{_U})*)"
_IN = r"(?:in|en|dentro de|for)\s+"
_ONE = r"(?:a|an|1|einer|einem|eine|ein|una|un)"
_AND_PART = r"(?:and|und|y) (?:(?:a|an|1|eine|einer|un|una) )?(?P<part>half|quarter|halbe|viertel|media|cuarto)"
_RULES: tuple[tuple[str, Callable[[Reading, re.Match[str]], None]], ...] = (
    (r"(?:at|um|gegen|by|a las?) (?P<hour>\d{1,2})(?P<unit> ?h)(?P<minute>\d{2})?(?!\w)(?P<half>)", _clock),
    (r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:t(?=\d))?", _iso_date),
    (r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d{2}(?![\d:.]))?(?!\d)", _iso_date),
    (r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?(?!\d)", _slashed_date),
    (
        (
            rf"(?:the |el |am |den )?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of| de)? ?(?P<name>{any_of(MONTHS)})\.?"
            r"(?:(?: de| del)? (?P<year>\d{4}))?"
        ),
        _named_date,
    ),
    (
        (
            rf"(?P<name>{any_of(MONTHS)})\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"
            r"(?: (?P<year>\d{4})(?![\d:]))?"
        ),
        _named_date,
    ),
    (
        rf"(?:{_IN})?(?:half an|einer halben|media) (?:hour|stunde|hora)|half (?:an )?hour from now",
        _worded_span(30),
    ),
    (rf"{_IN}(?:a quarter of an hour|einer viertelstunde|un cuarto de hora)", _worded_span(15)),
    (rf"{_IN}(?:3 quarters of an hour|einer dreiviertelstunde|3 cuartos de hora)", _worded_span(45)),
    (rf"{_IN}anderthalb stunden", _worded_span(90)),
    (rf"{_IN}(?:a )?couple(?: of)? hours", _worded_span(120)),
    (rf"{_IN}(?P<count>\d+|{_ONE}) (?P<unit>{_U}) {_AND_PART}", _span_and_part),
    (rf"{_IN}(?P<count>\d+|{_ONE}) {_AND_PART} (?P<unit>{_U})", _span_and_part),
    (rf"{_IN}{_ONE} (?P<unit>{_U}) (?:and|und|y)? ?{_AMOUNTS}", _unit_and_amounts),
    (rf"(?:{_IN})?{_AMOUNTS}(?: from now)?", _span),
    (rf"{_IN}{_ONE} (?P<unit>{_U})(?P<half> and a half| und eine halbe| y media)?", _one_unit),
    (rf"{_ONE} (?P<unit>{_U}) from now(?P<half>)", _one_unit),
    (rf"(?:{NEXT}|la {NEXT}) (?P<unit>{_U})", _next_unit),
    (
        r"(?:la semana|el mes|el ano) que viene",
        lambda reading, found: reading.set_day(
            days_later(7)
            if "semana" in found.group()
            else lambda today: _months_later(today, 12 if "ano" in found.group() else 1)
        ),
    ),
    (rf"(?:(?:{THIS}|the|on the|at the|am|el) )?(?:weekend|wochenende|fin de semana)", _weekend),
    (
        (
            rf"(?:(?P<next>{NEXT})|{THIS})? ?(?P<name>{any_of(WEEKDAYS)})s?"
            r"(?P<in_next_week> next week| nachste woche| de la semana que viene)?"
        ),
        _named_weekday,
    ),
    (any_of(PARTS), _part),
    (any_of(DAYS), _relative_day),
    (
        (
            r"(?P<minutes>quarter|viertel|half|\d{1,2})(?: minutes| minuten)? (?P<way>past|after|nach|to|before|vor)"
            r" (?P<hour>\d{1,2})(?![\d:])(?: (?:oclock|uhr))?"
        ),
        _past_hour,
    ),
    (r"halb (?P<hour>\d{1,2})(?!\d)(?: uhr)?", _half_to_hour),
    (r"(?P<hour>\d{1,2}) (?P<way>y|menos) (?P<minutes>media|cuarto|\d{1,2})", _spanish_hour),
    (r"(?:the |el |on the )?(?P<day>\d{1,2})(?:st|nd|rd|th)(?![a-z])", _ordinal),
    (r"(?:am|den|dem|der) (?P<day>\d{1,2})\.(?!\d)", _ordinal),
    (r"(?:el|dia|el dia) (?P<day>\d{1,2})(?![\d:.])", _ordinal),
    (r"(?P<hour>\d{1,2})(?P<unit> ?uhr ?| ?h ?)(?P<minute>\d{2})?(?!\d)(?P<half>)", _clock),
    (r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))(?::\d{2})? ?(?P<half>[ap]m)?(?![a-z\d])(?P<unit> ?uhr)?", _clock),
    (r"(?P<hour>\d{1,2})(?P<minute>) ?(?P<half>[ap]m)(?![a-z\d])(?P<unit>)", _clock),
    (r"(?P<hour>0\d|1\d|2[0-3])(?P<minute>[0-5]\d)(?!\d)(?:(?<!19..)(?<!20..))(?: ?(?:hrs|hours|uhr))?", _four_digits),
    (r"(?P<hour>\d{1,2})(?![\d:./])(?: ?oclock)?", _bare_hour),
    (rf"(?:{'|'.join(sorted(FILLERS, key=len, reverse=True))})(?![a-z])", _filler),
)


def read_words(words: str) -> Reading:
    """Return what the folded words say.

    Raises:
        Unclear: when a word is not understood, or they say two things.
    """
    reading = Reading()
    rest = words
    while rest:
        for pattern, apply in _RULES:
            found = re.match(pattern, rest)
            if found is not None and found.group():
                apply(reading, found)
                rest = rest[found.end() :].lstrip()
                break
        else:
            raise Unclear(f"has {rest.split()[0]!r} in it, which is not understood")
    return reading
