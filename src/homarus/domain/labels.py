"""Who said a piece of text, and where it may go: labels that travel with every part of a context."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum


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
