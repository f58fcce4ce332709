"""What becomes of the times that are due at once: which are worked, and which are written down as passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from homarus.domain.jobs import Missed, Schedule
from homarus.gateway.jobs.schedules import moments

ON_TIME = timedelta(seconds=120)
"""What is looked at this soon after its time has not been missed."""
MOST = 1000
"""More times than these are not written down one by one: a job of each minute on a machine that slept for a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The times of a schedule that have come since it was last looked at."""

    slots: tuple[datetime, ...]
    """Oldest first; the newest `MOST` of them."""
    is_cut: bool = False
    """Whether there were earlier ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What is worked and what is only written down."""

    work: tuple[datetime, ...]
    skip: tuple[datetime, ...]


def due(schedule: Schedule, *, since: datetime, until: datetime) -> Due:
    """Return the times after `since`, up to and with `until`."""
    found = _between(schedule, since, until, MOST + 1)
    if len(found) <= MOST:
        return Due(slots=found)
    # Begin near the end, by the rhythm that the first ones have; where that is uneven, a few more or fewer are kept.
    step = (found[-1] - found[0]) / MOST
    late = _between(schedule, max(until - step * MOST, since), until, 4 * MOST)
    return Due(slots=late[-MOST:], is_cut=True)


def _between(schedule: Schedule, since: datetime, until: datetime, most: int) -> tuple[datetime, ...]:
    found: list[datetime] = []
    for at in islice(moments(schedule, since), most):
        if at > until:
            break
        found.append(at)
    return tuple(found)


def split(slots: Sequence[datetime], *, now: datetime, missed: Missed, lag: timedelta = timedelta()) -> Split:
    """Say which times are worked; `lag` is how much later than its time this job starts."""
    if not slots or missed is Missed.ALL:
        return Split(work=tuple(slots), skip=())
    *older, newest = slots
    if missed is Missed.ONCE or now - newest - lag <= ON_TIME:
        return Split(work=(newest,), skip=tuple(older))
    return Split(work=(), skip=tuple(slots))
