"""Understand when somebody wants to be reminded, in English, German, Spanish or ISO 8601, or say that it is unclear.

Every word must be understood: a reminder at a wrong time is worse than a question. The libraries guess instead, seen
over 80 phrasings with dateparser 1.5 ("monday at 9" is September, "am Freitag um 9" nothing) and parsedatetime 2.6
("on the 3rd at 14:30" is today); so this is a small grammar of its own, and tests hold the same 80 phrasings.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from homarus.domain.errors import ToolArgumentError
from homarus.domain.i18n import _
from homarus.tools.when_words import (
    DAYS,
    FILLERS,
    MONTHS,
    NEXT,
    PART_HOURS,
    PARTS,
    THIS,
    TODAY_PARTS,
    UNITS,
    WEEKDAYS,
    any_of,
    folded,
)

_HINT = "Write it as `2026-12-24 18:00`, `tomorrow 3pm`, `monday at 9` or `in 20 minutes`."
_FARTHEST = timedelta(days=366 * 10)
_NOON = 12
_DAY_H = 24
_WORKING_H = 7
"""`Monday at 3` is in the afternoon, `Monday at 7` in the morning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A time that was understood."""

    at: datetime
    note: str = ""
    """What a person should know about it: the clocks change there."""


@dataclass(slots=True)
class _Reading:
    """What the words have said so far."""

    day: Callable[[date], date] | None = None
    """From today to the day that is meant."""
    rolls: Callable[[date], date] | None = None
    """From a day that has passed to the next one that fits as well."""
    hour: int | None = None
    minute: int = 0
    is_exact: bool = False
    """Whether the hour is one of 24."""
    part: str = ""
    span: timedelta = field(default_factory=timedelta)
    is_span: bool = False
    keeps_clock: bool = False

    def set_day(self, day: Callable[[date], date], rolls: Callable[[date], date] | None = None) -> None:
        if self.day is not None:
            raise _Unclear("names two days")
        self.day, self.rolls = day, rolls

    def set_time(self, hour: int, minute: int = 0, *, is_exact: bool = False) -> None:
        if self.hour is not None:
            raise _Unclear("names two times")
        if hour > _DAY_H or minute > 59 or (hour == _DAY_H and minute):  # noqa: PLR2004 - minutes of an hour
            raise _Unclear("has a time that no clock shows")
        self.hour, self.minute = hour, minute
        self.is_exact = is_exact or hour > _NOON or hour == 0

    def set_part(self, part: str) -> None:
        if self.part and self.part != part:
            raise _Unclear("names two times of day")
        self.part = part


class _Unclear(Exception):  # noqa: N818 - never leaves this file
    """These words do not say one time."""


def _plus(days: int) -> Callable[[date], date]:
    return lambda day: day + timedelta(days=days)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _weekday(wanted: int, *, is_strict: bool) -> Callable[[date], date]:
    return lambda day: day + timedelta(days=(wanted - day.weekday() - is_strict) % 7 + is_strict)


def _day_of_month(wanted: int, *, least: int) -> Callable[[date], date]:
    def find(day: date) -> date:
        for months in range(least, least + 12):
            first = _months_later(day.replace(day=1), months)
            if wanted <= calendar.monthrange(first.year, first.month)[1]:
                found = first.replace(day=wanted)
                if found >= day:
                    return found
        raise _Unclear("names a day that no month has")

    return find


def _date(reading: _Reading, year: str | None, month: int, day: int) -> None:
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
        raise _Unclear("has a date that no calendar shows") from None


def _in_year(year: int, month: int, day: int) -> date:
    while True:
        try:
            return date(year, month, day)
        except ValueError:  # 29 February
            year += 1


# --- what each phrase says ----------------------------------------------------------------------------------------


def _iso_date(reading: _Reading, found: re.Match[str]) -> None:
    _date(reading, found["year"], int(found["month"]), int(found["day"]))


def _slashed_date(reading: _Reading, found: re.Match[str]) -> None:
    first, second = int(found["first"]), int(found["second"])
    if first <= _NOON and second <= _NOON and first != second:
        raise _Unclear("has a date that is read differently in different countries")
    month, day = (second, first) if first > _NOON else (first, second)
    _date(reading, found["year"], month, day)


def _named_date(reading: _Reading, found: re.Match[str]) -> None:
    _date(reading, found["year"], MONTHS[found["name"]], int(found["day"]))


def _ordinal(reading: _Reading, found: re.Match[str]) -> None:
    wanted = int(found["day"])
    reading.set_day(_day_of_month(wanted, least=0), _day_of_month(wanted, least=1))


def _relative_day(reading: _Reading, found: re.Match[str]) -> None:
    words = found.group()
    if words == "morgen" and reading.day is not None:
        reading.set_part("morning")
    else:
        reading.set_day(_plus(DAYS[words]))


def _named_weekday(reading: _Reading, found: re.Match[str]) -> None:
    wanted = WEEKDAYS[found["name"]]
    if found["in_next_week"]:
        reading.set_day(lambda today: today + timedelta(days=7 - today.weekday() + wanted))
    else:
        reading.set_day(_weekday(wanted, is_strict=bool(found["next"])), _plus(7))


def _next_unit(reading: _Reading, found: re.Match[str]) -> None:
    months = {"weeks": 0, "months": 1, "years": 12}.get(UNITS[found["unit"]])
    if months is None:
        raise _Unclear("is not precise enough")
    reading.set_day(_plus(7) if months == 0 else lambda today: _months_later(today, months))


def _weekend(reading: _Reading, _found: re.Match[str]) -> None:
    reading.set_day(_weekday(5, is_strict=False), _plus(7))


def _clock(reading: _Reading, found: re.Match[str]) -> None:
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half:
        if not 1 <= hour <= _NOON:
            raise _Unclear("has a time that no clock shows")
        reading.set_time(hour % _NOON + (_NOON if half == "pm" else 0), minute, is_exact=True)
    else:
        is_exact = bool(found["unit"]) or (found["minute"] is not None and len(found["hour"]) == 2)  # noqa: PLR2004 - `07:30`
        reading.set_time(hour, minute, is_exact=is_exact and (hour != _NOON or bool(found["minute"])))


def _four_digits(reading: _Reading, found: re.Match[str]) -> None:
    reading.set_time(int(found["hour"]), int(found["minute"]), is_exact=True)


def _bare_hour(reading: _Reading, found: re.Match[str]) -> None:
    reading.set_time(int(found["hour"]))


def _past_hour(reading: _Reading, found: re.Match[str]) -> None:
    minutes = {"quarter": 15, "viertel": 15, "half": 30}.get(found["minutes"]) or int(found["minutes"])
    _off_hour(reading, int(found["hour"]), minutes if found["way"] in {"past", "after", "nach"} else -minutes)


def _half_to_hour(reading: _Reading, found: re.Match[str]) -> None:
    _off_hour(reading, int(found["hour"]), -30)


def _spanish_hour(reading: _Reading, found: re.Match[str]) -> None:
    minutes = {"media": 30, "cuarto": 15}.get(found["minutes"]) or int(found["minutes"])
    _off_hour(reading, int(found["hour"]), minutes if found["way"] == "y" else -minutes)


def _off_hour(reading: _Reading, hour: int, minutes: int) -> None:
    total = (hour * 60 + minutes) % (_DAY_H * 60)
    reading.set_time(total // 60 or _NOON, total % 60)


def _part(reading: _Reading, found: re.Match[str]) -> None:
    words = found.group()
    reading.set_part(PARTS[words])
    if words in TODAY_PARTS and reading.day is None:
        reading.set_day(_plus(0))


_SPAN_STEPS = {"seconds": 1, "minutes": 60, "hours": 3600}


def _span(reading: _Reading, found: re.Match[str]) -> None:
    for amount, unit in re.findall(rf"(\d+(?:[.,]\d+)?)\s*({any_of(UNITS)})", found["amounts"]):
        _add_span(reading, float(amount.replace(",", ".")), UNITS[unit])


def _add_span(reading: _Reading, amount: float, unit: str) -> None:
    reading.is_span = True
    if unit in _SPAN_STEPS:
        reading.span += timedelta(seconds=amount * _SPAN_STEPS[unit])
        return
    if amount != int(amount) or amount > 5000:  # noqa: PLR2004 - beyond any calendar
        raise _Unclear("has a span that no calendar knows")
    count = int(amount)
    reading.keeps_clock = True
    days = {"days": 1, "weeks": 7}.get(unit)
    if days:
        reading.set_day(_plus(days * count))
    else:
        reading.set_day(lambda today: _months_later(today, count * (12 if unit == "years" else 1)))


def _one_unit(reading: _Reading, found: re.Match[str]) -> None:
    _add_span(reading, 1.5 if found["half"] else 1, UNITS[found["unit"]])


def _worded_span(minutes: int) -> Callable[[_Reading, re.Match[str]], None]:
    return lambda reading, _found: _add_span(reading, minutes, "minutes")


def _filler(_reading: _Reading, _found: re.Match[str]) -> None:
    return None


_U = any_of(UNITS)
_AMOUNTS = rf"(?P<amounts>\d+(?:[.,]\d+)?\s*{_U}(?:\s*(?:and|und|y)?\s*\d+\s*{_U})*)"
_IN = r"(?:in|en|dentro de)\s+"
_ONE = r"(?:a|an|1|einer|einem|eine|ein|una|un)"
_RULES: tuple[tuple[str, Callable[[_Reading, re.Match[str]], None]], ...] = (
    (r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:t(?=\d))?", _iso_date),
    (r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d{2}(?![\d:.]))?(?!\d)", _iso_date),
    (r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?(?!\d)", _slashed_date),
    (
        (
            rf"(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of| de)? ?(?P<name>{any_of(MONTHS)})\.?"
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
        rf"{_IN}(?:half an|einer halben|media) (?:hour|stunde|hora)|half (?:an )?hour from now",
        _worded_span(30),
    ),
    (rf"{_IN}(?:a quarter of an hour|einer viertelstunde|un cuarto de hora)", _worded_span(15)),
    (rf"{_IN}(?:3 quarters of an hour|einer dreiviertelstunde|3 cuartos de hora)", _worded_span(45)),
    (rf"{_IN}anderthalb stunden", _worded_span(90)),
    (rf"{_IN}(?:a )?couple(?: of)? hours", _worded_span(120)),
    (rf"(?:{_IN})?{_AMOUNTS}(?: from now)?", _span),
    (rf"{_IN}{_ONE} (?P<unit>{_U})(?P<half> and a half| und eine halbe| y media)?", _one_unit),
    (rf"{_ONE} (?P<unit>{_U}) from now(?P<half>)", _one_unit),
    (rf"(?:{NEXT}|la {NEXT}) (?P<unit>{_U})", _next_unit),
    (
        r"(?:la semana|el mes|el ano) que viene",
        lambda reading, found: reading.set_day(
            _plus(7)
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


def _read(words: str) -> _Reading:
    reading = _Reading()
    rest = words
    while rest:
        for pattern, apply in _RULES:
            found = re.match(pattern, rest)
            if found is not None and found.group():
                apply(reading, found)
                rest = rest[found.end() :].lstrip()
                break
        else:
            raise _Unclear(f"has {rest.split()[0]!r} in it, which is not understood")
    return reading


# --- from words to a moment ---------------------------------------------------------------------------------------


def understand(text: str, *, now: datetime, zone: ZoneInfo) -> When:
    """Return the moment that is meant, in the owner's zone and after now.

    Raises:
        ToolArgumentError: when the words do not say one time, or one that has passed.
    """
    here = now.astimezone(zone)
    try:
        found = _exact(text, zone) or _resolved(_read(folded(text)), here)
    except _Unclear as error:
        raise ToolArgumentError(f"When is {text[:80]!r}? It {error}.", hint=_HINT) from None
    except (OverflowError, ValueError):
        raise ToolArgumentError(f"When is {text[:80]!r}? No calendar goes there.", hint=_HINT) from None
    if found.at <= here:
        raise ToolArgumentError(
            f"{text[:80]!r} is {spoken(found.at)}, which has passed; it is {spoken(here)} now.",
            hint="Ask the owner which time is meant, or name a later one.",
        )
    if found.at - here > _FARTHEST:
        raise ToolArgumentError(f"{text[:80]!r} is more than ten years away.", hint=_HINT)
    return found


def spoken(at: datetime) -> str:
    """Return a time as `Fri 20 Nov 2026 12:00 CET (Europe/Berlin)`."""
    seconds = ":%S" if at.second else ""
    return at.strftime(f"%a %-d %b %Y %H:%M{seconds} %Z") + f" ({at.tzinfo})"


def _exact(text: str, zone: ZoneInfo) -> When | None:
    """Read ISO 8601 with a time in it; one without offset is the owner's."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not re.search(r"\d[tT ]\d", text):
        return None
    return _on_clock(at, zone) if at.tzinfo is None else When(at=at.astimezone(zone))


def _on_clock(wall: datetime, zone: ZoneInfo) -> When:
    """Return a wall time as a moment; where clocks are changed, the next one that exists, or the first of two."""
    at = wall.replace(tzinfo=zone, fold=0)
    real = at.astimezone(UTC).astimezone(zone)
    if real.replace(tzinfo=None) != wall:
        note = _("{wall} does not exist that day, since clocks go forward").format(wall=f"{wall:%H:%M}")
        return When(at=real, note=note)
    if at.utcoffset() != at.replace(fold=1).utcoffset():
        return When(at=at, note=_("{wall} comes twice that day; this is the first one").format(wall=f"{wall:%H:%M}"))
    return When(at=at)


def _resolved(reading: _Reading, here: datetime) -> When:
    if reading.span:
        if reading.day or reading.hour is not None or reading.part:
            raise _Unclear("names a span and a time")
        return When(at=(here.astimezone(UTC) + reading.span).replace(microsecond=0).astimezone(here.tzinfo))
    if reading.is_span and not reading.keeps_clock:
        raise _Unclear("is now")
    if reading.day is None and reading.hour is None and not reading.part:
        raise _Unclear("names no time")
    today = here.date()
    day = reading.day(today) if reading.day else today
    for candidate in _candidates(reading, day, here):
        if candidate.at > here:
            return candidate
    later = reading.rolls(day) if reading.rolls else day + timedelta(days=1) if reading.day is None else None
    return _candidates(reading, later or day, here)[0]


def _candidates(reading: _Reading, day: date, here: datetime) -> list[When]:
    """Return the moments of a day that the words can mean, the likeliest first."""
    assert isinstance(here.tzinfo, ZoneInfo)
    zone = here.tzinfo
    return [
        _on_clock(datetime.combine(day, time(hour % _DAY_H, minute)) + timedelta(days=hour // _DAY_H), zone)
        for hour, minute in _hours(reading, here)
    ]


def _hours(reading: _Reading, here: datetime) -> list[tuple[int, int]]:
    hour, minute = reading.hour, reading.minute
    if hour is None:
        if reading.part:
            return [(_DAY_H if reading.part == "midnight" else PART_HOURS[reading.part], 0)]
        if reading.keeps_clock:
            return [(here.hour, here.minute)]
        return [(9, 0)]
    if reading.part:
        return [(_in_part(hour, reading.part, is_exact=reading.is_exact), minute)]
    if reading.is_exact:
        return [(hour, minute)]
    morning, evening = hour % _NOON, hour % _NOON + _NOON
    if reading.day is None:
        return [(hour, minute), (evening if hour < _NOON else _DAY_H, minute)]
    likely = evening if morning < _WORKING_H else morning
    return [(likely, minute)] if reading.rolls else [(likely, minute), (evening, minute)]


def _in_part(hour: int, part: str, *, is_exact: bool) -> int:
    if is_exact and hour >= _NOON:
        return hour
    morning = hour % _NOON
    if part == "morning":
        return morning
    if part == "night" and morning < _WORKING_H - 1:
        return morning + _DAY_H
    if part == "noon":
        return morning if morning >= _WORKING_H else morning + _NOON
    if part == "midnight":
        return morning + _DAY_H
    return morning + _NOON
