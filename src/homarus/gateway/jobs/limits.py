"""When a run has to hand over: `06:30` on the schedule's clock, or `PT2H` from its start."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_LENGTH = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


def deadline_after(text: str, start: datetime, zone: ZoneInfo) -> datetime:
    """Return the deadline of a run that starts at a time, UTC.

    Raises:
        UsageError: when the words are neither a time of day nor a length of time.
    """
    length = _LENGTH.fullmatch(text)
    if length is not None and any(length.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in length.groups())
        return start.astimezone(UTC) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if _CLOCK.fullmatch(text) is None:
        raise UsageError(
            _("{text!r} is no deadline.").format(text=text),
            hint=_("Write a time of day, `06:30`, or a length of time from the start, `PT2H` or `PT45M`."),
        )
    hour, minute = (int(part) for part in text.split(":"))
    day = start.astimezone(zone).date()
    today = datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)
    if today > start:
        return today
    return datetime.combine(day + timedelta(days=1), time(hour, minute), tzinfo=zone).astimezone(UTC)
