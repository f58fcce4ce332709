"""What was found out about models on this machine: score cards, pins, measured speeds, learned windows.

It is read in the middle of every turn, so all of it is held in memory and only written through to the disk.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from homarus.domain import codec
from homarus.domain.cards import Pin, ScoreCard, Subject
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Records

T = TypeVar("T")
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


class Mirror(Generic[T]):
    """All facts of one kind, in memory and written through."""

    def __init__(self, kind: str, of: type[T], records: Records | None) -> None:
        """Begin with nothing known."""
        self._kind = kind
        self._of = of
        self._records = records
        self.all: dict[str, T] = {}

    async def load(self) -> None:
        """Read everything from the disk; what cannot be understood is left out, and said in the log."""
        if self._records is None:
            return
        for key, body in (await self._records.all(self._kind)).items():
            try:
                self.all[key] = codec.load(self._of, body)
            except ValueError as error:  # also what pydantic raises: a version of homarus with other fields wrote it
                _log.warning("The %s %r cannot be understood and is left out: %s", self._kind, key, error)

    async def keep(self, key: str, value: T, *, is_written: bool = True) -> None:
        """Keep a fact, in place of what was known; on the disk only when it `is_written`."""
        self.all[key] = value
        if self._records is not None and is_written:
            await self._records.put(self._kind, key, codec.dump(value))

    async def drop(self, key: str) -> bool:
        """Forget a fact; tell whether it was known."""
        was_there = self.all.pop(key, None) is not None
        if self._records is not None and was_there:
            await self._records.drop(self._kind, key)
        return was_there


class Knowledge:
    """A mirror of the records about models: getters answer at once, setters wait for the disk."""

    def __init__(self, records: Records | None = None) -> None:
        """Keep where it is written; without records it is all forgotten with the process."""
        self._cards = Mirror("card", ScoreCard, records)
        self._pins = Mirror("pin", Pin, records)
        self._paces = Mirror("pace", Speed, records)
        self._windows = Mirror("window", LearnedWindow, records)
        self._written: dict[str, Speed] = {}

    async def load(self) -> None:
        """Read everything from the disk."""
        for mirror in (self._cards, self._pins, self._paces, self._windows):
            await mirror.load()
        self._written = dict(self._paces.all)

    def cards(self) -> tuple[ScoreCard, ...]:
        """Return the newest card of every model, in the order of their names."""
        newest: dict[ModelRef, ScoreCard] = {}
        for card in sorted(self._cards.all.values(), key=lambda one: one.at):
            newest[ref_of(card.subject)] = card
        return tuple(newest[ref] for ref in sorted(newest, key=str))

    def card(self, of: ModelRef | Subject, digest: str | None = None) -> ScoreCard | None:
        """Return the newest card of a model, or of just the build that is served now; a digest narrows it down."""
        found = [card for card in self._cards.all.values() if _is_about(card, of, digest)]
        return max(found, key=lambda one: one.at, default=None)

    def pins(self) -> Mapping[ModelRef, Pin]:
        """Return every pin."""
        return {ref_of(pin.subject): pin for pin in self._pins.all.values()}

    def pace(self, ref: ModelRef) -> Speed | None:
        """Return how fast a model was the last times."""
        return self._paces.all.get(str(ref))

    def window(self, ref: ModelRef, digest: str = "") -> LearnedWindow | None:
        """Return the window that was learned for a model; not one that was learned on other weights."""
        found = self._windows.all.get(str(ref))
        if found is None or (found.digest and digest and found.digest != digest):
            return None
        return found

    async def keep(self, fact: ScoreCard | Pin) -> None:
        """Keep a card, in place of an older one of the same build, or a pin, in place of what the model was held to."""
        if isinstance(fact, Pin):
            await self._pins.keep(str(ref_of(fact.subject)), fact)
        else:
            await self._cards.keep(card_key(fact.subject), fact)

    async def drop_pin(self, ref: ModelRef) -> bool:
        """Hold a model to nothing; tell whether it was pinned."""
        return await self._pins.drop(str(ref))

    async def keep_pace(self, ref: ModelRef, speed: Speed) -> None:
        """Keep how fast a model is; written to the disk only when that is news."""
        key = str(ref)
        is_news = _is_news(self._written.get(key), speed)
        if is_news:
            self._written[key] = speed
        await self._paces.keep(key, speed, is_written=is_news)

    async def keep_window(self, ref: ModelRef, tokens: int | None, *, because: str = "", digest: str = "") -> None:
        """Keep the window that a model turned out to have; `None` forgets it."""
        if tokens is None:
            await self._windows.drop(str(ref))
            return
        learned = LearnedWindow(tokens=tokens, at=datetime.now(UTC), because=because, digest=digest)
        await self._windows.keep(str(ref), learned)


def _is_about(card: ScoreCard, of: ModelRef | Subject, digest: str | None) -> bool:
    is_right = is_same(card.subject, of) if isinstance(of, Subject) else ref_of(card.subject) == of
    return is_right and digest in (None, card.subject.digest)


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
