"""The pages about models: who can be asked, the servers and their queues, what fits here, what was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from homarus.domain.engines import Ability, Engine, EngineKind, LoadState, ServedModel
from homarus.domain.errors import HomarusError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.gateway.api_models import ModelCard, card_of, windowed_card_of
from homarus.gateway.fitting import Fitted, Wish
from homarus.gateway.house import House
from homarus.gateway.operations import house_of
from homarus.gateway.pages_machine import bars
from homarus.gateway.pages_render import page
from homarus.models.engine_lanes import queue_of
from homarus.models.identity import Carded
from homarus.models.knowledge import ref_of
from homarus.models.queue_views import QueueView

if TYPE_CHECKING:
    from homarus.models.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRow:
    """A model server with its queue."""

    engine: Engine
    queue: QueueView
    shown: tuple[ServedModel, ...]
    """What is in memory, on its way there, or failed."""
    can_unload: bool

    @property
    def is_busy(self) -> bool:
        """Whether something of it changes by itself in the next seconds."""
        loads = any(model.state is LoadState.LOADING for model in self.engine.models)
        return bool(self.queue.held or self.queue.waiting or loads)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A model that can be asked, with what can be done to it."""

    card: ModelCard
    carded: Carded | None
    """What the driving test said of it, and whether that still holds."""
    is_loaded: bool
    can_load: bool


async def models(request: web.Request) -> web.StreamResponse:
    """Return every model, server and queue; with `look=1` servers of this machine are asked first."""
    house = house_of(request)
    is_looked = "look" in request.query
    if is_looked:
        await house.engines.listing(is_fresh=True)
    engines = await house.engines.listing(is_fresh=False)
    cards = await _looked_at(house) if is_looked else [card_of(one) for one in house.desk.catalog().candidates]
    status = await house.facts.status()
    return await page(
        request,
        "models.html",
        here="models",
        title=_("Models"),
        usable=[await _model_row(house, card, engines) for card in cards if card.is_usable],
        skipped=[card for card in cards if not card.is_usable],
        engines=[_engine_row(house.desk, engine) for engine in engines],
        machine=house.machine.now(),
        bars=bars(house.machine.now(), engines, status.model.memory_bytes if status.model is not None else 0),
        pulls=house.pulls.listing(),
        is_looked=is_looked,
        kinds=kind_words(),
    )


async def fits(request: web.Request) -> web.StreamResponse:
    """Return the catalog with what would fit here, or one model at every context."""
    house, query = house_of(request), request.query
    name = query.get("model", "").strip()
    context = _count(query.get("context", ""), most=1 << 32)
    wish = Wish(model=name or None, context=context, parallel=_count(query.get("parallel", ""), most=1024) or 1)
    one: Fitted | None = None
    problem: HomarusError | None = None
    if name:
        try:
            one = await house.fitting().one(wish, may_read_files=False)
        except HomarusError as error:
            problem = error
    engines = await house.engines.listing(is_fresh=False)
    return await page(
        request,
        "models_fit.html",
        here="models",
        title=_("What fits here"),
        machine=house.machine.now(),
        bars=bars(house.machine.now(), engines),
        one=one,
        problem=problem,
        asked={"model": name, "context": context or "", "parallel": wish.parallel},
        rows=() if one is not None else await house.fitting().table(replace(wish, model=None)),
        can_pull=any(Ability.PULL in engine.abilities and engine.is_up for engine in engines),
    )


def _count(text: str, *, most: int) -> int | None:
    """Return what stands in a field for a number; nothing where it is none."""
    plain = text.replace(",", "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and 0 < int(plain[:12]) <= most else None


async def tried(request: web.Request) -> web.StreamResponse:
    """Return the score cards."""
    house = house_of(request)
    cards = house.desk.knowledge.cards()
    engines = await house.engines.listing(is_fresh=False)
    named = [str(one.ref) for one in house.desk.catalog().candidates if one.unusable is None]
    named += [f"{engine.provider}/{model.model_id}" for engine in engines if engine.is_up for model in engine.models]
    done = {str(ref_of(card.subject)) for card in cards}
    return await page(
        request,
        "models_tried.html",
        here="models",
        title=_("Driving tests"),
        cards=[carded for card in cards if (carded := await house.desk.identity.card(ref_of(card.subject)))],
        untried=[name for name in dict.fromkeys(named) if name not in done],
    )


async def _looked_at(house: House) -> list[ModelCard]:
    """Return every model as its server lists it, with the window that prompts are made for."""
    return [await windowed_card_of(house, candidate) for candidate in await house.desk.listing()]


async def _model_row(house: House, card: ModelCard, engines: Sequence[Engine]) -> ModelRow:
    ref = ModelRef.parse(card.ref)
    engine = next((one for one in engines if one.provider == ref.provider), None)
    served = engine.served(ref.model_id) if engine is not None else None
    is_loaded = served is not None and served.state is LoadState.LOADED
    return ModelRow(
        card=card,
        carded=await house.desk.identity.card(ref),
        is_loaded=is_loaded,
        can_load=engine is not None and Ability.LOAD in engine.abilities and served is not None and not is_loaded,
    )


def _engine_row(desk: "Desk", engine: Engine) -> EngineRow:
    shown = tuple(model for model in engine.models if model.state not in (LoadState.UNLOADED, LoadState.UNKNOWN))
    return EngineRow(
        engine=engine, queue=queue_of(desk.dispatch, engine), shown=shown, can_unload=Ability.UNLOAD in engine.abilities
    )


def kind_words() -> Mapping[EngineKind, str]:
    """Return the names of servers as their makers write them."""
    return {
        EngineKind.OLLAMA: "Ollama",
        EngineKind.LM_STUDIO: "LM Studio",
        EngineKind.VLLM: "vLLM",
        EngineKind.LLAMA_SERVER: "llama.cpp",
        EngineKind.EMBEDDED: _("built in"),
        EngineKind.GENERIC: _("OpenAI-compatible"),
    }
