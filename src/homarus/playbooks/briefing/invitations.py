"""Invitations that came by mail: what they ask for stands beside the calendar, whether or not a server put it there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from homarus.domain.sources import Item
from homarus.playbooks.briefing.letters import Letter
from homarus.tools.calendars.events import UnreadableCalendarError, Window, occurrences

_MOST = 50


def invited(mails: Sequence[Letter], now: datetime, days: int, zone: ZoneInfo) -> list[Item]:
    """Return what invitations ask for, within the days that are looked at; one that cannot be read stays a mail."""
    window = Window(start=now - timedelta(days=1), end=now + timedelta(days=days))
    found: list[Item] = []
    for mail in [mail for mail in mails if mail.word("calendar")][:_MOST]:
        calendar = mail.word("calendar")
        if "METHOD:REQUEST" not in calendar.upper():
            continue
        try:
            found += [replace(item, blob=mail.item.blob) for item in occurrences(calendar, window, zone=zone)]
        except UnreadableCalendarError:
            continue
    return found
