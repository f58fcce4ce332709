"""Times as a person reads them: weekday, date, clock time and zone, never relative alone."""

from datetime import datetime

from homarus.domain.i18n import _, noted

_DAYS = tuple(noted(day) for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
_MONTHS = tuple(
    noted(month) for month in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
)


def in_words(when: datetime, *, with_seconds: bool = False) -> str:
    """Return a time like `Fri 20 Nov 2026, 12:00 CET`, in its own zone; with seconds only where they matter."""
    clock = f"{when:%H:%M:%S}" if when.second or with_seconds else f"{when:%H:%M}"
    day, month = _(_DAYS[when.weekday()]), _(_MONTHS[when.month - 1])
    return f"{day} {when.day} {month} {when.year}, {clock} {when.tzname() or ''}".rstrip()
