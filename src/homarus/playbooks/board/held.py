"""What the board works with: opinions with checked claims, who is absent, what became of a claim."""

from dataclasses import dataclass, field
from enum import StrEnum

from homarus.playbooks.board.evidence.stated import Stated


class Standing(StrEnum):
    """How an expert stands to a claim."""

    CLAIMS = "claims"
    """It said so itself."""
    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNADDRESSED = "unaddressed"
    WITHDREW = "withdrew"
    """It said so, and took it back when it was contradicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence that went through the check, and who says it."""

    text: str
    fact_ids: tuple[str, ...]
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What an expert recommends, checked."""

    title: str
    first_step: str
    owner: str
    impact: int
    effort: int
    review_in_weeks: int
    metric: str = ""
    """The fact id; empty when it named none that can be asked again."""
    expect: str = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An expert's opinion as it went through the check."""

    expert: str
    model: str
    claims: tuple[Claim, ...]
    advice: Advice | None
    confidence: float
    assumptions: tuple[str, ...] = ()
    mind: str = ""
    """What would change it."""
    rejected: int = 0
    """How many of its sentences nothing supported."""
    tokens: int = 0
    asked: tuple[Stated, ...] = ()
    """Facts that it asked for in SQL."""
    refused: tuple[str, ...] = ()
    """Its queries that did not run, with why."""

    @property
    def facts_used(self) -> frozenset[str]:
        """The facts that its claims stand on."""
        return frozenset(fact_id for claim in self.claims for fact_id in claim.fact_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """An expert without an opinion, and why."""

    expert: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What somebody holds against a claim."""

    expert: str
    because: str


@dataclass(slots=True, kw_only=True)
class Cluster:
    """A claim, whoever made it, with everybody's standing to it."""

    key: str
    """`C3`"""
    text: str
    fact_ids: tuple[str, ...]
    standings: dict[str, Standing] = field(default_factory=dict[str, Standing])
    objections: list[Objection] = field(default_factory=list[Objection])
    answers: dict[str, str] = field(default_factory=dict[str, str])
    """What its authors answered to the objections."""

    def by(self, *standings: Standing) -> list[str]:
        """Return who stands so to it."""
        return [expert for expert, standing in self.standings.items() if standing in standings]

    @property
    def is_disputed(self) -> bool:
        """Whether somebody disagrees."""
        return bool(self.by(Standing.DISAGREES))
