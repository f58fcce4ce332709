"""Collect: plan what there is to read, read it part by part, keep each text by its hash, compare it with last night.

Nothing that was read is held: of a text only its hash and what is needed to choose among texts stay in memory.
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label
from homarus.domain.playbooks import House
from homarus.domain.sources import Fetched, Item, NoDataError
from homarus.playbooks.research.likeness import Print, print_of
from homarus.playbooks.research.records import Change, Compared, Record, Rule, change_from, compare, record_from
from homarus.playbooks.research.settings import ResearchSettings

KINDS = ("web", "prices", "feed", "github", "forum", "search", "files")
"""Kinds of sources that research reads, in the order in which it does."""
_TEXTS = frozenset({"page", "post", "mention", "issue", "release", "file", "commit"})
PART = "part"
TOLD = "told"
"""Kinds of what is remembered: the records of each part, and which runs were reported."""
_ODD = (ValueError, LookupError, ArithmeticError, OSError)
"""What a source of somebody else's may stumble over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing to read: a page, a feed, a repository, a query."""

    source: str
    kind: str
    name: str
    """As the source calls it: its address, `owner/name`, the words of a query."""
    queue: str
    """Parts of one queue are read one after the other."""
    is_extra: bool = False
    """Whether it is a query of this run only."""

    @property
    def key(self) -> str:
        """What it is called in steps and in memory."""
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:10]
        return f"{self.source}:{digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """A text that is new or changed, kept by its hash."""

    sha256: str
    kind: str
    title: str
    url: str
    source: str
    label: Label
    mark: Print
    score: int
    """How much it speaks of what the owner asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRead:
    """What one part gave."""

    part: Part
    docs: tuple[Doc, ...] = ()
    changes: tuple[Change, ...] = ()
    earlier: tuple[Change, ...] = ()
    """Changes that an earlier run found and could not report."""
    results: tuple[Item, ...] = ()
    """Of a search."""
    records: int = 0
    unchanged: int = 0
    is_first: bool = False
    missing: tuple[Missing, ...] = ()
    error: str = ""
    hint: str = ""


class Reader(Protocol):
    """Where parts come from: the owner's sources, or a sample."""

    @property
    def at(self) -> datetime:
        """The time that the night is for."""
        ...

    async def parts(self) -> Sequence[Part]:
        """Return what there is to read."""
        ...

    async def fetch(self, part: Part) -> Fetched:
        """Read a part, durably.

        Raises:
            NoDataError: when it cannot be read.
        """
        ...

    async def passed(self) -> None:
        """Note that the night is over."""
        ...


class HouseReader:
    """Reads the owner's sources."""

    def __init__(self, house: House[ResearchSettings]) -> None:
        """Take the house."""
        self._house = house

    @property
    def at(self) -> datetime:
        """The time that the run is for."""
        return self._house.began_at

    async def passed(self) -> None:
        """Have nothing to note: watermarks moved with each part."""

    async def parts(self) -> Sequence[Part]:
        """Ask each source for its parts; nothing is fetched for that."""
        house, wanted = self._house, self._house.settings.sources
        found: list[Part] = []
        for kind in KINDS:
            for name in house.sources(kind):
                if not wanted or name in wanted:
                    found += await self._of(name, kind)
        return found

    async def _of(self, name: str, kind: str) -> list[Part]:
        more = self._house.settings.queries if kind == "search" else ()
        try:
            planned = await self._house.source(f"plan:{name}", name, plan=True, more=list(more))
        except NoDataError as error:
            self._house.miss(Missing(what=name, because=error.message, hint=error.hint))
            return []
        return [
            Part(
                source=name,
                kind=kind,
                name=item.key,
                queue=str(item.fields.get("host") or name),
                is_extra=item.key in more,
            )
            for item in planned.items
            if item.kind == "part"
        ]

    async def fetch(self, part: Part) -> Fetched:
        """Read a part as a step of its own."""
        more: list[Json] = [part.name] if part.is_extra else []
        return await self._house.source(f"read:{part.key}", part.source, part=part.name, more=more)


@dataclass(slots=True, kw_only=True)
class Collecting:
    """One night's collection."""

    house: House[ResearchSettings]
    reader: Reader
    rule: Rule
    at: datetime
    words: frozenset[str]
    """Of the owner's questions and keywords."""
    known: Mapping[str, JsonObject]
    """What was remembered of each part."""
    told: Collection[str]
    """Runs whose changes the owner was told."""
    read: list[PartRead] = field(default_factory=list[PartRead])
    on_part: Callable[[], None] = lambda: None

    async def all(self, parts: Sequence[Part]) -> None:
        """Read all parts: queues side by side, the parts of a queue one after the other."""
        queues: dict[str, list[Part]] = {}
        for part in parts:
            queues.setdefault(part.queue, []).append(part)
        total = len(parts)
        branches: list[Callable[[], Awaitable[None]]] = [
            partial(self._queue, queue, total) for queue in queues.values()
        ]
        for result in await self.house.parallel(branches, at_once=self.house.settings.at_once):
            if isinstance(result, Exception):
                raise result
        order = {part.key: number for number, part in enumerate(parts)}
        self.read.sort(key=lambda one: order[one.part.key])

    async def _queue(self, parts: Sequence[Part], total: int) -> None:
        for part in parts:
            self.read.append(await self._part(part))
            self.on_part()
            await self.house.say(part.name, done=len(self.read), total=total)

    async def _part(self, part: Part) -> PartRead:
        known = self.known.get(part.key, {})
        earlier = self._earlier(known)
        try:
            fetched = await self.reader.fetch(part)
        except NoDataError as error:
            await self._carry(part, known, earlier)
            return PartRead(part=part, error=error.message, hint=error.hint, earlier=earlier)
        except _ODD as error:
            await self._carry(part, known, earlier)
            because = f"{type(error).__name__}: {error}"
            return PartRead(part=part, error=because, hint=_("It is tried again the next time."), earlier=earlier)
        return await self._compared(part, known, earlier, fetched)

    async def _compared(self, part: Part, known: JsonObject, earlier: tuple[Change, ...], fetched: Fetched) -> PartRead:
        items = [item for item in fetched.items if item.kind not in {"result", "part"}]
        before = _before(known)
        compared = compare(before, items, self.rule, at=self.at, source=part.source)
        if fetched.items or before is None:
            await self._remember(part, compared, [*earlier, *compared.changes])
        else:
            await self._carry(part, known, earlier)
        return PartRead(
            part=part,
            docs=tuple([await self._doc(item, part, fetched.label) for item in _texts(items, compared, part.kind)]),
            changes=compared.changes,
            earlier=earlier,
            results=tuple(item for item in fetched.items if item.kind == "result"),
            records=len(compared.records),
            unchanged=compared.unchanged,
            is_first=before is None,
            missing=fetched.missing,
        )

    async def _doc(self, item: Item, part: Part, label: Label) -> Doc:
        text = item.text if item.title in item.text[:1_000] else f"{item.title}\n\n{item.text}"
        snapshot = await self.house.keep(text.encode(), url=item.url or item.key, title=item.title, label=label)
        said = text.casefold()
        return Doc(
            sha256=snapshot.sha256,
            kind=item.kind,
            title=item.title,
            url=item.url or item.key,
            source=part.source,
            label=label,
            mark=print_of(text),
            score=sum(word in said for word in self.words),
        )

    def _earlier(self, known: JsonObject) -> tuple[Change, ...]:
        waiting = known.get("unreported")
        if known.get("run") in self.told or not isinstance(waiting, list | tuple):
            return ()
        return tuple(change_from(one) for one in waiting if isinstance(one, Mapping))

    async def _remember(self, part: Part, compared: Compared, changes: Sequence[Change]) -> None:
        """Keep the records at once: the source will not say again tomorrow what it said now."""
        body: JsonObject = {
            "run": self.house.run_id,
            "records": [record.as_json() for record in compared.records],
            "unreported": [change.as_json() for change in changes],
        }
        await self.house.remember(PART, part.key, body)

    async def _carry(self, part: Part, known: JsonObject, earlier: Sequence[Change]) -> None:
        """Let changes that were never reported count as this run's."""
        if earlier:
            await self.house.remember(PART, part.key, {**known, "run": self.house.run_id})


def _before(known: JsonObject) -> list[Record] | None:
    records = known.get("records")
    if not isinstance(records, list | tuple):
        return None
    return [record_from(one) for one in records if isinstance(one, Mapping)]


def _texts(items: Sequence[Item], compared: Compared, kind: str) -> list[Item]:
    """Return what somebody should read: what is new, and what changed enough; of price lists only prices matter."""
    if kind == "prices":
        return []
    small = {change.key for change in compared.changes if not change.is_significant and change.what == "text"}
    changed = {change.key for change in compared.changes} - small
    return [item for item in items if item.kind in _TEXTS and item.text.strip() and item.key in changed]
