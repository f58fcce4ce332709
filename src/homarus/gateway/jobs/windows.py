"""The hours in which a run may work: `22:00-07:00`, read on the clock of the schedule's zone, over midnight too."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from homarus.domain.jobs import Window

LOOK_AGAIN_S = 60.0
"""How long a run that waits for a quiet house waits before it looks again."""


def is_open(window: Window, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a run may work now; a window that begins and ends at the same time is the whole day."""
    here = now.astimezone(zone).time()
    start, end = _clock(window.start), _clock(window.end)
    if start == end:
        return True
    return start <= here < end if start < end else here >= start or here < end


def next_opening(window: Window, now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the window opens next, UTC; now when it is open.

    On the night when clocks are put forward an opening that does not exist is the moment after the gap; on the night
    when they are put back the first of the two counts.
    """
    if is_open(window, now, zone):
        return now.astimezone(UTC)
    today = now.astimezone(zone).date()
    start = _clock(window.start)
    for day in range(3):
        opening = datetime.combine(today + timedelta(days=day), start, tzinfo=zone).astimezone(UTC)
        if opening > now:
            return opening
    raise AssertionError("a window opens every day")


def _clock(text: str) -> time:
    return time.fromisoformat(text)
