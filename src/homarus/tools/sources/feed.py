"""Read feeds, RSS and Atom: what is new in them, and what was edited since."""

import asyncio
import calendar
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from pydantic import Field

from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.readable import readable, visible
from homarus.tools.sources.addresses import canonical
from homarus.tools.sources.courier import Courier, Known, Manners
from homarus.tools.sources.parts import MOST_CHARS, PartRead, label_of, read_parts, said, tried

_MOST_KNOWN = 1_000


class FeedSettings(Manners):
    """Feeds to read."""

    feeds: tuple[str, ...] = ()
    """Their addresses."""
    most_entries: int = Field(default=100, ge=1, le=1_000)
    """How many entries of one feed are looked at, newest first."""


def entries_of(body: bytes, *, url: str) -> tuple[Item, ...]:
    """Return the entries of a feed in their order.

    Raises:
        NoDataError: when it is no feed that can be read.
    """
    try:
        import feedparser
    except ImportError as error:
        raise NoDataError(
            _("Feeds cannot be read without {module!r}.").format(module="feedparser"),
            hint=_("Install it: pip install 'homarus[research]'"),
        ) from error
    if b"<!ENTITY" in body[:64_000]:
        raise NoDataError(
            _("{url!r} defines entities of its own, which feeds do not need and attacks do.").format(url=url),
            hint=_("Look at the feed in a browser."),
        )
    # In a stream: given bytes, feedparser would first try them as the name of a file.
    read = cast("Mapping[str, object]", feedparser.parse(io.BytesIO(body)))  # pyright: ignore[reportUnknownMemberType] - untyped
    entries = cast("Sequence[Mapping[str, object]]", read.get("entries") or ())
    if not entries and not read.get("version"):
        raise NoDataError(
            _("{url!r} is no feed that can be read.").format(url=url), hint=_("Check that it is RSS or Atom.")
        )
    return tuple(_apart([_item(entry, url) for entry in entries if _says_something(entry)]))


def _says_something(entry: Mapping[str, object]) -> bool:
    """Tell whether it is an entry; the last one of a feed that was cut off has nothing."""
    return any(_word(entry, name) for name in ("id", "link", "title", "summary")) or bool(_content(entry))


def _apart(items: Sequence[Item]) -> Iterator[Item]:
    """Yield entries, each with a key of its own; those of careless feeds share one, and would be new every night."""
    shared = {key for key, count in Counter(item.key for item in items).items() if count > 1}
    for item in items:
        told = hashlib.sha256(item.title.encode()).hexdigest()[:16]
        yield replace(item, key=f"{item.key[:480]}#{told}") if item.key in shared else item


def _item(entry: Mapping[str, object], feed: str) -> Item:
    link = _word(entry, "link")
    title = visible(" ".join(_word(entry, "title").split()))
    html = _content(entry)
    text = readable(f"<body>{html}</body>", url=link or feed).text if "<" in html else visible(html)
    key = _word(entry, "id") or link or hashlib.sha256(f"{title}{text}".encode()).hexdigest()
    # feedparser warns when `updated_parsed` is read where only `published_parsed` is there.
    at = next((entry[name] for name in ("updated_parsed", "published_parsed") if name in entry), None)
    return Item(
        key=key[:500],
        kind="post",
        title=title[:500] or key[:500],
        text=text[:MOST_CHARS],
        at=_moment(cast("tuple[int, ...]", at)) if at else None,
        url=canonical(link) if link else feed,
        fields={"author": _word(entry, "author")[:200], "feed": feed},
    )


def _moment(parts: tuple[int, ...]) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parts), tz=UTC)
    except (ValueError, OverflowError, OSError):  # `0000-00-00` and the like
        return None


def _word(entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""


def _content(entry: Mapping[str, object]) -> str:
    contents = entry.get("content")
    if isinstance(contents, Sequence) and not isinstance(contents, str) and contents:
        first = cast("Sequence[Mapping[str, object]]", contents)[0]
        return str(first.get("value") or "")
    return _word(entry, "summary")


def print_of(item: Item) -> str:
    """Return what tells whether an entry was edited: its words, not its counts or times."""
    return hashlib.sha256(f"{item.title}\0{item.text}".encode()).hexdigest()[:16]


def news(items: Sequence[Item], known: JsonObject) -> PartRead:
    """Return what of the items is new or was edited, and what is known afterwards."""
    before = known.get("seen")
    seen: dict[str, Json] = dict(before) if isinstance(before, Mapping) else {}
    changed: list[Item] = []
    for item in items:
        now = print_of(item)
        if seen.get(item.key) == now:
            continue
        fields: JsonObject = {**item.fields, "is_edit": item.key in seen}
        changed.append(
            Item(
                key=item.key,
                kind=item.kind,
                title=item.title,
                text=item.text,
                at=item.at,
                url=item.url,
                fields=fields,
                blob=item.blob,
            )
        )
        seen[item.key] = now
    keys = {item.key for item in items}
    older = [key for key in seen if key not in keys]
    for key in older[: max(len(seen) - _MOST_KNOWN, 0)]:
        del seen[key]
    return PartRead(items=tuple(changed), watermark={"seen": seen})


@source("feed", settings=FeedSettings)
class FeedSource:
    """Entries of feeds."""

    def __init__(self, settings: FeedSettings, *, courier: Courier | None = None) -> None:
        """Take the feeds; a courier of one's own for tests."""
        self._settings = settings
        self._courier = courier or Courier(settings)

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return entries that are new or were edited."""
        return await read_parts(context, self._settings.feeds, since, self._read, label=label_of("feed", context))

    async def _read(self, context: SourceContext, part: str, known: JsonObject) -> PartRead:
        """Read a feed; it is made for machines, so robots.txt, which is for pages, does not speak of it."""
        brought = await self._courier.bring(
            context,
            part,
            known=Known(etag=said(known, "etag"), modified=said(known, "modified")),
            obeys_robots=False,
        )
        if brought.is_unchanged:
            return PartRead(items=(), watermark=known)
        if brought.is_gone:
            raise NoDataError(
                _("{url!r} answered {status}: there is no such feed.").format(url=part, status=brought.status),
                hint=_("Check the address."),
            )
        items = await asyncio.to_thread(entries_of, brought.body, url=part)
        blob = await context.blobs.put(brought.body)
        had = news([_kept(item, blob) for item in items[: self._settings.most_entries]], known)
        return PartRead(
            items=had.items, watermark={**had.watermark, "etag": brought.etag, "modified": brought.modified}
        )

    async def probe(self, context: SourceContext) -> Health:
        """Read the first feed."""
        return await tried(self, context, next(iter(self._settings.feeds), ""))


def _kept(item: Item, blob: str) -> Item:
    return Item(
        key=item.key,
        kind=item.kind,
        title=item.title,
        text=item.text,
        at=item.at,
        url=item.url,
        fields=item.fields,
        blob=blob,
    )
