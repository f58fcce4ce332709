"""Times of cron text on the clocks of one zone, also when these are put forward or back.

The library is asked on a clock that nobody ever changes; which moments its answers are is decided here. Text that names
hours means times of day: one that is left out when clocks go forward comes at the first moment after, one that comes
twice runs at its first. Text with `*` for the hours means a rhythm: it runs whenever the clock shows such a minute.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELDS = 5
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat"
_FIELD = re.compile(rf"(?:{_NAMES}|[0-9*/,#?lw-])+", re.IGNORECASE)
"""Signs of a field; `H` and `R` of other programs mean another time each time they are read, and are left out."""
_LOOK = timedelta(hours=12)
_SECOND = timedelta(seconds=1)
_LEAST_S = 10
_HINT = (
    'Write minute, hour, day, month, weekday: "30 7 * * 1-5" is 07:30 on weekdays; or in words: "every weekday 07:30".'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """Cron text that was understood."""

    text: str
    """Six fields, seconds first."""

    @property
    def is_rhythm(self) -> bool:
        """Whether it goes on through the hours instead of naming them."""
        return self.text.split()[2] == "*"


def is_cron(text: str) -> bool:
    """Whether a text is meant as cron text."""
    fields = text.split()
    if text.strip().startswith("@"):
        return True
    return len(fields) in (_FIELDS, _FIELDS + 1) and all(_FIELD.fullmatch(field) for field in fields)


def read_cron(text: str) -> Cron:
    """Return cron text of five fields, of six with seconds first, or a name like `@daily`.

    Raises:
        UsageError: when it is none, or its time never comes, or comes more often than every ten seconds.
    """
    plain = _NAMED.get(text.strip().casefold(), text.strip())
    fields = plain.split()
    if len(fields) not in (_FIELDS, _FIELDS + 1) or not all(_FIELD.fullmatch(field) for field in fields):
        raise UsageError(_("{text!r} is no cron text.").format(text=text[:80]), hint=_(_HINT))
    cron = Cron(text=" ".join(fields if len(fields) > _FIELDS else ["0", *fields]))
    _check(cron, text)
    return cron


def _check(cron: Cron, text: str) -> None:
    from croniter import CroniterBadDateError, CroniterError

    walls = walls_after(cron, datetime(2026, 1, 1))  # noqa: DTZ001 - a wall clock that nobody changes
    try:
        first, second = next(walls), next(walls)
    except CroniterBadDateError:
        raise UsageError(
            _("{text!r} never comes: no calendar has such a day.").format(text=text[:80]), hint=_(_HINT)
        ) from None
    except (CroniterError, ValueError, KeyError) as error:
        because = str(error)[:120]
        raise UsageError(
            _("{text!r} is no cron text: {because}.").format(text=text[:80], because=because), hint=_(_HINT)
        ) from None
    if (second - first).total_seconds() < _LEAST_S:
        raise UsageError(
            _("{text!r} comes more often than every {least} seconds.").format(text=text[:80], least=_LEAST_S),
            hint=_('Leave out the seconds: "*/5 * * * *" is every five minutes.'),
        )


def walls_after(cron: Cron, wall: datetime) -> Iterator[datetime]:
    """Yield the times after one on a clock that nobody ever changes; ends where the library's calendar does."""
    from croniter import CroniterBadDateError, croniter

    # The library's own argument would read seconds in front; putting them last is the order that it has without it.
    seconds, *rest = cron.text.split()
    found = croniter(" ".join([*rest, seconds]), wall, ret_type=datetime)
    count = 0
    while True:
        try:
            at = found.get_next()
        except CroniterBadDateError:
            if count:
                return
            raise
        count += 1
        yield at


def moments_after(cron: Cron, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the moments after one, UTC, each later than the one before."""
    yield from (_rhythm(cron, after, zone) if cron.is_rhythm else _times_of_day(cron, after, zone))


def _times_of_day(cron: Cron, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    last = after.astimezone(UTC)
    for wall in walls_after(cron, after.astimezone(zone).replace(tzinfo=None)):
        at = moment_of(wall, zone)
        if at > last:
            last = at
            yield at


def _rhythm(cron: Cron, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Go along one offset of the zone at a time; where it changes, begin again with the new one."""
    at = after.astimezone(UTC)
    begin = at
    while True:
        offset = _offset(begin, zone)
        changed: datetime | None = None
        for wall in walls_after(cron, (at + offset).replace(tzinfo=None)):
            found = (wall - offset).replace(tzinfo=UTC)
            if _offset(found, zone) != offset:
                changed = _change(begin, found, zone)
                break
            begin = at = found
            yield found
        if changed is None:
            return
        begin, at = changed, changed - _SECOND


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of a wall time, UTC: the first of two, or the first one after a gap that it falls into."""
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    return _change(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at, zone)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _change(begin: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment after `begin` at which the zone has another offset than there."""
    offset = _offset(begin, zone)
    low = begin
    high = min(low + _LOOK, end)
    while _offset(high, zone) == offset and high < end:
        low, high = high, min(high + _LOOK, end)
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        low, high = (middle, high) if _offset(middle, zone) == offset else (low, middle)
    return high.replace(microsecond=0)
