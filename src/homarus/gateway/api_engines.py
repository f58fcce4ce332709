"""Model servers over HTTP: what each has and holds in memory, and what it is told to do."""

from dataclasses import dataclass, replace

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from homarus.domain import codec
from homarus.domain.cards import Pin, ScoreCard
from homarus.domain.content import JsonObject
from homarus.domain.engines import Engine, ModelFacts, ServedModel
from homarus.domain.errors import OperatorError, UsageError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.looks import max_age_s
from homarus.gateway.operations import Operation, Parameter, house_of
from homarus.models.engine_lanes import queue_of
from homarus.models.profile import Profile
from homarus.models.queue_views import QueueView


class NamedModel(BaseModel):
    """A model, as `provider/id` or by its alias."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=300)


class LoadRequest(NamedModel):
    """A model to load."""

    window_tokens: int | None = Field(default=None, ge=256, le=1 << 24)
    """The context to load it with, where its server takes that; without it, what the server or its owner set."""


class EngineAfter(BaseModel):
    """A server, after it was told something."""

    model: str
    engine: Engine


class EngineRow(BaseModel):
    """A model server with its queue; the other fields are those of `Engine`."""

    model_config = ConfigDict(extra="allow")

    provider: str
    queue: QueueView


class EngineList(BaseModel):
    """Every model server."""

    engines: list[EngineRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShown:
    """Everything that is known of one model."""

    model: str
    place: str
    profile: Profile
    """How prompts are made for it."""
    facts: ModelFacts | None
    """How it is built, as its server says."""
    served: ServedModel | None
    """As its server has it now."""
    card: ScoreCard | None
    """What the driving test found out, whichever build it was tried on."""
    pin: Pin | None


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with every engine."""
    is_fresh = request.query.get("fresh", "") not in ("", "0")
    engines = await house_of(request).engines.listing(is_fresh=is_fresh, max_age_s=max_age_s(request))
    dispatch = house_of(request).desk.dispatch
    rows = [{**engine_of(engine), "queue": codec.dump(queue_of(dispatch, engine))} for engine in engines]
    return ok({"engines": rows})


def engine_of(engine: Engine) -> JsonObject:
    """Return an engine as the API says it."""
    return {**codec.dump(engine), "abilities": sorted(ability.value for ability in engine.abilities)}


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with everything that is known of one model."""
    house = house_of(request)
    name = request.query.get("model", "")
    if not name:
        raise UsageError(_("No model was named."), hint=_("Ask as /api/v1/models/show?model=PROVIDER/ID."))
    ref = await house.engines.named(name, max_age_s=max_age_s(request))
    profile = await house.desk.profile(ref)
    engine = next((one for one in await house.engines.listing(is_fresh=False) if one.provider == ref.provider), None)
    _require_known(house, ref, engine)
    known = house.desk.knowledge
    shown = ModelShown(
        model=str(ref),
        place=profile.place,
        profile=profile,
        facts=await _facts(house, ref) if engine is not None and engine.is_up else None,
        served=engine.served(ref.model_id) if engine is not None else None,
        card=known.card(ref),
        pin=known.pins().get(ref),
    )
    return ok(codec.dump(shown))


def _require_known(house: House, ref: ModelRef, engine: Engine | None) -> None:
    """Say that a server is down rather than describe a model that only somebody's typing knows of."""
    candidate = house.desk.catalog().get(ref)
    is_written = candidate is not None and candidate.is_listed
    if engine is not None and not engine.is_up and not is_written and engine.served(ref.model_id) is None:
        raise OperatorError(engine.because, hint=engine.hint or "homarus doctor models")


async def _facts(house: House, ref: ModelRef) -> ModelFacts | None:
    """Return how a model is built, by the digest that cards, pins and the log know it by."""
    facts = await house.engines.show(ref)
    digest = (await house.desk.identity.subject(ref)).digest
    return replace(facts, digest=digest) if facts is not None and digest else facts


async def load(request: web.Request) -> web.StreamResponse:
    """Load a model and answer when it can be asked."""
    house, wanted = house_of(request), await read_as(request, LoadRequest)
    ref = await house.engines.named(wanted.model)
    engine = await house.engines.load(ref, window_tokens=wanted.window_tokens)
    return ok({"model": str(ref), "engine": engine_of(engine)})


async def unload(request: web.Request) -> web.StreamResponse:
    """Take a model out of memory."""
    house, wanted = house_of(request), await read_as(request, NamedModel)
    ref = await house.engines.named(wanted.model)
    return ok({"model": str(ref), "engine": engine_of(await house.engines.unload(ref))})


async def remove(request: web.Request) -> web.StreamResponse:
    """Delete a model from its server's disk."""
    house, wanted = house_of(request), await read_as(request, NamedModel)
    ref = await house.engines.named(wanted.model)
    return ok({"model": str(ref), "engine": engine_of(await house.engines.remove(ref))})


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/engines",
        answer=listing,
        need=Need.READ,
        about="Every model server: whether it is up, what it has, what is loaded with which context and until when.",
        gives=EngineList,
        parameters=(
            Parameter(
                name="fresh",
                about="`1` looks at each server now; for a key that may only read, once in ten seconds.",
                kind="integer",
            ),
        ),
    ),
    Operation(
        method="GET",
        path="/api/v1/models/show",
        answer=show,
        need=Need.READ,
        about="Everything that is known of one model: how it is built, served and asked, tried and pinned.",
        gives=ModelShown,
        parameters=(Parameter(name="model", about="`provider/id` or an alias."),),
    ),
    Operation(
        method="POST",
        path="/api/v1/models/load",
        answer=load,
        need=Need.ADMIN,
        about="Load a model; answers when it can be asked.",
        takes=LoadRequest,
        gives=EngineAfter,
    ),
    Operation(
        method="POST",
        path="/api/v1/models/unload",
        answer=unload,
        need=Need.ADMIN,
        about="Take a model out of memory.",
        takes=NamedModel,
        gives=EngineAfter,
    ),
    Operation(
        method="POST",
        path="/api/v1/models/remove",
        answer=remove,
        need=Need.ADMIN,
        about="Delete a model from its server's disk.",
        takes=NamedModel,
        gives=EngineAfter,
    ),
)
