"""The log of the owner's own redirector: who came through which link, without any other company counting."""

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.bringing import bring
from homarus.tools.mails.heads import decode
from homarus.tools.tables import day_of

_LINE = re.compile(
    r'^(\S{1,80}) \S{1,80} \S{1,80} \[(\d\d/\w{3}/\d{4}):[^\]]{1,30}\] "(?:GET|HEAD) (\S{1,4000})[^"]{0,20}" (\d{3})'
    r'(?: \S+ "[^"]{0,2000}" "([^"]{0,1000})")?'
)
_ROBOT = re.compile(r"bot|crawl|spider|preview|facebookexternalhit|slurp|monitor|curl/|wget/", re.IGNORECASE)
_FIRST_ERROR = 400
_NAMES = ("utm_source", "utm_medium", "utm_campaign")


class UtmSettings(BaseModel):
    """A redirector's log."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(min_length=1, max_length=2_000)
    """A path or an address: an access log (common or combined form, as nginx and Apache write it), or JSON lines with
    `at`, `url` or `utm_source`, `utm_medium`, `utm_campaign`."""


@dataclass(frozen=True, slots=True)
class _Click:
    """Where somebody came from."""

    day: str
    source: str
    medium: str
    campaign: str


@source("utm", settings=UtmSettings)
class Utm:
    """Clicks by day, source, medium and campaign: what the log holds, not what is new; robots are not counted."""

    def __init__(self, settings: UtmSettings) -> None:
        """Keep where it is."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return a row per day and campaign.

        Raises:
            NoDataError: when the log cannot be read.
        """
        known = since or {}
        mark, digest = str(known.get("mark", "")), str(known.get("blob", ""))
        brought = await bring(self._settings.where, context, mark=mark if digest else "")
        content = await context.blobs.get(digest) if brought.is_same else brought.content
        digest = digest if brought.is_same else await context.blobs.put(content)
        counted = await asyncio.to_thread(_counted, decode(content, "utf-8"))
        unread = counted.pop(None, 0)
        clicks = cast("Counter[_Click]", counted)
        return Fetched(
            items=tuple(_item(click, count, digest, context.name) for click, count in sorted(clicks.items(), key=str)),
            watermark={"mark": brought.mark, "blob": digest},
            label=Label(origin=Origin.FILE, source=_("clicks {name}").format(name=context.name)),
            is_whole=not brought.is_same,
            missing=(
                Missing(
                    what=_("{count} lines of {name!r}").format(count=unread, name=context.name),
                    because=_("They are neither lines of an access log nor JSON."),
                ),
            )
            if unread
            else (),
        )

    async def probe(self, context: SourceContext) -> Health:
        """Say whether it can be read."""
        try:
            found = await self.fetch(context, since=None)
        except NoDataError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        return Health(
            is_well=True, sentence=_("{count} campaigns and days can be read.").format(count=len(found.items))
        )


def _counted(text: str) -> "Counter[_Click | None]":
    return Counter(_clicks(text))


def _clicks(text: str) -> "Iterator[_Click | None]":
    """Yield clicks; `None` for a line that cannot be read. Lines without a campaign are other visits."""
    for line in text.splitlines():
        if not line.strip():
            continue
        if line.startswith("{"):
            yield from _of_json(line)
            continue
        found = _LINE.match(line)
        if found is None:
            yield None
        elif int(found[4]) < _FIRST_ERROR and not _ROBOT.search(found[5] or ""):
            yield from _of_query(day_of(found[2]), found[3])


def _of_json(line: str) -> "Iterator[_Click | None]":
    try:
        told = cast("Mapping[str, Json]", json.loads(line))
    except (ValueError, RecursionError):
        yield None
        return
    day = day_of(str(told.get("at") or told.get("time") or told.get("day") or ""))
    if not day:
        yield None
    elif any(name in told for name in _NAMES):
        yield _Click(day, *(str(told.get(name, "")).casefold()[:100] for name in _NAMES))
    else:
        yield from _of_query(day, str(told.get("url") or told.get("to") or ""))


def _of_query(day: str, url: str) -> Iterator[_Click]:
    try:
        query = parse_qs(urlsplit(url).query, max_num_fields=50)
    except ValueError:
        return
    if any(name in query for name in _NAMES):
        yield _Click(day, *(query.get(name, [""])[0].casefold()[:100] for name in _NAMES))


def _item(click: _Click, count: int, digest: str, name: str) -> Item:
    told = f"{click.day}\0{click.source}\0{click.medium}\0{click.campaign}\0{name}"
    return Item(
        key=f"row:{hashlib.sha256(told.encode()).hexdigest()[:24]}",
        kind="row",
        title=click.campaign or click.source,
        blob=digest,
        fields={
            "campaign": click.campaign,
            "day": click.day,
            "source": click.source,
            "medium": click.medium,
            "channel": click.source or name,
            "currency": "",
            "metrics": {"clicks": float(count)},
        },
    )
