"""Which models fit, over HTTP: one of them at every context, or the catalog."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from homarus.domain import codec
from homarus.gateway.answers import ok
from homarus.gateway.api_events import number
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import CallerKind, Need
from homarus.gateway.fitting import CatalogRow, Fitted, Wish
from homarus.gateway.operations import Operation, Parameter, caller_of, house_of
from homarus.models.fit.machine import Machine
from homarus.models.fit.recommend import Recommendation
from homarus.models.fit.refresh import Refreshed
from homarus.models.fit.table import Row, seed


class FitRequest(BaseModel):
    """How a model is to be run, and where."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, max_length=4096)
    """`provider/id`, a tag as `qwen3:8b`, or the path of a GGUF file (only over the Unix socket); without one, the
    catalog."""
    context: int | None = Field(default=None, ge=1, le=1 << 32)
    parallel: int = Field(default=1, ge=1, le=1024)
    kv: str = "f16"
    machine: JsonValue = None
    """Another machine: `{"memory": "16 GB", "cores": 8, "gpus": [{"name": "RTX 3060", "memory": "12 GB"}]}`."""


class RefreshRequest(BaseModel):
    """Who is asked."""

    model_config = ConfigDict(extra="forbid")

    asks_ollama_com: bool = False
    """Also let Ollama ask its makers what they recommend; that leaves this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """How one model would do, or the catalog."""

    machine: Machine
    model: Fitted | None = None
    catalog: tuple[CatalogRow, ...] = ()
    recommended: Recommendation | None = None
    """With the catalog: a quick, an everyday and a best model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCatalog:
    """The catalog that homarus comes with."""

    dated: str
    about: str
    rows: tuple[Row, ...]


async def fit(request: web.Request) -> web.StreamResponse:
    """Answer with how a model would do on this machine."""
    query = request.query
    context = number(query["context"], "context") if query.get("context") else None
    parallel = number(query.get("parallel") or "1", "parallel")
    wanted = FitRequest.model_construct(
        model=query.get("model") or None, context=context, parallel=parallel, kv=query.get("kv") or "f16"
    )
    return await _answer(request, wanted)


async def fit_on(request: web.Request) -> web.StreamResponse:
    """Answer with how a model would do on any machine."""
    return await _answer(request, await read_as(request, FitRequest))


async def _answer(request: web.Request, wanted: FitRequest) -> web.StreamResponse:
    house = house_of(request)
    described = Machine.parse(wanted.machine) if wanted.machine is not None else None
    wish = Wish(model=wanted.model, context=wanted.context, parallel=wanted.parallel, kv=wanted.kv, machine=described)
    machine = described or house.machine.now()
    if wish.model is None:
        recommended = await house.fitting().recommended(described)
        return ok(codec.dump(Fits(machine=machine, catalog=await house.fitting().table(wish), recommended=recommended)))
    may_read_files = caller_of(request).kind is CallerKind.SOCKET
    found = await house.fitting().one(wish, may_read_files=may_read_files)
    return ok(codec.dump(Fits(machine=machine, model=found)))


async def catalog(request: web.Request) -> web.StreamResponse:
    """Answer with the catalog, and what servers said over it."""
    known, found = seed(), await house_of(request).fitting().catalog()
    return ok(codec.dump(ModelCatalog(dated=known.dated, about=known.about, rows=found)))


async def refresh(request: web.Request) -> web.StreamResponse:
    """Ask every server how its models are built."""
    wanted = await read_as(request, RefreshRequest)
    return ok(codec.dump(await house_of(request).fitting().refresh(asks_ollama_com=wanted.asks_ollama_com)))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/models/fit",
        answer=fit,
        need=Need.READ,
        about="How much memory a model needs at every context, whether it fits here and how fast; or the catalog so.",
        gives=Fits,
        parameters=(
            Parameter(name="model", about="`provider/id` or a tag as `qwen3:8b`; without one, the catalog."),
            Parameter(name="context", about="Also at this context, in tokens.", kind="integer"),
            Parameter(name="parallel", about="How many requests at once.", kind="integer"),
            Parameter(name="kv", about="Type of the key-value cache: `f16`, `q8_0`, `q4_0` ..."),
        ),
    ),
    Operation(
        method="POST",
        path="/api/v1/models/fit",
        answer=fit_on,
        need=Need.READ,
        about="The same for a machine that is described, or a GGUF file of this machine.",
        takes=FitRequest,
        gives=Fits,
    ),
    Operation(
        method="GET",
        path="/api/v1/models/catalog",
        answer=catalog,
        need=Need.READ,
        about="The catalog of models: dated, with geometry and source per row, and what servers said over it.",
        gives=ModelCatalog,
    ),
    Operation(
        method="POST",
        path="/api/v1/models/refresh",
        answer=refresh,
        need=Need.ADMIN,
        about="Ask every server in reach how its models are built; the catalog says it from then on, with its date.",
        takes=RefreshRequest,
        gives=Refreshed,
    ),
)
