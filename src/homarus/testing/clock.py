"""A clock that stands still until it is told to go on."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

START = datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Friday morning; a fake clock begins here unless told otherwise."""


class FakeClock:
    """A `domain.ports.Clock` whose time is set by the test."""

    def __init__(self, start: datetime = START) -> None:
        """Stand still at a time that has a zone."""
        assert isinstance(start.tzinfo, ZoneInfo), "a clock needs an IANA zone"
        self._zone = start.tzinfo
        self._now = start

    @property
    def zone(self) -> ZoneInfo:
        """The owner's zone."""
        return self._zone

    def now(self) -> datetime:
        """Return the time that was set."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Go on by some seconds (or back, below zero) and return the new time."""
        self._now = (self._now.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(self._zone)
        return self._now

    def jump_to(self, when: datetime) -> None:
        """Stand at another time, shown in the clock's own zone."""
        self._now = when.astimezone(self._zone)
