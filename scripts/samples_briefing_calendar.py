# ruff: noqa: E501 - lines as the standard has them
"""The calendar of Jonas Weber: appointments that clash, a way between two of them, one in another zone."""

import hashlib
from datetime import datetime, timedelta

from samples_briefing_mails import Sample

_DAYS = {"Fri": 0, "Mon": 3, "Tue": 4}


def _event(uid: str, lines: str) -> str:
    return f"BEGIN:VEVENT\nUID:{uid}@weber-studio.example\nDTSTAMP:20261101T080000Z\n{lines}END:VEVENT\n"


_HEAD = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//homarus//sample//EN\nX-WR-CALNAME:Jonas\n"
_BERLIN = (
    "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:DAYLIGHT\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nTZNAME:CEST\n"
    "DTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nBEGIN:STANDARD\nTZOFFSETFROM:+0200\n"
    "TZOFFSETTO:+0100\nTZNAME:CET\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\n"
    "END:VTIMEZONE\n"
)


def _timed(uid: str, title: str, start: str, end: str, where: str = "", *, more: str = "") -> str:
    place = f"LOCATION:{where}\n" if where else ""
    return _event(
        uid,
        f"SUMMARY:{title}\nDTSTART;TZID=Europe/Berlin:{start}\nDTEND;TZID=Europe/Berlin:{end}\n{place}{more}",
    )


CALENDAR = (
    _HEAD
    + _BERLIN
    + _timed("standup", "Stand-up Brightwell", "20261120T093000", "20261120T101500", "https://meet.example/brightwell")
    + _timed("photos", "Fotoabnahme mit Tom", "20261120T100000", "20261120T113000", "Atelier Becker\\, Lange Reihe 12")
    + _timed("luca", "Call with Luca", "20261120T123000", "20261120T131500", "https://meet.example/luca")
    + _timed("lunch", "Mittag mit Petra", "20261120T114500", "20261120T123000", "Café Elbe\\, Altona")
    + _timed(
        "kita",
        "Lena abholen",
        "20260907T160000",
        "20260907T163000",
        "Kita Seepferdchen",
        more="RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\nEXDATE;TZID=Europe/Berlin:20261124T160000\n",
    )
    + _timed("tax", "Termin Steuerbüro", "20261124T143000", "20261124T153000", "Steuerbüro Petersen\\, Kanalstraße 3")
    + _event(
        "board",
        "SUMMARY:Brightwell board\nDTSTART;TZID=America/New_York:20261123T100000\n"
        "DTEND;TZID=America/New_York:20261123T104500\nLOCATION:https://meet.example/board\n",
    )
    + _event(
        "holiday",
        "SUMMARY:Anna im Urlaub\nDTSTART;VALUE=DATE:20261119\nDTEND;VALUE=DATE:20261122\nTRANSP:TRANSPARENT\n",
    )
    + "END:VCALENDAR\n"
)


def invitation(mail: Sample) -> str:
    """Return the iCalendar text of an invitation; its body is `day start-end|title|place`."""
    times, title, place = mail.body.split("|")
    day, _number, clock = times.split()
    start, _dash, end = clock.partition("-")
    at = datetime(2026, 11, 20) + timedelta(days=_DAYS[day])  # noqa: DTZ001 - the zone stands beside it
    uid = hashlib.sha256(mail.subject.encode()).hexdigest()[:12]
    organizer = mail.sender.partition("<")[2].rstrip(">")
    place = place.replace(",", "\\,")
    lines = (
        f"SUMMARY:{title}\nDTSTART;TZID=Europe/Berlin:{at:%Y%m%d}T{start.replace(':', '')}00\n"
        f"DTEND;TZID=Europe/Berlin:{at:%Y%m%d}T{end.replace(':', '')}00\nLOCATION:{place}\nORGANIZER:mailto:{organizer}\n"
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:jonas@weber-studio.example\nSEQUENCE:0\n"
    )
    return _HEAD + "METHOD:REQUEST\n" + _BERLIN + _event(uid, lines) + "END:VCALENDAR\n"
