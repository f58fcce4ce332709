"""The events of a calendar as they happen within a window: recurring ones one by one, each in its own zone."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from homarus.domain.content import JsonObject
from homarus.domain.errors import OperatorError
from homarus.domain.i18n import _
from homarus.domain.sources import Item, SourceContext
from homarus.tools.calendars.rules import without_endless
from homarus.tools.mails.heads import inked

if TYPE_CHECKING:
    from icalendar.cal.component import Component

_KEPT_CHARS = 2_000
_MOST_ATTENDEES = 100
_MOST_EVENTS = 2_000
_FAR = timedelta(days=31)


class UnreadableCalendarError(OperatorError):
    """A calendar is not what the standard says, so badly that nothing can be made of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when until when."""

    start: datetime
    end: datetime


def window_of(context: SourceContext) -> Window:
    """Return the days that a run wants to see: `days_before` and `days_ahead` of its options, else 1 and 8."""
    now = context.clock.now()
    before, ahead = context.options.get("days_before"), context.options.get("days_ahead")
    return Window(
        start=now - timedelta(days=before if isinstance(before, int) else 1),
        end=now + timedelta(days=ahead if isinstance(ahead, int) else 8),
    )


def need_calendars() -> None:
    """Check that what reads calendars is installed.

    Raises:
        UnreadableCalendarError: when it is not.
    """
    try:
        import icalendar
        import recurring_ical_events

        assert icalendar, recurring_ical_events
    except ImportError as error:
        raise UnreadableCalendarError(
            _("Calendars need a package that is not installed: {name}.").format(name=error.name or "icalendar"),
            hint=_("Install it: {command}").format(command="pip install 'homarus[calendar]'"),
        ) from error


def occurrences(text: str | bytes, window: Window, *, zone: ZoneInfo) -> tuple[Item, ...]:
    """Return what happens within a window, earliest first.

    Raises:
        UnreadableCalendarError: when the text is no calendar, or what reads calendars is not installed.
    """
    need_calendars()
    import recurring_ical_events
    from icalendar import Calendar

    found: list[Item] = []
    try:
        for calendar in cast("list[Component]", Calendar.from_ical(text, multiple=True)):
            without_endless(calendar, until=window.end)
            query = recurring_ical_events.of(calendar, skip_bad_series=True)
            happening = cast("Sequence[Component]", query.between(window.start, window.end))
            found += [_item(event, zone) for event in happening[:_MOST_EVENTS]]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise UnreadableCalendarError(
            _("This is not a calendar that can be read: {error}").format(error=str(error)[:200]),
            hint=_("Export it again as iCalendar (.ics)."),
        ) from error
    return tuple(sorted(found, key=lambda item: (str(item.fields["start"]), item.key)))


def bad_events(text: str | bytes) -> int:
    """Return how many events have no day that can be read, or come without end, and are left out of what happens."""
    need_calendars()
    from icalendar import Calendar

    try:
        calendars = cast("list[Component]", Calendar.from_ical(text, multiple=True))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError):
        return 0
    events = [part for calendar in calendars for part in calendar.subcomponents if part.name == "VEVENT"]
    endless = sum(without_endless(calendar, until=datetime.now(UTC) + _FAR) for calendar in calendars)
    return endless + sum(not isinstance(_value(event, "DTSTART"), date) for event in events)


def _item(event: "Component", zone: ZoneInfo) -> Item:
    start = _moment(event, "DTSTART", zone)
    is_all_day = not isinstance(_value(event, "DTSTART"), datetime)
    end = _end(event, start, zone, is_all_day=is_all_day)
    uid = _text(event, "UID") or _text(event, "SUMMARY")
    fields: JsonObject = {
        "uid": uid,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "is_all_day": is_all_day,
        "is_free": _text(event, "TRANSP").upper() == "TRANSPARENT" or _text(event, "STATUS").upper() == "CANCELLED",
        "is_cancelled": _text(event, "STATUS").upper() == "CANCELLED",
        "location": _text(event, "LOCATION")[:300],
        "organizer": _address(event.get("ORGANIZER")),
        "attendees": list(_attendees(event)),
    }
    return Item(
        key=f"event:{uid}:{start.isoformat()}",
        kind="event",
        title=_text(event, "SUMMARY")[:300] or _("(no title)"),
        text=_text(event, "DESCRIPTION")[:_KEPT_CHARS],
        at=start,
        url=_text(event, "URL")[:500],
        fields=fields,
    )


def _attendees(event: "Component") -> Iterator[JsonObject]:
    named: object = event.get("ATTENDEE")
    for person in (cast("list[object]", named) if isinstance(named, list) else [named])[:_MOST_ATTENDEES]:
        address = _address(person)
        if address:
            parameters: object = getattr(person, "params", {})
            state = str(cast("dict[str, object]", parameters).get("PARTSTAT", "NEEDS-ACTION"))
            yield {"address": address, "state": state.upper()}


def _address(value: object) -> str:
    return str(value).strip().lower().removeprefix("mailto:")[:300] if value else ""


def _text(event: "Component", name: str) -> str:
    value: object = event.get(name)
    if isinstance(value, list):
        value = next(iter(cast("list[object]", value)), "")
    return inked(str(value)).strip() if value else ""


def _value(event: "Component", name: str) -> object:
    return getattr(event.get(name), "dt", None)


def _moment(event: "Component", name: str, zone: ZoneInfo) -> datetime:
    when = _value(event, name)
    if isinstance(when, datetime):
        return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(zone)
    if isinstance(when, date):
        return datetime.combine(when, time(), zone)
    raise ValueError(name)


def _end(event: "Component", start: datetime, zone: ZoneInfo, *, is_all_day: bool) -> datetime:
    with contextlib.suppress(ValueError):
        return max(_moment(event, "DTEND", zone), start)
    length = _value(event, "DURATION")
    if isinstance(length, timedelta) and length > timedelta():
        return start + length
    return start + timedelta(days=1) if is_all_day else start
