"""Calendars on a CalDAV server: only what changed is fetched, and what happens in the days ahead is told."""

import asyncio
import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Bounds, Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.calendars.dav import Calendar, DavAccount, StaleTokenError
from homarus.tools.calendars.events import (
    UnreadableCalendarError,
    Window,
    bad_events,
    need_calendars,
    occurrences,
    window_of,
)


class CaldavSettings(BaseModel):
    """Calendars of an account."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://\S+$", max_length=2_000)
    """The server, the account or one calendar: `https://dav.example.org/`."""
    user: str = Field(min_length=1, max_length=320)
    """The account's name."""
    password: SecretStr
    """Many providers want an app password."""
    calendars: list[str] = []
    """Names of those to read; all of them when none is named."""
    reach: str = Field(default="anywhere", pattern=r"^(local-only|anywhere|region:[a-z0-9-]{1,40})$")
    """Where these events may go: `local-only` keeps them from every hosted model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A calendar as it is now."""

    mark: JsonObject
    objects: dict[str, str]
    is_whole: bool


@source("caldav", settings=CaldavSettings)
class Caldav:
    """What happens in the calendars of an account: what they hold, of which only changes travel."""

    def __init__(self, settings: CaldavSettings) -> None:
        """Keep the account."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return the events of the window.

        Raises:
            NoDataError: when the server cannot be asked, refuses the account, or has none of the calendars.
        """
        self._need()
        account = self._account(context)
        known = (since or {}).get("calendars")
        marks = known if isinstance(known, dict) else {}
        missing: list[Missing] = []
        items: dict[str, Item] = {}
        kept: dict[str, Json] = {}
        is_whole = False
        for calendar in await self._chosen(account, missing):
            held = await _held(account, context, calendar, marks.get(calendar.url))
            kept[calendar.url], is_whole = held.mark, is_whole or held.is_whole
            found = await asyncio.to_thread(_happening, held.objects, window_of(context), context, calendar, missing)
            items |= {item.key: item for item in found}
        bounds = Bounds.parse(self._settings.reach)
        label = Label(
            origin=Origin.TOOL,
            source=_("calendar {name}").format(name=context.name),
            reach=bounds.reach,
            region=bounds.region,
        )
        return Fetched(
            items=tuple(sorted(items.values(), key=lambda item: (str(item.fields["start"]), item.key))),
            watermark={"calendars": kept},
            label=label,
            is_whole=is_whole,
            missing=tuple(missing),
        )

    async def probe(self, context: SourceContext) -> Health:
        """Sign in and name the calendars."""
        try:
            self._need()
            found = await self._account(context).calendars()
        except NoDataError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        names = ", ".join(each.name for each in found)
        return Health(is_well=True, sentence=_("Calendars: {names}.").format(names=names))

    def _need(self) -> None:
        try:
            need_calendars()
        except UnreadableCalendarError as error:
            raise NoDataError(error.message, hint=error.hint) from error

    def _account(self, context: SourceContext) -> DavAccount:
        return DavAccount(
            door=context.door,
            url=self._settings.url,
            user=self._settings.user,
            password=self._settings.password.get_secret_value(),
        )

    async def _chosen(self, account: DavAccount, missing: list[Missing]) -> list[Calendar]:
        found = await account.calendars()
        wanted = {name.casefold() for name in self._settings.calendars}
        chosen = [each for each in found if not wanted or each.name.casefold() in wanted]
        for name in sorted(wanted - {each.name.casefold() for each in chosen}):
            names = ", ".join(each.name for each in found)
            missing.append(
                Missing(
                    what=_("calendar {name!r}").format(name=name),
                    because=_("The account has none of this name."),
                    hint=_("It has: {names}.").format(names=names),
                )
            )
        return chosen


async def _held(account: DavAccount, context: SourceContext, calendar: Calendar, mark: Json) -> _Held:
    """Bring a calendar up to date, from what was kept of it and what changed since."""
    token, known = "", dict[str, JsonObject]()
    if isinstance(mark, dict) and mark.get("blob"):
        token = str(mark.get("token", ""))
        known = json.loads(await context.blobs.get(str(mark["blob"])))
    try:
        delta = await account.changes(calendar.url, token)
    except StaleTokenError:
        token, delta = "", await account.changes(calendar.url, "")
    if not token:
        known = {url: body for url, body in known.items() if url in delta.changed}
    asked = [url for url, etag in delta.changed.items() if not etag or known.get(url, {}).get("etag") != etag]
    texts = await account.objects(calendar.url, asked) if asked else {}
    known = {url: body for url, body in known.items() if url not in delta.gone}
    known.update({url: {"etag": delta.changed.get(url, ""), "text": text} for url, text in texts.items()})
    blob = await context.blobs.put(json.dumps(known, sort_keys=True).encode())
    return _Held(
        mark={"token": delta.token, "blob": blob, "name": calendar.name},
        objects={url: str(body["text"]) for url, body in known.items()},
        is_whole=not token,
    )


def _happening(
    objects: dict[str, str], window: Window, context: SourceContext, calendar: Calendar, missing: list[Missing]
) -> list[Item]:
    found: list[Item] = []
    bad = 0
    for text in objects.values():
        try:
            found += occurrences(text, window, zone=context.clock.zone)
            bad += bad_events(text)
        except UnreadableCalendarError:
            bad += 1
    if bad:
        what = _("{count} events of {name!r}").format(count=bad, name=calendar.name)
        missing.append(Missing(what=what, because=_("They cannot be read."), hint=_("Open and save them again.")))
    return found
