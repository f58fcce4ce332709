"""Understand when somebody wants to be reminded, in English, German, Spanish or ISO 8601, or say that it is unclear.

Every word must be understood: a reminder at a wrong time is worse than a question. The libraries guess instead, seen
over 80 phrasings with dateparser 1.5 ("monday at 9" is September, "am Freitag um 9" nothing) and parsedatetime 2.6
("on the 3rd at 14:30" is today); so this is a small grammar of its own, and tests hold those phrasings and more.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from homarus.domain.errors import ToolArgumentError
from homarus.domain.i18n import _
from homarus.tools.when_grammar import Reading, Unclear, days_later, read_words
from homarus.tools.when_words import PART_HOURS, folded

_HINT = "Write it as `2026-12-24 18:00`, `tomorrow 3pm`, `monday at 9` or `in 20 minutes`."
_REPEATS = re.compile(
    r"\b(?:every|each|daily|weekly|monthly|yearly|hourly|jede[nrsm]?|täglich|wöchentlich|cada|todos los|weekdays"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days|werktags)\b",
    re.IGNORECASE,
)
_FARTHEST = timedelta(days=366 * 10)
_NOON = 12
_DAY_H = 24
_WORKING_H = 7
"""`Monday at 3` is in the afternoon, `Monday at 7` in the morning."""


def repeats(text: str) -> bool:
    """Whether words mean a time that comes again."""
    return _REPEATS.search(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A time that was understood."""

    at: datetime
    note: str = ""
    """What a person should know about it: the clocks change there."""


def understand(text: str, *, now: datetime, zone: ZoneInfo) -> When:
    """Return the moment that is meant, in the owner's zone and after now.

    Raises:
        ToolArgumentError: when the words do not say one time, or one that has passed.
    """
    here = now.astimezone(zone)
    if _REPEATS.search(text):
        raise ToolArgumentError(
            f"{text[:80]!r} repeats, and a reminder comes once only.",
            hint="Plan it with job.add, or name the next single time.",
        )
    try:
        found = _exact(text, zone) or _resolved(read_words(_without_zone(folded(text), here)), here)
    except Unclear as error:
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


def _without_zone(words: str, here: datetime) -> str:
    """Leave out the owner's own zone; the name of another one stays and is not understood."""
    own = {str(here.replace(month=month, day=1).tzname()).casefold() for month in (1, 7)} | {
        str(here.tzinfo).casefold()
    }
    return " ".join(word for word in words.split() if word.strip("()") not in own)


def spoken(at: datetime, *, with_seconds: bool = False) -> str:
    """Return a time as `Fri 20 Nov 2026 12:00 CET (Europe/Berlin)`."""
    seconds = ":%S" if at.second or with_seconds else ""
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


def _resolved(reading: Reading, here: datetime) -> When:
    if reading.weekday_day is not None and reading.day is None:
        reading.set_day(reading.weekday_day, days_later(7))
    found = _moment(reading, here)
    if (
        reading.weekday is not None
        and found.at.weekday() != reading.weekday
        and reading.part not in {"night", "midnight"}
    ):
        raise Unclear("has a weekday and a date that do not fit each other")
    return found


def _moment(reading: Reading, here: datetime) -> When:
    if reading.span:
        if reading.day or reading.hour is not None or reading.part:
            raise Unclear("names a span and a time")
        return When(at=(here.astimezone(UTC) + reading.span).replace(microsecond=0).astimezone(here.tzinfo))
    if reading.is_span and not reading.keeps_clock:
        raise Unclear("is now")
    if reading.day is None and reading.hour is None and not reading.part:
        raise Unclear("names no time")
    today = here.date()
    day = reading.day(today) if reading.day else today
    for candidate in _candidates(reading, day, here):
        if candidate.at > here:
            return candidate
    later = reading.rolls(day) if reading.rolls else day + timedelta(days=1) if reading.day is None else None
    return _candidates(reading, later or day, here)[0]


def _candidates(reading: Reading, day: date, here: datetime) -> list[When]:
    """Return the moments of a day that the words can mean, the likeliest first."""
    assert isinstance(here.tzinfo, ZoneInfo)
    zone = here.tzinfo
    return [
        _on_clock(datetime.combine(day, time(hour % _DAY_H, minute)) + timedelta(days=hour // _DAY_H), zone)
        for hour, minute in _hours(reading, here)
    ]


def _hours(reading: Reading, here: datetime) -> list[tuple[int, int]]:
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
