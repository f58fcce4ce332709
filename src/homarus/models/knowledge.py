"""What was found out about models on this machine: score cards, pins, measured speeds, learned windows.

It is read in the middle of every turn, so all of it is held in memory and only written through to the disk.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from homarus.domain import codec
from homarus.domain.cards import Pin, ScoreCard, Subject
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Records

T = TypeVar("T")
_CARDS, _PINS, _PACES, _WINDOWS = "card", "pin", "pace", "window"
_NEWS = 0.1
"""A speed is written to the disk when it is this much off what stands there."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a model was here, tokens per second; `None` where it was not measured."""

    prefill_tokens_s: float | None = None
    generation_tokens_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedWindow:
    """The context that a model really had, found out when a prompt did not fit."""

    tokens: int
    at: datetime
    because: str = ""
    digest: str = ""
    """Of the weights that were served then, where the server names them."""


class Knowledge:
    """A mirror of the records about models: getters answer at once, setters wait for the disk."""

    def __init__(self, records: Records | None = None) -> None:
        """Keep where it is written; without records it is all forgotten with the process."""
        self.records = records
        self._cards: dict[str, ScoreCard] = {}
        self._pins: dict[str, Pin] = {}
        self._paces: dict[str, Speed] = {}
        self._written: dict[str, Speed] = {}
        self._windows: dict[str, LearnedWindow] = {}

    async def load(self) -> None:
        """Read everything from the disk; what cannot be understood is left out, and said in the log."""
        self._cards = await self._all(_CARDS, ScoreCard)
        self._pins = await self._all(_PINS, Pin)
        self._paces = await self._all(_PACES, Speed)
        self._windows = await self._all(_WINDOWS, LearnedWindow)
        self._written = dict(self._paces)

    # --- what is known ---

    def cards(self) -> tuple[ScoreCard, ...]:
        """Return the newest card of every model, in the order of their names."""
        newest: dict[ModelRef, ScoreCard] = {}
        for card in sorted(self._cards.values(), key=lambda one: one.at):
            newest[ref_of(card.subject)] = card
        return tuple(newest[ref] for ref in sorted(newest, key=str))

    def card(self, ref: ModelRef, digest: str | None = None) -> ScoreCard | None:
        """Return the newest card of a model; with a digest, of these weights only."""
        found = [
            card
            for card in self._cards.values()
            if ref_of(card.subject) == ref and digest in (None, card.subject.digest)
        ]
        return max(found, key=lambda one: one.at, default=None)

    def card_of(self, now: Subject) -> ScoreCard | None:
        """Return the newest card that is about just the build that is served now."""
        found = [card for card in self._cards.values() if is_same(card.subject, now)]
        return max(found, key=lambda one: one.at, default=None)

    def pins(self) -> Mapping[ModelRef, Pin]:
        """Return every pin."""
        return {ref_of(pin.subject): pin for pin in self._pins.values()}

    def pin(self, ref: ModelRef) -> Pin | None:
        """Return what a model is held to, if it is."""
        return self._pins.get(str(ref))

    def pace(self, ref: ModelRef) -> Speed | None:
        """Return how fast a model was the last times."""
        return self._paces.get(str(ref))

    def window(self, ref: ModelRef, digest: str = "") -> LearnedWindow | None:
        """Return the window that was learned for a model; not one that was learned on other weights."""
        found = self._windows.get(str(ref))
        if found is None or (found.digest and digest and found.digest != digest):
            return None
        return found

    # --- what was found out ---

    async def keep_card(self, card: ScoreCard) -> None:
        """Keep a card, in place of an older one of the same build."""
        key = card_key(card.subject)
        self._cards[key] = card
        await self._put(_CARDS, key, card)

    async def keep_pin(self, pin: Pin) -> None:
        """Hold a model to a build, in place of what it was held to."""
        key = str(ref_of(pin.subject))
        self._pins[key] = pin
        await self._put(_PINS, key, pin)

    async def drop_pin(self, ref: ModelRef) -> bool:
        """Hold a model to nothing; tell whether it was pinned."""
        was_there = self._pins.pop(str(ref), None) is not None
        if self.records is not None:
            await self.records.drop(_PINS, str(ref))
        return was_there

    async def keep_pace(self, ref: ModelRef, speed: Speed) -> None:
        """Keep how fast a model is; written to the disk only when that is news."""
        key = str(ref)
        self._paces[key] = speed
        if _is_news(self._written.get(key), speed):
            self._written[key] = speed
            await self._put(_PACES, key, speed)

    async def keep_window(self, ref: ModelRef, tokens: int, *, because: str = "", digest: str = "") -> None:
        """Keep the window that a model turned out to have."""
        learned = LearnedWindow(tokens=tokens, at=datetime.now(UTC), because=because, digest=digest)
        self._windows[str(ref)] = learned
        await self._put(_WINDOWS, str(ref), learned)

    async def drop_window(self, ref: ModelRef) -> bool:
        """Forget a learned window: its server has loaded the model anew."""
        was_there = self._windows.pop(str(ref), None) is not None
        if was_there and self.records is not None:
            await self.records.drop(_WINDOWS, str(ref))
        return was_there

    # --- the disk ---

    async def _all(self, kind: str, of: type[T]) -> dict[str, T]:
        if self.records is None:
            return {}
        found: dict[str, T] = {}
        for key, body in (await self.records.all(kind)).items():
            try:
                found[key] = codec.load(of, body)
            except ValueError as error:  # also what pydantic raises: a version of homarus with other fields wrote it
                _log.warning("The %s %r cannot be understood and is left out: %s", kind, key, error)
        return found

    async def _put(self, kind: str, key: str, value: object) -> None:
        if self.records is not None:
            await self.records.put(kind, key, codec.dump(value))


def ref_of(subject: Subject) -> ModelRef:
    """Return the model that a card or a pin is about."""
    return ModelRef(provider=subject.provider, model_id=subject.model_id)


def card_key(subject: Subject) -> str:
    """Return the key of a card: the model's name, and a hash of everything that makes another model of it."""
    facts = [subject.digest, subject.quantization, subject.template_sha256, subject.engine]
    return f"{ref_of(subject)}@{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]}"


def is_same(then: Subject, now: Subject) -> bool:
    """Say whether two subjects are one build; what one of them does not know cannot set them apart."""
    pairs = (
        (then.digest, now.digest),
        (then.quantization, now.quantization),
        (then.template_sha256, now.template_sha256),
        (then.engine, now.engine),
    )
    return ref_of(then) == ref_of(now) and all(not one or not two or one == two for one, two in pairs)


def _is_news(before: Speed | None, now: Speed) -> bool:
    if before is None:
        return True
    pairs = (
        (before.prefill_tokens_s, now.prefill_tokens_s),
        (before.generation_tokens_s, now.generation_tokens_s),
    )
    return any(one != two and (not one or not two or abs(two - one) > _NEWS * one) for one, two in pairs)
