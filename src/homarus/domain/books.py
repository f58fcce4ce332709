"""Where runs keep what they found and did: facts, snapshots, effects, how far sources were read, standing rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import ActionItem, Artifact, Claim, Effect, EffectState, Fact, Snapshot
from homarus.domain.sources import SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact in the ledger of a run, and the step in which it was stated."""

    fact: Fact
    step: str = ""
    """Empty when it was stated between steps."""


class Findings(Protocol):
    """What runs found."""

    async def put_facts(self, run: str, entries: Sequence[Entry]) -> None:
        """Write facts down; one whose id the run has already is left as it is."""
        ...

    async def facts(self, run: str) -> tuple[Entry, ...]:
        """Return the facts of a run, in the order of their numbers."""
        ...

    async def put_claims(self, run: str, step: str, claims: Sequence[Claim]) -> None:
        """Write down what became of the sentences of a step, in place of what an earlier try had."""
        ...

    async def claims(self, run: str) -> tuple[Claim, ...]:
        """Return the sentences of a run, in their order."""
        ...

    async def put_snapshot(self, run: str, snapshot: Snapshot) -> Snapshot:
        """Write down that a run read something; return it as it was first read in that run."""
        ...

    async def snapshots(self, run: str) -> tuple[Snapshot, ...]:
        """Return what a run read, in its order."""
        ...

    async def snapshot(self, sha256: str) -> Snapshot | None:
        """Return what is known of some bytes, whichever run read them last."""
        ...

    async def put_artifact(self, run: str, artifact: Artifact) -> None:
        """Write down what a run made; the same name again takes its place."""
        ...

    async def artifacts(self, run: str) -> tuple[Artifact, ...]:
        """Return what a run made, in its order."""
        ...


class Outgoing(Protocol):
    """What is on its way to somewhere else, each thing once."""

    async def draft(self, effect: Effect) -> Effect:
        """Write an effect down, or return the one that has its idempotency key already."""
        ...

    async def move(self, effect: Effect, *, was: EffectState) -> Effect:
        """Write an effect down as it is now, if it still is in the state `was`; else return it as it is."""
        ...

    async def effect(self, effect_id: str) -> Effect | None:
        """Return an effect."""
        ...

    async def effects(
        self, *, run: str = "", states: Sequence[EffectState] = (), limit: int = 200
    ) -> tuple[Effect, ...]:
        """Return effects, the newest change first."""
        ...

    async def approve(self, effect: Effect, *, allowance: "Allowance") -> bool:
        """Move a draft to `approved`, if what was approved that day under the same name leaves room for it.

        Counted in the same transaction are effects of that day that are approved, on their way, sent or unknown.
        """
        ...

    async def used(self, approval: str, *, day: date) -> int:
        """Return how many effects this approval or rule let go on a day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much may still happen on a day."""

    day: date
    """In the owner's zone."""
    per_day: int | None = None
    """How many effects under the same approval; `None` sets no limit."""
    usd_per_day: float | None = None
    """What all effects may cost together."""


class Readings(Protocol):
    """How far sources were read, by each playbook for itself."""

    async def watermark(self, playbook: str, source: str) -> JsonObject | None:
        """Return how far a playbook has read a source."""
        ...

    async def advance(
        self, playbook: str, source: str, *, was: JsonObject | None, now: JsonObject, at: datetime
    ) -> bool:
        """Move a watermark, if it still is where it was when the source was asked; tell whether it moved."""
        ...

    async def give_back(self, playbook: str, source: str, *, was: JsonObject | None, now: JsonObject) -> bool:
        """Put a watermark back to where it was, because the run that moved it failed; only if it still is there."""
        ...

    async def state(self, source: str) -> SourceState:
        """Return how a source is; of one that was never read, nothing is known."""
        ...

    async def put_state(self, state: SourceState) -> None:
        """Write down how a source is."""
        ...


class Notebook(Protocol):
    """What a playbook's runs leave for its later runs."""

    async def put(self, playbook: str, kind: str, key: str, body: JsonObject) -> None:
        """Write something down, in place of what was there."""
        ...

    async def drop(self, playbook: str, kind: str, key: str) -> bool:
        """Forget something; tell whether it was there."""
        ...

    async def all(self, playbook: str, kind: str) -> Mapping[str, JsonObject]:
        """Return everything of a kind, in the order of the keys."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRule:
    """What may be done unasked while nobody looks, because the owner signed it."""

    rule_id: str
    tool: str
    """`mail.send`: no other tool."""
    recipients: tuple[str, ...] = ()
    """Every recipient of a call must be one of these; `*@example.org` stands for a domain. None: nobody."""
    template: JsonObject = field(default_factory=dict[str, Json])
    """By argument: what it must be, `*` within it for words of the playbook's own; arguments that are not named here
    and name no recipient must be absent."""
    per_day: int = 1
    """How often a day, in the owner's zone."""
    until: datetime | None = None
    playbook: str = ""
    """Only of this playbook; empty for all."""
    words: str = ""
    """The owner's own name for it."""
    made_at: datetime
    signed_at: datetime | None = None
    """Until then it covers nothing."""
    signature: str = ""
    """SHA-256 of exactly what was signed; a rule that was changed since covers nothing."""
    revoked_at: datetime | None = None


class Rules(Protocol):
    """The standing rules of the owner."""

    async def put(self, rule: StandingRule) -> None:
        """Write a rule down, in place of what had its id."""
        ...

    async def rule(self, rule_id: str) -> StandingRule | None:
        """Return a rule."""
        ...

    async def rules(self) -> tuple[StandingRule, ...]:
        """Return all rules, the oldest first, revoked ones too."""
        ...


class Items(Protocol):
    """What the owner may want to do, over days."""

    async def see(self, run: str, item: ActionItem, *, at: datetime) -> ActionItem:
        """Write an item down; one whose key is known keeps when it was first seen and whether it is done."""
        ...

    async def tick(self, key: str, *, is_done: bool, at: datetime) -> ActionItem | None:
        """Note whether an item is done, and return it; `None` when there is no such item."""
        ...

    async def item(self, key: str) -> ActionItem | None:
        """Return an item."""
        ...

    async def done(self) -> tuple[str, ...]:
        """Return the keys of what is done."""
        ...

    async def open_items(self, *, limit: int = 100) -> tuple[ActionItem, ...]:
        """Return what is not done, highest score first."""
        ...


class Books(Protocol):
    """All books of the house."""

    @property
    def findings(self) -> Findings:
        """What runs found."""
        ...

    @property
    def outgoing(self) -> Outgoing:
        """What is on its way."""
        ...

    @property
    def readings(self) -> Readings:
        """How far sources were read."""
        ...

    @property
    def notebook(self) -> Notebook:
        """What runs leave for later ones."""
        ...

    @property
    def rules(self) -> Rules:
        """The owner's standing rules."""
        ...

    @property
    def items(self) -> Items:
        """What the owner may want to do."""
        ...
