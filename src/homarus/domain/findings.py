"""What a run knows and may say: facts with their origin, claims that stand on them, and what is handed over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from homarus.domain.content import Json, JsonObject
from homarus.domain.labels import HOUSE, Label

FactValue: TypeAlias = int | float | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Where a value comes from."""

    how: str = ""
    """The query that gave it, or the exact words that say it."""
    source: str = ""
    """Which source or file, in words."""
    snapshot: str = ""
    """SHA-256 of the text or table that it was read from."""
    span: tuple[int, int] | None = None
    """Where `how` stands in the snapshot, in characters."""
    low: float | None = None
    """Of an estimate: its interval."""
    high: float | None = None
    rows: int | None = None
    """How many rows went into it."""
    label: Label = HOUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A value that a run may print, and where it comes from. Figures in prose name one, or the sentence is rejected."""

    fact_id: str
    """`f12`: short, so that small models can copy it; unique in its run."""
    name: str
    """`revenue_2026_10`, `subject of mail 4711`."""
    value: FactValue
    unit: str = ""
    """`EUR`, `%`, `mails`; empty for plain counts and words."""
    grounds: Grounds = Grounds()


class ClaimState(StrEnum):
    """What became of a sentence."""

    SUPPORTED = "supported"
    REJECTED = "rejected"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence and what it stands on."""

    claim_id: str
    text: str
    support: tuple[str, ...] = ()
    """Fact ids."""
    state: ClaimState = ClaimState.UNVERIFIED
    because: str = ""
    """Of a rejected one: the figure or the quote that nothing supports."""
    by: str = ""
    """Which role said it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Something as it was when it was read; the same bytes are one snapshot."""

    sha256: str
    url: str
    """An address, a path, or `imap:<account>/<uid>`."""
    fetched_at: datetime
    title: str = ""
    etag: str = ""
    text_sha256: str = ""
    """Of the readable text, kept as a blob of its own."""
    size_bytes: int = 0
    label: Label = HOUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Something that a run made, kept by its hash."""

    name: str
    """`report.md`, `changes.csv`, `map.svg`."""
    sha256: str
    media_type: str
    size_bytes: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """Something that the owner may want to do, with the evidence for it."""

    key: str
    """The same over days for the same matter, so that it is not listed anew."""
    title: str
    because: str
    evidence: tuple[str, ...] = ()
    """Fact ids."""
    owner: str = ""
    due: str = ""
    """ISO date or time, empty when nobody said one."""
    urgency: int = 1
    """1 to 5."""
    impact: int = 1
    effort: int = 1
    first_seen: datetime | None = None
    is_done: bool = False
    link: str = ""

    @property
    def score(self) -> float:
        """Urgency times impact by effort: what comes first, shown openly."""
        return self.urgency * self.impact / max(self.effort, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What could not be read or done, and what would help; never the same as nothing."""

    what: str
    because: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a playbook hands over."""

    title: str
    summary: str
    """One sentence, for lists and messages."""
    text: str
    """Markdown; every figure in it has been checked against the facts."""
    message: str = ""
    """What is sent to a phone: a screen at most; without one, the summary and the action items."""
    actions: tuple[ActionItem, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    missing: tuple[Missing, ...] = ()
    tiles: Mapping[str, str] = field(default_factory=dict[str, str])
    """Figures for the home page, by what they count."""
    is_partial: bool = False
    is_degraded: bool = False
    """Whether no model good enough could be asked, so that texts are templates and quotations."""
    facts_used: int = 0
    rejected: int = 0
    """How many sentences were left out because nothing supported them."""
    fields: JsonObject = field(default_factory=dict[str, Json])
    """For the playbook's own view, as the map of a board."""


class EffectState(StrEnum):
    """Where something that happens elsewhere is on its way."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    """It surely did not happen."""
    UNKNOWN = "unknown"
    """It may have happened. It leaves this state by looking at the other side, or by a person; never by sending."""
    REFUSED = "refused"


class Level(StrEnum):
    """How much a person must say to it beforehand."""

    READ = "read"
    SELF = "self"
    """It writes to the owner's own place: a draft, a file, a message to the owner."""
    OTHERS = "others"
    """Somebody else sees it: it asks, unless a standing rule that the owner signed covers it."""
    MONEY = "money"
    """It costs or moves money: it asks, within limits that only a person sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something that happens elsewhere, once."""

    effect_id: str
    idempotency_key: str
    """Unique: the same effect is the same row, however often the house goes down."""
    run: str
    kind: str
    """The tool that does it: `mail.send`, `social.post`."""
    target: str
    """Who or what it reaches, as a person reads it."""
    payload_sha256: str
    """Of exactly what is sent; an approval is bound to it, and changing a draft voids it."""
    payload: JsonObject
    level: Level
    state: EffectState
    cost_usd: float = 0.0
    approval: str = ""
    """Which approval or standing rule let it happen."""
    remote_id: str = ""
    because: str = ""
    changed_at: datetime | None = None
