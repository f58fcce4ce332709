"""Who said a piece of text, and where it may go: labels that travel with every part of a context."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Self


class Origin(StrEnum):
    """Who said it."""

    OWNER = "owner"
    """Typed by the owner on a paired face; the only words that count as an order."""
    HOUSE = "house"
    """Written by homarus itself: the system prompt, a notice."""
    ALLOWED = "allowed"
    """A sender whom the owner allowed, who is not the owner."""
    MODEL = "model"
    FILE = "file"
    """A pipe, `--file`, an attachment, a file of the workspace."""
    TOOL = "tool"
    WEB = "web"
    JOB = "job"


class Reach(IntEnum):
    """Where it may go; the smaller the number, the stricter."""

    LOCAL_ONLY = 0
    REGION = 1
    ANYWHERE = 2


_TRUSTED = frozenset({Origin.OWNER, Origin.HOUSE})
_CLEAN = _TRUSTED | {Origin.MODEL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Where a piece of text came from and where it may go."""

    origin: Origin
    source: str = ""
    """The place in words: `web.fetch https://example.org`, `file notes.txt`."""
    reach: Reach = Reach.ANYWHERE
    region: str | None = None

    @property
    def is_trusted(self) -> bool:
        """Whether these words may steer what the agent does."""
        return self.origin in _TRUSTED

    @property
    def is_clean(self) -> bool:
        """Whether a context that reads these words is as free as before.

        The model's own words are as clean as what it read, and everything it read has a label of its own.
        """
        return self.origin in _CLEAN


OWNER = Label(origin=Origin.OWNER)
HOUSE = Label(origin=Origin.HOUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far something may go: a reach, and with `REGION` which one."""

    reach: Reach = Reach.ANYWHERE
    region: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `local-only`, `region:eu` or `anywhere`, as the configuration has it.

        Raises:
            ValueError: when it is none of these.
        """
        word = text.strip().lower()
        if word in _WORDS:
            return cls(reach=_WORDS[word])
        head, colon, region = word.partition(":")
        if head != "region" or not colon or not region.strip():
            raise ValueError(text)
        return cls(reach=Reach.REGION, region=region.strip())

    @classmethod
    def of(cls, labels: Iterable[Label]) -> Self:
        """Return how far a context made of these labels may go: as far as its most private part."""
        return cls().narrowed(*(cls(reach=label.reach, region=label.region) for label in labels))

    def narrowed(self, *others: "Bounds") -> Self:
        """Return what all of them allow; two regions have nothing in common but what stays at home."""
        parts = (self, *others)
        reach = min(part.reach for part in parts)
        regions = {part.region for part in parts if part.reach is Reach.REGION}
        if reach is Reach.REGION and (len(regions) > 1 or None in regions):
            reach = Reach.LOCAL_ONLY
        return replace(self, reach=reach, region=next(iter(regions)) if reach is Reach.REGION else None)

    def allow(self, *, is_local: bool, region: str | None) -> bool:
        """Say whether something may go to a place; a place of which nobody said where it is, is in no region."""
        if is_local or self.reach is Reach.ANYWHERE:
            return True
        return self.reach is Reach.REGION and self.region is not None and region == self.region

    def __str__(self) -> str:
        """Return it as the configuration has it."""
        if self.reach is Reach.REGION:
            return f"region:{self.region}"
        return next(word for word, reach in _WORDS.items() if reach is self.reach)


_WORDS = {"local-only": Reach.LOCAL_ONLY, "anywhere": Reach.ANYWHERE}


def strictest_reach(labels: Iterable[Label]) -> Reach:
    """Return how far a context made of these labels may go: as far as its most private part."""
    return min((label.reach for label in labels), default=Reach.ANYWHERE)


def least_trusted(labels: Iterable[Label]) -> Label:
    """Return the label to give to a text made of pieces with these labels: the first of the least trusted kind.

    It may go as far as the most private piece; nothing at all is the house's.
    """
    pieces = tuple(labels)
    worst = min(pieces, key=lambda label: (label.is_clean, label.is_trusted), default=HOUSE)
    private = min(pieces, key=lambda label: label.reach, default=worst)
    return replace(worst, reach=private.reach, region=private.region)
