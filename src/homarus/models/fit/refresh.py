"""Put what servers say of their models over the catalog that homarus comes with, and keep it with its date.

Only servers in reach are asked. Ollama hands the question for its recommendations on to ollama.com, so that one is put
only when the owner wants it.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from homarus.domain import codec
from homarus.domain.content import Json
from homarus.domain.engines import Adapter, Engine, EngineKind, ModelFacts, ServedModel
from homarus.domain.errors import HomarusError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Endpoint, Records
from homarus.models.engines.talk import Talk
from homarus.models.fit.geometry import geometry
from homarus.models.fit.table import Licence, Row, completed, find

KIND = "fit"
RECOMMENDED_KEY = "ollama.com"
MOST_MODELS = 200
SHOW_TIMEOUT_S = 20.0
_RECOMMENDATIONS = "/api/experimental/model-recommendations"
_LIVE_MERIT_PER_BILLION = 2
"""A model that the catalog does not know is placed by its size alone, and low."""
_MOST_LIVE_MERIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a server said of a model, and when."""

    provider: str
    facts: ModelFacts
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A model that Ollama's makers recommend."""

    model: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What Ollama's makers recommend, and when they were asked."""

    at: datetime
    models: tuple[Suggested, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh brought."""

    models: tuple[str, ...]
    """`provider/id` of those that a server told of."""
    suggested: tuple[Suggested, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict[str, str])
    """By `provider/id` or provider, in words."""


async def refresh(
    engines: Sequence[Engine],
    endpoint_of: Callable[[str], Endpoint],
    adapter_of: Callable[[EngineKind], Adapter],
    door: Door,
    records: Records,
    *,
    asks_ollama_com: bool = False,
) -> Refreshed:
    """Ask every server that is up how its models are built, and keep the answers.

    A model that a server cannot tell of, or does not in time, is named in `failed`; the others are kept.
    """
    found: list[str] = []
    failed: dict[str, str] = {}
    for engine in engines:
        if not engine.is_up:
            failed[engine.provider] = engine.because or _("It does not answer.")
            continue
        for model in [model for model in engine.models if not model.is_remote][:MOST_MODELS]:
            name = f"{engine.provider}/{model.model_id}"
            try:
                facts = await _shown(engine, model, endpoint_of(engine.provider), adapter_of(engine.kind), door)
            except (HomarusError, TimeoutError) as error:
                failed[name] = error.message if isinstance(error, HomarusError) else _("It did not answer in time.")
                continue
            live = Live(provider=engine.provider, facts=facts, at=datetime.now(UTC))
            await records.put(KIND, name, codec.dump(live))
            found.append(name)
    suggested = await _suggestions(engines, endpoint_of, door, records) if asks_ollama_com else ()
    return Refreshed(models=tuple(found), suggested=suggested, failed=failed)


async def _shown(engine: Engine, model: ServedModel, at: Endpoint, adapter: Adapter, door: Door) -> ModelFacts:
    async with asyncio.timeout(SHOW_TIMEOUT_S):
        facts = await adapter.show(at, door, model.model_id)
    return replace(
        facts,
        weights_bytes=facts.weights_bytes or model.size_bytes,
        quantization=facts.quantization or model.quantization,
        digest=facts.digest or model.digest,
        template="",  # long, and nothing here needs it
        is_remote=facts.is_remote or (engine.is_up and model.is_remote),
    )


async def _suggestions(
    engines: Iterable[Engine], endpoint_of: Callable[[str], Endpoint], door: Door, records: Records
) -> tuple[Suggested, ...]:
    """Return what Ollama's makers recommend, without models of their cloud."""
    for engine in engines:
        if engine.kind is not EngineKind.OLLAMA or not engine.is_up:
            continue
        try:
            async with asyncio.timeout(SHOW_TIMEOUT_S):
                said = await Talk.to(endpoint_of(engine.provider), door).find(_RECOMMENDATIONS)
        except (HomarusError, TimeoutError):
            continue
        listed = (said or {}).get("recommendations")
        models = tuple(one for item in (listed if isinstance(listed, list) else []) if (one := _suggested(item)))
        await records.put(KIND, RECOMMENDED_KEY, codec.dump(Suggestions(at=datetime.now(UTC), models=models)))
        return models
    return ()


def _suggested(item: Json) -> Suggested | None:
    if not isinstance(item, dict):
        return None
    name, words = item.get("model"), item.get("description")
    if not isinstance(name, str) or not name or name.endswith((":cloud", "-cloud")):
        return None
    return Suggested(model=name[:200], description=words[:300] if isinstance(words, str) else "")


# --- what is kept ---


async def kept(records: Records) -> tuple[Live, ...]:
    """Return what servers said before; what another version of homarus wrote is left out."""
    found: list[Live] = []
    for key, body in (await records.all(KIND)).items():
        if key == RECOMMENDED_KEY:
            continue
        try:
            found.append(codec.load(Live, body))
        except ValueError:
            continue
    return tuple(found)


def over(catalog: Iterable[Row], live: Iterable[Live]) -> tuple[Row, ...]:
    """Return the catalog with what servers said in place of the seed, and the models that only they know."""
    rows = {row.id: row for row in catalog}
    for one in live:
        seed = find(one.facts.model_id)
        made = _corrected(rows.get(seed.id, seed), one) if seed is not None else _own(one)
        if made is not None:
            rows[made.id] = made
    return tuple(rows.values())


def _corrected(row: Row, live: Live) -> Row:
    """Return a row with the size and shape that a server told; what it left out stays as it was."""
    facts = completed(live.facts)
    shape = _shape(facts)
    quantization = facts.quantization or row.usual_quantization
    sizes = {**row.sizes_bytes, **({quantization: facts.weights_bytes} if facts.weights_bytes else {})}
    return replace(
        row,
        architecture=facts.architecture or row.architecture,
        shape=shape if geometry(facts) is not None else row.shape,
        sizes_bytes=sizes,
        usual_quantization=quantization if quantization in sizes else row.usual_quantization,
        abilities=facts.abilities or row.abilities,
        source=_told(live),
        confidence="live",
        unsure=tuple(name for name in row.unsure if not name.startswith(("shape", "sizes_bytes", "abilities"))),
    )


def _own(live: Live) -> Row | None:
    """Return a row for a model that the catalog does not know."""
    facts = live.facts
    if geometry(facts) is None or not facts.weights_bytes:
        return None
    parameters = max(1, facts.parameters or int(facts.weights_bytes / 0.6))
    share = facts.metadata.get("homarus.active_share")
    active = int(parameters * share) if isinstance(share, float) and 0 < share <= 1 else parameters
    quantization = facts.quantization or "?"
    return Row(
        id=facts.model_id,
        name=facts.model_id,
        architecture=facts.architecture,
        parameters=parameters,
        active_parameters=max(1, active),
        merit=min(_MOST_LIVE_MERIT, int(parameters / 1e9 * _LIVE_MERIT_PER_BILLION)),
        shape=_shape(facts),
        sizes_bytes={quantization: facts.weights_bytes},
        usual_quantization=quantization,
        licence=Licence(
            name=facts.licence or _("not known"), is_commercial=True, note=_("Read it before you rely on it.")
        ),
        source=_told(live),
        confidence="live",
        abilities=facts.abilities,
        unsure=("licence",),
    )


def _shape(facts: ModelFacts) -> dict[str, Json]:
    prefix = f"{facts.architecture}."
    return {key.removeprefix(prefix): value for key, value in facts.metadata.items() if key.startswith(prefix)}


def _told(live: Live) -> str:
    return _("{provider}, asked on {date}").format(provider=live.provider, date=live.at.date().isoformat())
