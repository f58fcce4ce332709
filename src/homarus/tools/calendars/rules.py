"""Rules of recurring events that nobody could read to their end: left out before they are played.

Anybody can send an invitation. Measured on dateutil 2.9: `FREQ=SECONDLY` since 1970, and `INTERVAL=0`, never ended.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from icalendar.cal.component import Component

_PERIODS = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
    "MONTHLY": timedelta(days=28),
    "YEARLY": timedelta(days=365),
}
_PARTS_OF_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_MOST_OF_ONE = 50_000
_MOST_OF_ALL = 1_000_000
_YEARS = (1900, 2200)
_LONGEST = timedelta(days=3_660)


def without_endless(calendar: "Component", *, until: datetime) -> int:
    """Take out of a calendar the events whose rules come too often to be played; return how many they were."""
    left = _MOST_OF_ALL
    kept: list[Component] = []
    for part in calendar.subcomponents:
        times = _times(part, until)
        if times > min(_MOST_OF_ONE, left):
            continue
        left -= times
        kept.append(part)
    taken = len(calendar.subcomponents) - len(kept)
    calendar.subcomponents[:] = kept
    return taken


def _times(event: "Component", until: datetime) -> int:
    """Return how often an event comes, from its first day until a time, at most."""
    start = getattr(event.get("DTSTART"), "dt", None)
    if not isinstance(start, date):
        return 0
    if not _YEARS[0] <= start.year <= _YEARS[1] or _length(event, start) > _LONGEST:
        return _MOST_OF_ALL + 1
    days = (until.date() - (start.date() if isinstance(start, datetime) else start)).days + 1
    return sum(_of_rule(rule, max(days, 1)) for rule in _rules(event))


def _length(event: "Component", start: date) -> timedelta:
    """Return how long an event takes; days that cannot be counted with break what is read with it."""
    length, end = getattr(event.get("DURATION"), "dt", None), getattr(event.get("DTEND"), "dt", None)
    days = timedelta(days=end.toordinal() - start.toordinal()) if isinstance(end, date) else timedelta()
    return max(length, days) if isinstance(length, timedelta) else days


def _rules(event: "Component") -> Iterable[object]:
    found: object = event.get("RRULE")
    return cast("list[object]", found) if isinstance(found, list) else [found] if found else []


def _of_rule(found: object, days: int) -> int:
    if not isinstance(found, Mapping):
        return _MOST_OF_ALL + 1
    rule = cast("Mapping[str, list[object]]", found)
    period = _PERIODS.get(_first(rule, "FREQ").upper())
    step = _first(rule, "INTERVAL") or "1"
    if period is None or not step.isdecimal() or int(step) < 1:
        return _MOST_OF_ALL + 1
    each = 1
    for name in _PARTS_OF_A_DAY:
        each *= max(len(rule.get(name) or ()), 1)
    # Steps are looked at one by one even when `BYMONTH` lets none of them through.
    return timedelta(days=days) // (period * min(int(step), 10_000)) * each + each


def _first(rule: Mapping[str, list[object]], name: str) -> str:
    return str(next(iter(rule.get(name) or ()), ""))
