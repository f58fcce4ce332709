"""A calendar that is one file, on this disk or at an address, as every calendar program exports it."""

import asyncio

from pydantic import BaseModel, ConfigDict, Field

from homarus.domain.content import JsonObject
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, NoDataError, SourceContext
from homarus.tools.bringing import bring
from homarus.tools.calendars.events import UnreadableCalendarError, bad_events, need_calendars, occurrences, window_of


class IcsSettings(BaseModel):
    """A calendar file."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(min_length=1, max_length=2_000)
    """A path or an address: `~/calendar.ics`, `https://example.org/calendar.ics`, `webcal://...`."""


def left_out(bad: int, name: str) -> tuple[Missing, ...]:
    """Return what is to be said of events whose day cannot be read."""
    if not bad:
        return ()
    what = _("{count} events of {name!r}").format(count=bad, name=name)
    return (Missing(what=what, because=_("Their day cannot be read."), hint=_("Open and save them again.")),)


@source("ics", settings=IcsSettings)
class Ics:
    """What happens in a calendar file: what it holds, not what is new; a file that is as it was is not read again."""

    def __init__(self, settings: IcsSettings) -> None:
        """Keep where it is."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return the events of the window.

        Raises:
            NoDataError: when the file cannot be read or is no calendar.
        """
        known = since or {}
        mark, digest = str(known.get("mark", "")), str(known.get("blob", ""))
        brought = await bring(self._settings.where, context, mark=mark if digest else "")
        if brought.is_same:
            content = await context.blobs.get(digest)
        else:
            content, digest = brought.content, await context.blobs.put(brought.content)
        try:
            items = await asyncio.to_thread(occurrences, content, window_of(context), zone=context.clock.zone)
            bad = await asyncio.to_thread(bad_events, content)
        except UnreadableCalendarError as error:
            raise NoDataError(f"{context.name!r}: {error.message}", hint=error.hint) from error
        return Fetched(
            items=items,
            watermark={"mark": brought.mark, "blob": digest},
            label=Label(origin=Origin.TOOL, source=_("calendar {name}").format(name=context.name)),
            is_whole=not brought.is_same,
            missing=left_out(bad, context.name),
        )

    async def probe(self, context: SourceContext) -> Health:
        """Say whether it can be read."""
        try:
            need_calendars()
            brought = await bring(self._settings.where, context)
        except (NoDataError, UnreadableCalendarError) as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        if b"BEGIN:VCALENDAR" not in brought.content[:2_000].upper():
            return Health(
                is_well=False, sentence=_("This is not a calendar."), hint=_("Export it as iCalendar (.ics).")
            )
        return Health(is_well=True, sentence=_("The calendar can be read."))
