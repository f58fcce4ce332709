"""Answers to invitations, as calendars send them to each other. Source: RFC 5546 section 3.2.3."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from homarus.domain.errors import ToolArgumentError
from homarus.tools.calendars.events import UnreadableCalendarError, need_calendars

if TYPE_CHECKING:
    from icalendar.cal.component import Component

STATES: Mapping[str, str] = {"accept": "ACCEPTED", "tentative": "TENTATIVE", "decline": "DECLINED"}
_COPIED = ("UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SUMMARY", "ORGANIZER")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to an invitation."""

    organizer: str
    """Whom it goes to."""
    title: str
    text: str
    """iCalendar."""


def answer(invitation: str, *, state: str, mine: tuple[str, ...], at: datetime) -> Answer:
    """Return the answer to an invitation.

    Raises:
        ToolArgumentError: when the text is no invitation, or does not say from whom.
    """
    event = _event(invitation)
    organizer = str(event.get("ORGANIZER", "")).lower().removeprefix("mailto:")
    if "@" not in organizer or any(sign.isspace() for sign in organizer):
        raise ToolArgumentError("The invitation does not say who organizes it.", hint="Answer by mail.")
    from icalendar import Calendar, Event, vCalAddress, vDatetime

    reply = Event()
    for name in _COPIED:
        if name in event:
            reply[name] = event[name]
    reply["DTSTAMP"] = vDatetime(at.astimezone(UTC))
    invited = _invited(event, mine)
    me = vCalAddress(f"mailto:{invited}")
    me.params["PARTSTAT"] = STATES[state]
    reply["ATTENDEE"] = me
    calendar = Calendar()
    calendar["VERSION"], calendar["PRODID"], calendar["METHOD"] = "2.0", "-//homarus//EN", "REPLY"
    calendar.add_component(reply)
    text = calendar.to_ical().decode()
    return Answer(organizer=organizer, title=" ".join(str(event.get("SUMMARY", "")).split())[:200], text=text)


def _event(invitation: str) -> "Component":
    try:
        need_calendars()
        from icalendar import Calendar

        calendar = Calendar.from_ical(invitation)
    except UnreadableCalendarError as error:
        raise ToolArgumentError(error.message, hint=error.hint) from error
    except (ValueError, KeyError, IndexError) as error:
        raise ToolArgumentError("This is not an invitation.", hint="Give the iCalendar text of the mail.") from error
    is_asked = str(calendar.get("METHOD", "")).upper() == "REQUEST"
    events = [part for part in calendar.subcomponents if part.name == "VEVENT"]
    if not is_asked or not events:
        raise ToolArgumentError("This is not an invitation.", hint="Only a METHOD:REQUEST can be answered.")
    return events[0]


def _invited(event: "Component", mine: tuple[str, ...]) -> str:
    """Return the address of the owner that was invited; the first one when none was."""
    named: object = event.get("ATTENDEE")
    people = cast("list[object]", named) if isinstance(named, list) else [named]
    invited = [str(person).lower().removeprefix("mailto:") for person in people if person]
    return next((address for address in mine if address in invited), mine[0])
