"""Understand when a job is to run: words in English or German, cron text, or a single time; or ask back.

`every weekday 07:30`, `mondays and thursdays at 9`, `first of the month 8:00`, `tomorrow at 9`, `30 7 * * 1-5`, each
with `in America/Vancouver` behind it where it is not the owner's zone.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from homarus.domain.errors import ToolArgumentError, UsageError
from homarus.domain.i18n import _
from homarus.domain.jobs import Clockwork, Missed, Schedule
from homarus.gateway.jobs.cron import is_cron, read_cron
from homarus.gateway.jobs.words_grammar import At, Rhythm, read_rhythm
from homarus.tools.when import understand
from homarus.tools.when_grammar import Unclear
from homarus.tools.when_words import WEEKDAYS, any_of, folded

_LONGEST = 200
_MINUTES_OF_HOUR = 60
_HOURS_OF_DAY = 24
_MONTHS_OF_YEAR = 12
_LEAST_S = 10
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
_MOST_COUNT = 10_000
_USUAL = At(hour=9, minute=0)
_SHORT_HOUR = re.compile(r"(?<![\d:.])(\d:\d\d)(?!\s*[ap]\.?m)", re.IGNORECASE)
"""`3:00` is in the night when machines work; somebody who is reminded at 3 means the afternoon."""
_ZONE = re.compile(
    r"\(?(?:\b(?:in|zone|zeitzone)\s+)?\b([A-Za-z_]+(?:/[A-Za-z0-9_+\-]+)+|UTC|GMT)\b\)?\s*$", re.IGNORECASE
)
_AGAIN = re.compile(
    r"\b(?:every|each|daily|weekly|biweekly|fortnightly|monthly|quarterly|yearly|annually|hourly|weekdays?|weekends"
    r"|workdays|(?:mon|tues|wednes|thurs|fri|satur|sun)days|jede[nrsm]?|alle|taglich|wochentlich|zweiwochentlich"
    r"|monatlich|jahrlich|stundlich|werktags|wochentags|arbeitstags|(?:mon|diens|donners|frei|sams|sonn)tags"
    r"|^(?:morgens|abends|nachts|vormittags|nachmittags)"
    r"|mittwochs|cada|todos los|todas las|diariamente|a diario|(?:of|in) the month|des monats|im monat"
    rf"|{any_of(WEEKDAYS)} ?(?:to|through|until|till|bis|a|-) ?{any_of(WEEKDAYS)})(?![a-z])"
)
_ONCE_A = re.compile(r"\bonce (?:a|an|every|per) ", re.IGNORECASE)


def examples() -> str:
    """Return what schedules look like, for whoever has to be asked back."""
    return _(
        'Write for example "every weekday 07:30", "mondays and thursdays at 9", "every 15 minutes", '
        '"first of the month 8:00", "tomorrow at 9" or cron text as "30 7 * * 1-5"; '
        'add "in Europe/Berlin" for another time zone.'
    )


def read_schedule(text: str, *, now: datetime, zone: str, missed: Missed = Missed.ONCE) -> Schedule:
    """Return the schedule that is meant, on the clocks of `zone` unless the words name another one.

    Raises:
        UsageError: when a word is not understood, or the words do not say when.
    """
    plain = " ".join(text.split())
    if not plain or len(plain) > _LONGEST:
        raise UsageError(_("When is {text!r}?").format(text=plain[:80]), hint=examples())
    named = _ZONE.search(plain)
    place = real_zone(named[1] if named else zone)
    rest = (plain[: named.start()] if named else plain).strip(" ,")
    try:
        found = _read(rest, now=now.astimezone(place), place=place)
    except Unclear as error:
        raise UsageError(
            _("When is {text!r}? It {because}.").format(text=plain[:80], because=error), hint=examples()
        ) from None
    except ToolArgumentError as error:
        raise UsageError(error.message, hint=examples()) from None
    return replace(found, words=plain, missed=missed)


def real_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name, upper or lower case.

    Raises:
        UsageError: with near names, when there is none.
    """
    from zoneinfo import available_timezones

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        known = available_timezones()
    same = next((zone for zone in known if zone.casefold() == name.casefold()), None)
    if same is not None:
        return ZoneInfo(same)
    from difflib import get_close_matches

    near = get_close_matches(name.title(), known, n=3) or ["Europe/Berlin", "America/New_York"]
    raise UsageError(
        _("{name!r} is not a time zone.").format(name=name), hint=_("Did you mean {near}?").format(near=", ".join(near))
    )


def _read(text: str, *, now: datetime, place: ZoneInfo) -> Schedule:
    if is_cron(text):
        read_cron(text)
        return Schedule(kind=Clockwork.CRON, zone=place.key, cron=text)
    words = folded(_ONCE_A.sub("every ", text))
    if _AGAIN.search(words):
        return _again(read_rhythm(words), now=now, zone=place.key)
    if text.strip().casefold() == "once":
        raise Unclear("does not say when")  # in Spanish it is eleven, which nobody means who writes only that
    once = understand(_SHORT_HOUR.sub(r"0\1", text), now=now, zone=place)
    return Schedule(kind=Clockwork.AT, zone=place.key, at=once.at)


def _again(rhythm: Rhythm, *, now: datetime, zone: str) -> Schedule:
    if rhythm.unit in {"seconds", "minutes", "hours"}:
        return _through_the_day(rhythm, now=now, zone=zone)
    if rhythm.begin is not None or rhythm.past is not None:
        raise Unclear("names a span of the day, and no rhythm as `every 15 minutes` in it")
    if rhythm.count > 1 and rhythm.unit in {"days", "weeks"}:
        return _every_few_days(rhythm, now=now, zone=zone)
    return _on_days(rhythm, zone=zone)


# --- several times a day ------------------------------------------------------------------------------------------


def _through_the_day(rhythm: Rhythm, *, now: datetime, zone: str) -> Schedule:
    if rhythm.times:
        raise Unclear("names a rhythm and a time of day")
    every_s = rhythm.count * _SECONDS[rhythm.unit]
    if every_s < _LEAST_S:
        raise Unclear("comes more often than every ten seconds")
    if rhythm.count > _MOST_COUNT:
        raise Unclear("has a rhythm that no calendar knows")
    fits = _fits_the_clock(rhythm)
    is_narrowed = bool(rhythm.weekdays or rhythm.days or rhythm.nth or rhythm.months or rhythm.begin)
    if rhythm.past is not None and (rhythm.unit != "hours" or not fits):
        raise Unclear("names a minute of the hour, and no rhythm of hours")
    if fits:
        return Schedule(kind=Clockwork.CRON, zone=zone, cron=_rhythm_text(rhythm))
    if is_narrowed:
        raise Unclear("has a rhythm that does not fit into an hour or a day, with days or hours beside it")
    anchor = now.astimezone(UTC).replace(microsecond=0)
    return Schedule(kind=Clockwork.EVERY, zone=zone, every_s=float(every_s), anchor=anchor)


def _fits_the_clock(rhythm: Rhythm) -> bool:
    """Whether the rhythm shows the same minutes each hour, or the same hours each day."""
    if rhythm.unit == "seconds":
        return False
    whole = _MINUTES_OF_HOUR if rhythm.unit == "minutes" else _HOURS_OF_DAY
    return rhythm.count < whole and whole % rhythm.count == 0


def _rhythm_text(rhythm: Rhythm) -> str:
    if rhythm.unit == "minutes":
        minute, hours = "*" if rhythm.count == 1 else f"*/{rhythm.count}", _hours_between(rhythm, step=1)
    else:
        minute, hours = str(_minute_of(rhythm)), _hours_between(rhythm, step=rhythm.count)
    return f"{minute} {hours} {_days_text(rhythm)}"


def _minute_of(rhythm: Rhythm) -> int:
    if rhythm.past is not None:
        return rhythm.past
    return rhythm.begin.minute if rhythm.begin else 0


def _hours_between(rhythm: Rhythm, *, step: int) -> str:
    if rhythm.begin is None or rhythm.end is None:
        return "*" if step == 1 else f"*/{step}"
    first, last = rhythm.begin.hour, rhythm.end.hour
    if rhythm.unit == "minutes":
        if rhythm.begin.minute or rhythm.end.minute:
            raise Unclear("has a span that does not begin and end on the hour")
        last = (last - 1) % _HOURS_OF_DAY
    elif rhythm.end.minute < _minute_of(rhythm):
        last = (last - 1) % _HOURS_OF_DAY
    span = (last - first) % _HOURS_OF_DAY
    if step == 1 and first < last:
        return f"{first}-{last}"
    return ",".join(str(hour) for hour in sorted((first + ahead) % _HOURS_OF_DAY for ahead in range(0, span + 1, step)))


# --- at times of day ----------------------------------------------------------------------------------------------


def _on_days(rhythm: Rhythm, *, zone: str) -> Schedule:
    times = rhythm.times or [_USUAL]
    minutes = {at.minute for at in times}
    if len(minutes) > 1:
        raise Unclear("has times at different minutes of the hour, which makes two jobs")
    if rhythm.unit == "weeks" and not rhythm.weekdays:
        raise Unclear("names no day of the week")
    if rhythm.unit == "months":
        _check_months(rhythm)
    if rhythm.unit == "years" and not (rhythm.months and rhythm.days):
        raise Unclear("names no date, as in `every year on 24 december`")
    hours = ",".join(str(at.hour) for at in times)
    return Schedule(kind=Clockwork.CRON, zone=zone, cron=f"{minutes.pop()} {hours} {_days_text(rhythm)}")


def _check_months(rhythm: Rhythm) -> None:
    if not (rhythm.days or rhythm.nth):
        raise Unclear("names no day of the month")
    if rhythm.count == 1:
        return
    if _MONTHS_OF_YEAR % rhythm.count or rhythm.months:
        raise Unclear("has a rhythm of months that does not fit into a year")
    rhythm.months.update(range(1, _MONTHS_OF_YEAR + 1, rhythm.count))


def _days_text(rhythm: Rhythm) -> str:
    if sum((bool(rhythm.weekdays), bool(rhythm.days), bool(rhythm.nth))) > 1:
        raise Unclear("names days of the week and days of the month")
    days = ",".join(sorted(rhythm.days, key=lambda day: int(day) if day.isdigit() else 99)) or "*"
    months = ",".join(str(month) for month in sorted(rhythm.months)) or "*"
    return f"{days} {months} {','.join(sorted(rhythm.nth)) or _weekdays_text(rhythm)}"


def _weekdays_text(rhythm: Rhythm) -> str:
    found = sorted(rhythm.weekdays)
    if not found or len(found) == 7:  # noqa: PLR2004 - days of a week
        return "*"
    if found == [0, 1, 2, 3, 4]:
        return "1-5"
    return ",".join(str(number) for number in sorted((day + 1) % 7 for day in found))


def _every_few_days(rhythm: Rhythm, *, now: datetime, zone: str) -> Schedule:
    """Count days on the wall: every second day at 9 stays at 9 when clocks are changed."""
    if rhythm.days or rhythm.nth or rhythm.months:
        raise Unclear("has a rhythm of days and names days of the month")
    if len(rhythm.times) > 1 or len(rhythm.weekdays) > 1:
        raise Unclear("has a rhythm of several days with more than one time, which makes two jobs")
    if rhythm.unit == "weeks" and not rhythm.weekdays:
        raise Unclear("names no day of the week")
    if rhythm.unit == "days" and rhythm.weekdays:
        raise Unclear("has a rhythm of days and names a day of the week")
    if rhythm.count > _MOST_COUNT:
        raise Unclear("has a rhythm that no calendar knows")
    at = rhythm.times[0] if rhythm.times else _USUAL
    first = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0, fold=0)
    while first <= now or (rhythm.weekdays and first.weekday() not in rhythm.weekdays):
        first += timedelta(days=1)
    every_s = float(rhythm.count * _SECONDS[rhythm.unit])
    return Schedule(kind=Clockwork.EVERY, zone=zone, every_s=every_s, anchor=first)
