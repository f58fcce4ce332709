"""Watch pages: politely, and only what changed since the last time."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Annotated, TypeAlias, cast

from pydantic import BeforeValidator

from homarus.domain.content import JsonObject
from homarus.domain.i18n import _
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sections import Section
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.sources.addresses import canonical
from homarus.tools.sources.courier import Courier, Known, Manners
from homarus.tools.sources.pages import Watch, page_read
from homarus.tools.sources.parts import PartRead, label_of, read_parts, said, tried


class WatchedPage(Section):
    """A page, with what the page does not say of itself."""

    url: str
    """Its address."""
    name: str = ""
    """What to call it; its title without."""
    price: str = ""
    """A CSS selector of the element that has the price, where the page does not state it for machines."""
    currency: str = ""
    """Of that price, where the element does not say: `EUR`."""


def watched(value: object) -> object:
    """Let an address stand for a page."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [{"url": one} if isinstance(one, str) else one for one in cast("Sequence[object]", value)]
    return value


Pages: TypeAlias = Annotated[tuple[WatchedPage, ...], BeforeValidator(watched)]


class WebSettings(Manners):
    """Pages to watch."""

    pages: Pages = ()
    """Their addresses, or an object each: `{url, name, price, currency}`."""


class PriceSettings(Manners):
    """Pages with prices to watch."""

    pages: Pages = ()
    """Their addresses, or an object each: `{url, name, price, currency}`, where `price` is a CSS selector."""


class PageReader:
    """Reads watched pages with one courier."""

    def __init__(self, manners: Manners, pages: Sequence[WatchedPage], *, courier: Courier | None = None) -> None:
        """Take the pages."""
        self._courier = courier or Courier(manners)
        self.watches = {
            page.url: Watch(url=page.url, name=page.name, price=page.price, currency=page.currency) for page in pages
        }

    async def read(self, context: SourceContext, part: str, known: JsonObject) -> PartRead:
        """Read one page; nothing of one that is as it was."""
        watch = self.watches[part]
        brought = await self._courier.bring(
            context, watch.url, known=Known(etag=said(known, "etag"), modified=said(known, "modified"))
        )
        if brought.is_unchanged:
            return PartRead(items=(), watermark=known)
        if brought.is_gone:
            return _gone(watch, known, brought.status)
        digest = hashlib.sha256(brought.body).hexdigest()
        watermark: JsonObject = {"etag": brought.etag, "modified": brought.modified, "sha256": digest}
        if digest == said(known, "sha256"):
            return PartRead(items=(), watermark=watermark)
        blob = await context.blobs.put(brought.body)
        now = context.clock.now()
        page = await asyncio.to_thread(page_read, watch, brought, blob=blob, at=now)
        return PartRead(items=page.items, watermark=watermark)


def _gone(watch: Watch, known: JsonObject, status: int) -> PartRead:
    if not said(known, "sha256"):
        raise NoDataError(
            _("{url!r} answered {status}: there is no such page.").format(url=watch.url, status=status),
            hint=_("Check the address."),
        )
    url = canonical(watch.url)
    item = Item(key=url, kind="page", title=watch.name or url, url=url, is_gone=True)
    return PartRead(items=(item,), watermark={})


@source("web", settings=WebSettings)
class WebSource:
    """Pages, each as text and with the prices and openings that it states."""

    def __init__(self, settings: WebSettings, *, courier: Courier | None = None) -> None:
        """Take the pages; a courier of one's own for tests."""
        self._reader = PageReader(settings, settings.pages, courier=courier)

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return what changed since the last reading."""
        parts = tuple(self._reader.watches)
        return await read_parts(context, parts, since, self._reader.read, label=label_of("web", context))

    async def probe(self, context: SourceContext) -> Health:
        """Read the first page."""
        return await tried(self, context, next(iter(self._reader.watches), ""))


@source("prices", settings=PriceSettings)
class PriceSource:
    """Prices of pages; currencies are never mixed."""

    def __init__(self, settings: PriceSettings, *, courier: Courier | None = None) -> None:
        """Take the pages; a courier of one's own for tests."""
        self._reader = PageReader(settings, settings.pages, courier=courier)

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return the prices of pages that changed since the last reading."""
        parts = tuple(self._reader.watches)
        return await read_parts(context, parts, since, self._read, label=label_of("prices", context))

    async def _read(self, context: SourceContext, part: str, known: JsonObject) -> PartRead:
        had = await self._reader.read(context, part, known)
        if had.items and not any(item.kind == "price" or item.is_gone for item in had.items):
            raise NoDataError(
                _("{url!r} states no price that can be read.").format(url=part),
                hint=_("Name the element that has it: `price` of the page, a CSS selector."),
            )
        return had

    async def probe(self, context: SourceContext) -> Health:
        """Read the first page."""
        return await tried(self, context, next(iter(self._reader.watches), ""))
