"""Everything that a briefing says, before it is put into words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from homarus.domain.findings import ActionItem
from homarus.playbooks.briefing.campaigns import Week
from homarus.playbooks.briefing.days import Days
from homarus.playbooks.briefing.gathered import Gathered
from homarus.playbooks.briefing.triage import Kind, Sorting
from homarus.playbooks.briefing.waiting import Awaited, Newsletter, Unpaid
from homarus.tools.posting import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A draft that was made."""

    key: str
    """Of the mail that it answers."""
    to: str
    subject: str
    text: str
    state: str
    """`sent` when it lies in the drafts folder, `draft` when it is only shown."""
    by: str = ""
    """The model that wrote it; a template when empty."""
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """What is to be told."""

    gathered: Gathered
    written_at: datetime
    sorted: tuple[Sorting, ...]
    days: Days
    weeks: tuple[Week, ...]
    clicks: Mapping[str, float]
    """Through the owner's own links in the last seven days, by where they came from."""
    awaited: tuple[Awaited, ...]
    unpaid: tuple[Unpaid, ...]
    newsletters: tuple[Newsletter, ...]
    posts: tuple[Post, ...]
    actions: tuple[ActionItem, ...] = ()
    drafts: tuple[Saved, ...] = ()
    late: str = ""
    is_degraded: bool = False

    @property
    def now(self) -> datetime:
        """For when it is."""
        return self.gathered.now

    def of(self, *kinds: Kind) -> tuple[Sorting, ...]:
        """Return the mails of these kinds, the most urgent first, then the newest."""
        chosen = [one for one in self.sorted if one.kind in kinds]
        return tuple(sorted(chosen, key=lambda one: (-one.features.points, _newest_first(one))))

    @property
    def suspicious(self) -> tuple[Sorting, ...]:
        """Mails that speak to machines."""
        return tuple(one for one in self.sorted if one.features.orders)


def _newest_first(one: Sorting) -> float:
    return -(one.letter.at.timestamp() if one.letter.at else 0.0)


def counted(mails: Sequence[Sorting]) -> dict[str, int]:
    """Return how many mails are of each kind."""
    return {kind.value: sum(one.kind is kind for one in mails) for kind in Kind}
