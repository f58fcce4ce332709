"""The books of the house, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from homarus.domain import codec
from homarus.domain.books import Allowance, Entry, StandingRule
from homarus.domain.content import JsonObject
from homarus.domain.findings import ActionItem, Artifact, Claim, Effect, EffectState, Snapshot
from homarus.domain.sources import SourceState

COUNTED = (EffectState.APPROVED, EffectState.SENDING, EffectState.SENT, EffectState.UNKNOWN)


class FakeFindings:
    """A `domain.books.Findings` in dictionaries."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self._facts: dict[str, dict[str, Entry]] = {}
        self._claims: dict[str, dict[str, tuple[Claim, ...]]] = {}
        self._snapshots: dict[str, dict[str, Snapshot]] = {}
        self._artifacts: dict[str, dict[str, Artifact]] = {}

    async def put_facts(self, run: str, entries: Sequence[Entry]) -> None:
        """Keep facts, each id once."""
        for entry in entries:
            self._facts.setdefault(run, {}).setdefault(entry.fact.fact_id, entry)

    async def facts(self, run: str) -> tuple[Entry, ...]:
        """Return the facts of a run."""
        return tuple(sorted(self._facts.get(run, {}).values(), key=lambda entry: int(entry.fact.fact_id[1:])))

    async def put_claims(self, run: str, step: str, claims: Sequence[Claim]) -> None:
        """Keep the sentences of a step."""
        self._claims.setdefault(run, {})[step] = tuple(claims)

    async def claims(self, run: str) -> tuple[Claim, ...]:
        """Return the sentences of a run."""
        return tuple(claim for step in self._claims.get(run, {}).values() for claim in step)

    async def put_snapshot(self, run: str, snapshot: Snapshot) -> Snapshot:
        """Keep a snapshot; the first of a run counts."""
        return self._snapshots.setdefault(run, {}).setdefault(f"{snapshot.sha256} {snapshot.url}", snapshot)

    async def snapshots(self, run: str) -> tuple[Snapshot, ...]:
        """Return what a run read."""
        return tuple(self._snapshots.get(run, {}).values())

    async def snapshot(self, sha256: str) -> Snapshot | None:
        """Return what is known of some bytes."""
        found = [one for run in self._snapshots.values() for one in run.values() if one.sha256 == sha256]
        return max(found, key=lambda one: one.fetched_at, default=None)

    async def put_artifact(self, run: str, artifact: Artifact) -> None:
        """Keep an artifact by its name."""
        self._artifacts.setdefault(run, {})[artifact.name] = artifact

    async def artifacts(self, run: str) -> tuple[Artifact, ...]:
        """Return what a run made."""
        return tuple(self._artifacts.get(run, {}).values())


class FakeOutgoing:
    """A `domain.books.Outgoing` in a dictionary."""

    def __init__(self) -> None:
        """Begin with nothing on its way."""
        self._effects: dict[str, Effect] = {}
        self._days: dict[str, date] = {}

    async def draft(self, effect: Effect) -> Effect:
        """Keep an effect, or return the one that has its key."""
        return self._effects.setdefault(effect.idempotency_key, effect)

    async def move(self, effect: Effect, *, was: EffectState) -> Effect:
        """Change an effect that is where it is thought to be."""
        known = self._effects[effect.idempotency_key]
        if known.state is was:
            self._effects[effect.idempotency_key] = effect
        return self._effects[effect.idempotency_key]

    async def effect(self, effect_id: str) -> Effect | None:
        """Return an effect."""
        return next((one for one in self._effects.values() if one.effect_id == effect_id), None)

    async def effects(
        self, *, run: str = "", states: Sequence[EffectState] = (), limit: int = 200
    ) -> tuple[Effect, ...]:
        """Return effects, the newest change first."""
        found = [
            one for one in self._effects.values() if (not run or one.run == run) and (not states or one.state in states)
        ]
        found.sort(key=lambda one: one.changed_at.timestamp() if one.changed_at else 0.0, reverse=True)
        return tuple(found[:limit])

    async def approve(self, effect: Effect, *, allowance: Allowance) -> bool:
        """Approve a draft within the day's limits."""
        known = self._effects[effect.idempotency_key]
        count = await self.used(effect.approval, day=allowance.day)
        cost = sum(
            one.cost_usd
            for key, one in self._effects.items()
            if self._days.get(key) == allowance.day and one.state in COUNTED
        )
        has_room = allowance.per_day is None or count < allowance.per_day
        is_paid = allowance.usd_per_day is None or cost + effect.cost_usd <= allowance.usd_per_day + 1e-9
        if known.state is not EffectState.DRAFT or not (has_room and is_paid):
            return False
        self._effects[effect.idempotency_key] = effect
        self._days[effect.idempotency_key] = allowance.day
        return True

    async def used(self, approval: str, *, day: date) -> int:
        """Count what an approval let go on a day."""
        return sum(
            one.approval == approval and self._days.get(key) == day and one.state in COUNTED
            for key, one in self._effects.items()
        )


class FakeReadings:
    """A `domain.books.Readings` in dictionaries."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._watermarks: dict[tuple[str, str], JsonObject] = {}
        self._states: dict[str, SourceState] = {}

    async def watermark(self, playbook: str, source: str) -> JsonObject | None:
        """Return how far a playbook has read."""
        return self._watermarks.get((playbook, source))

    async def advance(
        self, playbook: str, source: str, *, was: JsonObject | None, now: JsonObject, at: datetime
    ) -> bool:
        """Move a watermark that is where it was."""
        del at
        if self._watermarks.get((playbook, source)) != was:
            return False
        self._watermarks[playbook, source] = now
        return True

    async def give_back(self, playbook: str, source: str, *, was: JsonObject | None, now: JsonObject) -> bool:
        """Put a watermark back that is where a run moved it."""
        if self._watermarks.get((playbook, source)) != now:
            return False
        if was is None:
            del self._watermarks[playbook, source]
        else:
            self._watermarks[playbook, source] = was
        return True

    async def state(self, source: str) -> SourceState:
        """Return how a source is."""
        return self._states.get(source, SourceState(name=source))

    async def put_state(self, state: SourceState) -> None:
        """Keep how a source is."""
        self._states[state.name] = state


class FakeNotebook:
    """A `domain.books.Notebook` in a dictionary."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        self._notes: dict[tuple[str, str, str], JsonObject] = {}

    async def put(self, playbook: str, kind: str, key: str, body: JsonObject) -> None:
        """Keep a note."""
        self._notes[playbook, kind, key] = codec.load(dict, dict(body))

    async def drop(self, playbook: str, kind: str, key: str) -> bool:
        """Forget a note."""
        return self._notes.pop((playbook, kind, key), None) is not None

    async def all(self, playbook: str, kind: str) -> Mapping[str, JsonObject]:
        """Return the notes of a kind."""
        return {
            key: body for (book, which, key), body in sorted(self._notes.items()) if (book, which) == (playbook, kind)
        }


class FakeRules:
    """A `domain.books.Rules` in a dictionary."""

    def __init__(self) -> None:
        """Begin with no rule."""
        self._rules: dict[str, StandingRule] = {}

    async def put(self, rule: StandingRule) -> None:
        """Keep a rule."""
        self._rules[rule.rule_id] = rule

    async def rule(self, rule_id: str) -> StandingRule | None:
        """Return a rule."""
        return self._rules.get(rule_id)

    async def rules(self) -> tuple[StandingRule, ...]:
        """Return all rules."""
        return tuple(sorted(self._rules.values(), key=lambda rule: (rule.made_at, rule.rule_id)))


class FakeItems:
    """A `domain.books.Items` in a dictionary."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._items: dict[str, ActionItem] = {}

    async def see(self, run: str, item: ActionItem, *, at: datetime) -> ActionItem:
        """Keep an item; what is known of its key stays."""
        del run
        known = self._items.get(item.key)
        seen = replace(
            item,
            first_seen=known.first_seen if known else (item.first_seen or at),
            is_done=known.is_done if known else item.is_done,
        )
        self._items[item.key] = seen
        return seen

    async def tick(self, key: str, *, is_done: bool, at: datetime) -> ActionItem | None:
        """Note whether it is done."""
        del at
        if key not in self._items:
            return None
        self._items[key] = replace(self._items[key], is_done=is_done)
        return self._items[key]

    async def item(self, key: str) -> ActionItem | None:
        """Return an item."""
        return self._items.get(key)

    async def done(self) -> tuple[str, ...]:
        """Return the keys of what is done."""
        return tuple(sorted(key for key, item in self._items.items() if item.is_done))

    async def open_items(self, *, limit: int = 100) -> tuple[ActionItem, ...]:
        """Return what is not done."""
        found = [item for item in self._items.values() if not item.is_done]
        return tuple(sorted(found, key=lambda item: (-item.score, item.key))[:limit])


class FakeBooks:
    """A `domain.books.Books` that forgets everything when it goes."""

    def __init__(self) -> None:
        """Begin empty."""
        self._findings = FakeFindings()
        self._outgoing = FakeOutgoing()
        self._readings = FakeReadings()
        self._notebook = FakeNotebook()
        self._rules = FakeRules()
        self._items = FakeItems()

    @property
    def findings(self) -> FakeFindings:
        """What runs found."""
        return self._findings

    @property
    def outgoing(self) -> FakeOutgoing:
        """What is on its way."""
        return self._outgoing

    @property
    def readings(self) -> FakeReadings:
        """How far sources were read."""
        return self._readings

    @property
    def notebook(self) -> FakeNotebook:
        """What runs leave for later ones."""
        return self._notebook

    @property
    def rules(self) -> FakeRules:
        """Standing rules."""
        return self._rules

    @property
    def items(self) -> FakeItems:
        """What the owner may want to do."""
        return self._items
