"""Which build of a model is served now: score cards, pins and the log of every turn hold on to it.

A server may serve other weights under the same name tomorrow, and most say so when they are asked. Where one names no
digest, a model's name, window and template stand for it, which is said on its card.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from homarus.domain.cards import ScoreCard, Subject
from homarus.domain.engines import Adapter, Engine, EngineKind, LoadState, ModelFacts, ServedModel
from homarus.domain.errors import HomarusError, NotFoundError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Door, Endpoint
from homarus.models import weights
from homarus.models.catalog import Candidate
from homarus.models.knowledge import Knowledge

GUESSED = "id:"
"""Begins a digest that was made out of a name."""
_EMBEDDED_QUANTIZATION = "Q4_1"
_SHOW_LIMIT_S = 5.0
_ASK_AGAIN_S = 60.0

Live = Callable[[ModelRef], Awaitable[Candidate]]
Show = Callable[[ModelRef, Engine], Awaitable[ModelFacts]]
EngineOf = Callable[[ModelRef], Engine | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    sha256: str
    at: float
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Carded:
    """A model's card, and whether it is about what is served now."""

    card: ScoreCard
    now: Subject
    is_stale: bool
    because: str = ""
    """What is another since then, in a sentence."""


class Identity:
    """Tells builds apart."""

    def __init__(
        self,
        knowledge: Knowledge,
        *,
        live: Live,
        engine_of: EngineOf,
        show: Show | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the last look at each engine, a model as its server lists it, and a way to ask how it is built."""
        self._knowledge = knowledge
        self._live = live
        self._engine_of = engine_of
        self._show = show
        self._clock = clock
        self._templates: dict[tuple[ModelRef, str, str], _Template] = {}

    async def subject(self, ref: ModelRef) -> Subject:
        """Return the build that is served now; what its server does not say is empty.

        Raises:
            NotFoundError: when there is no such model.
        """
        candidate = await self._live(ref)
        engine = self._engine_of(ref)
        if candidate.is_embedded:
            return _embedded(ref, engine)
        served = engine.served(ref.model_id) if engine is not None and engine.is_up else None
        said = _said(engine) if served is not None else ""
        digest = served.digest if served is not None else ""
        is_asked = candidate.is_local and served is not None
        template = await self._template(ref, engine, digest) if engine is not None and is_asked else ""
        if not digest and (served is not None or not candidate.is_local):
            digest = _guessed(ref, _window(served, candidate), template)
        return Subject(
            provider=ref.provider,
            model_id=ref.model_id,
            digest=digest,
            quantization=served.quantization if served is not None else "",
            template_sha256=template,
            engine=said,
        )

    def is_unlisted(self, ref: ModelRef) -> bool:
        """Say whether a server is up and names no such model, although it may answer for it."""
        engine = self._engine_of(ref)
        if engine is None or not engine.is_up or engine.served(ref.model_id) is not None:
            return False
        return not any(model.state is LoadState.LOADING and not model.model_id for model in engine.models)

    async def card(self, ref: ModelRef) -> Carded | None:
        """Return the card that is about what is served now, else the newest one, which is stale then."""
        newest = self._knowledge.card(ref)
        if newest is None:
            return None
        now = await self.subject(ref)
        fitting = self._knowledge.card(now)
        if fitting is not None:
            return Carded(card=fitting, now=now, is_stale=False)
        return Carded(card=newest, now=now, is_stale=True, because=difference(newest.subject, now))

    async def _template(self, ref: ModelRef, engine: Engine, digest: str) -> str:
        """Return the hash of the chat template; asked for once per build, and again later when nobody could say."""
        key = (ref, digest, _said(engine))
        kept = self._templates.get(key)
        if kept is not None and (kept.is_known or self._clock() - kept.at < _ASK_AGAIN_S):
            return kept.sha256
        if self._show is None:
            return ""
        try:
            async with asyncio.timeout(_SHOW_LIMIT_S):
                facts = await self._show(ref, engine)
        except (HomarusError, TimeoutError):
            kept = _Template(sha256="", at=self._clock(), is_known=False)
        else:
            sha256 = hashlib.sha256(facts.template.encode("utf-8", "replace")).hexdigest() if facts.template else ""
            kept = _Template(sha256=sha256, at=self._clock(), is_known=True)
        self._templates[key] = kept
        return kept.sha256


def shown(
    adapter_for: Callable[[EngineKind], Adapter], endpoint_of: Callable[[str], Endpoint | None], door: Door
) -> Show:
    """Return a way to ask a model's own server how it is built."""

    async def show(ref: ModelRef, engine: Engine) -> ModelFacts:
        at = endpoint_of(ref.provider)
        if at is None:
            raise NotFoundError(
                _("{provider} has no address.").format(provider=ref.provider),
                hint=_("`homarus models list` shows what there is."),
            )
        return await adapter_for(engine.kind).show(at, door, ref.model_id)

    return show


def difference(then: Subject, now: Subject) -> str:
    """Say what sets two builds apart, in a sentence."""
    pairs = (
        (_("digest"), then.digest[:19], now.digest[:19]),
        (_("quantisation"), then.quantization, now.quantization),
        (_("chat template"), then.template_sha256[:12], now.template_sha256[:12]),
        (_("engine"), then.engine, now.engine),
    )
    changed = [
        _("{what} was {then} and is {now}").format(what=what, then=one, now=two)
        for what, one, two in pairs
        if one and two and one != two
    ]
    return _("Another build is served: {changes}.").format(changes="; ".join(changed)) if changed else ""


def _embedded(ref: ModelRef, engine: Engine | None) -> Subject:
    served = engine.served(ref.model_id) if engine is not None else None
    return Subject(
        provider=ref.provider,
        model_id=ref.model_id,
        digest=(served.digest if served is not None else "") or f"sha256:{weights.SHA256}",
        quantization=(served.quantization if served is not None else "") or _EMBEDDED_QUANTIZATION,
        template_sha256=weights.TEMPLATE_SHA256,
        engine=f"{EngineKind.EMBEDDED.value} {_xllamacpp()}".strip(),
    )


def _xllamacpp() -> str:
    from importlib import metadata

    try:
        return f"xllamacpp {metadata.version('xllamacpp')}"
    except metadata.PackageNotFoundError:
        return ""


def _said(engine: Engine | None) -> str:
    return f"{engine.kind.value} {engine.version}".strip() if engine is not None else ""


def _window(served: ServedModel | None, candidate: Candidate) -> int | None:
    trained = served.trained_tokens if served is not None else None
    return trained or candidate.window_tokens


def _guessed(ref: ModelRef, window_tokens: int | None, template: str) -> str:
    facts = json.dumps([ref.model_id, window_tokens, template])
    return GUESSED + hashlib.sha256(facts.encode()).hexdigest()[:32]
