"""Sources that are read part by part: page by page, feed by feed; one that fails is named and the others are read.

With the option `plan` a source names its parts and reads nothing; with `part` it reads that one only, so that whoever
reads hundreds of them can do so in steps of their own.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.sources.addresses import read_address

MOST_CHARS = 20_000
"""Of the text of one thing; all of it stays in its snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRead:
    """What one part had."""

    items: tuple[Item, ...]
    watermark: JsonObject
    missing: tuple[Missing, ...] = ()


ReadPart: TypeAlias = Callable[[SourceContext, str, JsonObject], Awaitable[PartRead]]


class Readable(Protocol):
    """A source that can be tried."""

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Read it."""
        ...


def label_of(kind: str, context: SourceContext) -> Label:
    """Return the label of what a source brings: somebody else's words."""
    return Label(origin=Origin.WEB, source=f"{kind} {context.name}")


async def read_parts(
    context: SourceContext, parts: Sequence[str], since: JsonObject | None, read: ReadPart, *, label: Label
) -> Fetched:
    """Read the parts that are wanted.

    Raises:
        NoDataError: when there is nothing to read, or none of it could be.
    """
    if not parts:
        raise NoDataError(
            _("{source!r} has nothing to read.").format(source=context.name),
            hint=_("Name what it is to read under `sources.{source}`.").format(source=context.name),
        )
    if context.options.get("plan"):
        return Fetched(items=tuple(_planned(part) for part in parts), watermark=since or {}, label=label)
    if isinstance(part := context.options.get("part"), str):
        return await _one(context, part, parts, since, read, label=label)
    items: list[Item] = []
    missing: list[Missing] = []
    watermark: dict[str, Json] = dict(since or {})
    for part in parts:
        try:
            had = await read(context, part, _known(since, part))
        except NoDataError as error:
            missing.append(Missing(what=part, because=error.message, hint=error.hint))
            continue
        items += had.items
        missing += had.missing
        watermark[part] = had.watermark
    if len(missing) == len(parts) and not items:
        raise NoDataError(missing[0].because, hint=missing[0].hint)
    return Fetched(items=tuple(items), watermark=watermark, label=label, is_whole=since is None, missing=tuple(missing))


async def _one(
    context: SourceContext, part: str, parts: Sequence[str], since: JsonObject | None, read: ReadPart, *, label: Label
) -> Fetched:
    if part not in parts:
        raise NoDataError(
            _("{part!r} is not among what {source!r} reads.").format(part=part[:200], source=context.name),
            hint=_("Add it under `sources.{source}`.").format(source=context.name),
        )
    had = await read(context, part, since or {})
    return Fetched(items=had.items, watermark=had.watermark, label=label, is_whole=since is None, missing=had.missing)


def _planned(part: str) -> Item:
    address = read_address(part)
    return Item(key=part, kind="part", title=part, url=part, fields={"host": address.place if address else ""})


def _known(since: JsonObject | None, part: str) -> JsonObject:
    known = (since or {}).get(part)
    return known if isinstance(known, Mapping) else {}


def said(known: JsonObject, name: str) -> str:
    """Return a word of a watermark."""
    value = known.get(name)
    return value if isinstance(value, str) else ""


async def tried(source: Readable, context: SourceContext, first: str) -> Health:
    """Say whether the first part can be read."""
    options: JsonObject = {**context.options, "part": first} if first else context.options
    try:
        fetched = await source.fetch(
            SourceContext(
                name=context.name, door=context.door, blobs=context.blobs, clock=context.clock, options=options
            ),
            since=None,
        )
    except NoDataError as error:
        return Health(is_well=False, sentence=error.message, hint=error.hint)
    sentence = _("{part} was read: {count} things.").format(part=first or context.name, count=len(fetched.items))
    return Health(is_well=True, sentence=sentence)
