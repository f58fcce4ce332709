"""Places that are read again and again: a mailbox, a calendar, a feed. Each remembers how far it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import OperatorError
from homarus.domain.findings import Missing
from homarus.domain.labels import Label
from homarus.domain.ports import Blobs, Clock, Door, Health


class NoDataError(OperatorError):
    """There is nothing to work with: not configured, not reachable, or empty where it cannot be.

    It stops the step that needs it. A source that was read well and has nothing new is not this: it returns no items.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that a source has: a mail, an event, a page, a row."""

    key: str
    """The same for the same thing, whenever it is read."""
    kind: str
    """`mail`, `event`, `task`, `page`, `post`, `release`, `price`, `row`."""
    title: str
    text: str = ""
    """What can be read of it, cleaned; untrusted."""
    at: datetime | None = None
    url: str = ""
    fields: JsonObject = field(default_factory=dict[str, Json])
    """What is known in figures and names: from, to, price, currency, uid ..."""
    blob: str = ""
    """SHA-256 of it as it came, where that was kept."""
    is_gone: bool = False
    """Whether it was there before and is not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What is new at a source since the watermark."""

    items: tuple[Item, ...]
    watermark: JsonObject
    """How far it was read: UIDVALIDITY and MODSEQ, a sync-token, ETags. Kept only when the items were written down."""
    label: Label
    is_whole: bool = False
    """Whether everything was read, because there was no watermark or it did not hold any more (a new UIDVALIDITY).
    Nobody acts again on what an earlier reading had; keys tell."""
    missing: tuple[Missing, ...] = ()
    """Parts that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """What a source gets besides its settings."""

    name: str
    """As the owner calls it in the configuration: `work-mail`."""
    door: Door
    blobs: Blobs
    clock: Clock
    options: JsonObject = field(default_factory=dict[str, Json])
    """What the run wants of it: how many days back, how many items."""


class Source(Protocol):
    """A place to read from; built with its settings, by `@source("imap", settings=ImapSettings)`."""

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return what is new since a watermark; everything within the options when there is none.

        Raises:
            NoDataError: when it cannot be read at all, with what would help.
        """
        ...

    async def probe(self, context: SourceContext) -> Health:
        """Say whether it can be read, without changing anything there."""
        ...


class Sources(Protocol):
    """The sources that the owner configured, by name."""

    def names(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of the sources of these kinds, of all when none is named."""
        ...

    def kind_of(self, name: str) -> str:
        """Return the kind of a source.

        Raises:
            NotFoundError: when no source has this name; the hint names those that exist.
        """
        ...

    def settings_of(self, name: str) -> object:
        """Return the settings of a source, an instance of its `Settings`.

        Raises:
            NotFoundError: when no source has this name.
        """
        ...

    async def fetch(self, name: str, *, since: JsonObject | None, options: JsonObject) -> Fetched:
        """Read a source.

        Raises:
            NotFoundError: when no source has this name.
            NoDataError: when it cannot be read.
        """
        ...

    async def probe(self, name: str) -> Health:
        """Say how a source is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How far a source was read and how it is; liveness is the last time that reading it worked."""

    name: str
    watermark: JsonObject | None = None
    last_ok: datetime | None = None
    last_error: str = ""
    failed_since: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
