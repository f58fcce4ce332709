"""When a schedule comes: its next times, and itself in words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import floor
from zoneinfo import ZoneInfo

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _, ngettext, noted
from homarus.domain.jobs import Clockwork, Schedule
from homarus.domain.times import in_words as time_in_words
from homarus.gateway.jobs.cron import Cron, moment_of, moments_after, read_cron

_DAY_S = 86_400
_FARTHEST = timedelta(days=366 * 60)
_MONTHS = tuple(
    noted(month)
    for month in (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    )
)  # fmt: skip
_WEEKDAYS = tuple(
    noted(day) for day in ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays")
)
_WEEKDAY = tuple(noted(day) for day in ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"))
_PLACES = tuple(noted(place) for place in ("first", "second", "third", "fourth", "fifth"))


def next_times(schedule: Schedule, after: datetime, count: int) -> tuple[datetime, ...]:
    """Return the moments after one at which a schedule comes, in its own zone, at most `count` of them."""
    zone = ZoneInfo(schedule.zone)
    return tuple(at.astimezone(zone) for at in islice(moments(schedule, after), count))


def moments(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield the moments after one, UTC, each later than the one before."""
    if schedule.kind is Clockwork.AT:
        if schedule.at is not None and schedule.at > after:
            yield schedule.at.astimezone(UTC)
        return
    if schedule.kind is Clockwork.EVERY:
        yield from _counted(schedule, after)
        return
    yield from moments_after(_cron_of(schedule), after, ZoneInfo(schedule.zone))


def _cron_of(schedule: Schedule) -> Cron:
    if schedule.cron is None:
        raise UsageError(_("The schedule has no cron text."), hint='"30 7 * * 1-5"')
    return read_cron(schedule.cron)


def _counted(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Count from the anchor: whole days on the wall, where clocks are changed, everything else in real time."""
    every_s, anchor = schedule.every_s, schedule.anchor
    if not every_s or anchor is None:
        raise UsageError(_("The schedule has no rhythm."), hint=_('Write for example "every 15 minutes".'))
    zone = ZoneInfo(schedule.zone)
    is_on_wall = every_s % _DAY_S == 0
    number = max(floor((after - anchor).total_seconds() / every_s) - 1, 0)
    last = after.astimezone(UTC)
    while True:
        # Compared before it is made: no timedelta is as long as some numbers in files of jobs.
        if every_s * number > _FARTHEST.total_seconds():
            return
        step = timedelta(seconds=every_s * number)
        number += 1
        at = moment_of(anchor.astimezone(zone).replace(tzinfo=None) + step, zone) if is_on_wall else anchor + step
        at = at.astimezone(UTC)
        if at > last:
            last = at
            yield at


# --- in words -----------------------------------------------------------------------------------------------------


def in_words(schedule: Schedule | None) -> str:
    """Return a schedule for a person, with its zone: `weekdays at 07:30 (Europe/Berlin)`."""
    if schedule is None:
        return _("when somebody starts it")
    if schedule.kind is Clockwork.AT and schedule.at is not None:
        return _("once, {time}").format(time=time_in_words(schedule.at.astimezone(ZoneInfo(schedule.zone))))
    said = _rhythm(schedule) if schedule.kind is Clockwork.EVERY else _cron(schedule.cron or "")
    return f"{said} ({schedule.zone})"


def _rhythm(schedule: Schedule) -> str:
    every_s = int(schedule.every_s or 0)
    if every_s % _DAY_S == 0 and schedule.anchor is not None:
        days = every_s // _DAY_S
        first = schedule.anchor.astimezone(ZoneInfo(schedule.zone))
        return ngettext("every day at {time}", "every {count} days at {time}, counted from {first}", days).format(
            count=days, time=f"{first:%H:%M}", first=f"{first:%Y-%m-%d}"
        )
    if every_s % 3600 == 0:
        return ngettext("every hour", "every {count} hours", every_s // 3600).format(count=every_s // 3600)
    if every_s % 60 == 0:
        return _minutes(every_s // 60)
    return ngettext("every second", "every {count} seconds", every_s).format(count=every_s)


def _cron(text: str) -> str:
    """Return cron text in words where words are clearer, the text itself elsewhere."""
    seconds, minute, hour, day, month, weekday = read_cron(text).text.split()
    days = _days(day, month, weekday)
    if not days or seconds != "0":
        return _("at `{cron}`").format(cron=text)
    if _are_numbers(minute) and _are_numbers(hour):
        times = ", ".join(f"{int(part):02}:{int(minute):02}" for part in hour.split(","))
        return _("{days} at {times}").format(days=days, times=times)
    rhythm = _through_the_day(minute, hour)
    if not rhythm:
        return _("at `{cron}`").format(cron=text)
    return rhythm if weekday == day == month == "*" else _("{days}, {rhythm}").format(days=days, rhythm=rhythm)


def _are_numbers(text: str) -> bool:
    return all(part.isdigit() for part in text.split(","))


def _days(day: str, month: str, weekday: str) -> str:
    if day == "*":
        return _weekdays(weekday) if month == "*" else ""
    if weekday != "*" or not _are_numbers(day.replace("L", "0")) or not (month == "*" or _are_numbers(month)):
        return ""
    named = ", ".join(_("last") if part == "L" else part for part in day.split(","))
    if month == "*":
        return _("each month on day {days}").format(days=named)
    months = ", ".join(_(_MONTHS[int(part) - 1]) for part in month.split(","))
    return _("each year in {months} on day {days}").format(months=months, days=named)


def _weekdays(text: str) -> str:
    if text == "*":
        return _("every day")
    if text == "1-5":
        return _("weekdays")
    if set(text.split(",")) in ({"0", "6"}, {"6", "7"}):
        return _("weekends")
    if _are_numbers(text):
        return ", ".join(_(_WEEKDAYS[int(number) % 7]) for number in text.split(","))
    number, _hash, nth = text.partition("#")
    if number.isdigit() and nth.isdigit():
        place = _(_PLACES[int(nth) - 1]) if 0 < int(nth) <= len(_PLACES) else f"{nth}."
        return _("on the {place} {weekday} of each month").format(place=place, weekday=_(_WEEKDAY[int(number) % 7]))
    if text.startswith("L") and text[1:].isdigit():
        return _("on the last {weekday} of each month").format(weekday=_(_WEEKDAY[int(text[1:]) % 7]))
    return ""


def _through_the_day(minute: str, hour: str) -> str:
    step = int(minute[2:]) if minute.startswith("*/") and minute[2:].isdigit() else int(minute == "*")
    begin, _dash, end = hour.partition("-")
    if step:
        each, first, last = _minutes(step), 0, (59 // step) * step
    elif minute.isdigit():
        each = _("every hour") if minute == "0" else _("every hour at :{minute}").format(minute=f"{int(minute):02}")
        first = last = int(minute)
    else:
        return ""
    if hour == "*":
        return each
    if begin.isdigit() and end.isdigit():
        return _("{each} from {begin} to {end}").format(
            each=each, begin=f"{int(begin):02}:{first:02}", end=f"{int(end):02}:{last:02}"
        )
    if hour.startswith("*/") and hour[2:].isdigit() and not step:
        return _("every {count} hours from 00:{minute}").format(count=int(hour[2:]), minute=f"{first:02}")
    return ""


def _minutes(count: int) -> str:
    return ngettext("every minute", "every {count} minutes", count).format(count=count)
