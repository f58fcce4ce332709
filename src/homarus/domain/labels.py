"""Who said a piece of text, and where it may go: labels that travel with every part of a context."""

from collections.abc import Iterable
from dataclasses import dataclass
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


OWNER = Label(origin=Origin.OWNER)
HOUSE = Label(origin=Origin.HOUSE)


def strictest_reach(labels: Iterable[Label]) -> Reach:
    """Return how far a context made of these labels may go: as far as its most private part."""
    return min((label.reach for label in labels), default=Reach.ANYWHERE)
