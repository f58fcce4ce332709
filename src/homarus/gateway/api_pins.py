"""Pins over HTTP: models that are held to the build that was served when their owner pinned them."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel

from homarus.domain import codec
from homarus.domain.cards import Pin
from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _
from homarus.gateway.answers import ok
from homarus.gateway.api_engines import NamedModel
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.operations import Operation, house_of


class PinRequest(NamedModel):
    """A model to pin, or to let go."""

    drop: bool = False


class Pinned(BaseModel):
    """What came of it."""

    model: str
    is_pinned: bool
    pin: Pin | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRow:
    """A pin, and whether the build is still what is served."""

    model: str
    pin: Pin
    is_refused: bool
    """Whether the model is not asked, because another build is served now."""
    because: str
    """What is another than it was; empty when nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinList:
    """Every pin."""

    pins: tuple[PinRow, ...]


async def pin(request: web.Request) -> web.StreamResponse:
    """Pin a model to what is served now, or let it go."""
    house, wanted = house_of(request), await read_as(request, PinRequest)
    ref = await house.engines.named(wanted.model)
    if wanted.drop:
        if not await house.desk.pins.drop(ref):
            raise NotFoundError(
                _("{model} is not pinned.").format(model=ref), hint=_("`homarus models pin` shows the pins there are.")
            )
        return ok({"model": str(ref), "is_pinned": False, "pin": None})
    profile, candidate = await house.desk.profile(ref), house.desk.catalog().get(ref)
    sampler = dict(candidate.params) if candidate is not None else {}
    made = await house.desk.pins.pin(ref, window_tokens=profile.window_tokens, sampler=sampler)
    return ok({"model": str(ref), "is_pinned": True, "pin": codec.dump(made)})


async def pins(request: web.Request) -> web.StreamResponse:
    """Answer with every pin."""
    return ok(codec.dump(PinList(pins=await rows(house_of(request)))))


async def rows(house: House) -> tuple[PinRow, ...]:
    """Return every pin, compared with what is served now."""
    from homarus.models.pins import is_refused

    broken = {id(one.pin): one for one in await house.desk.pins.broken()}
    found: list[PinRow] = []
    for ref, held in house.desk.knowledge.pins().items():
        other = broken.get(id(held))
        found.append(
            PinRow(
                model=str(ref),
                pin=held,
                is_refused=other is not None and is_refused(other),
                because=other.because if other is not None else "",
            )
        )
    return tuple(found)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/models/pin",
        answer=pin,
        need=Need.ADMIN,
        about="Hold a model to the build that is served now, or let it go; another build is refused from then on.",
        takes=PinRequest,
        gives=Pinned,
    ),
    Operation(
        method="GET",
        path="/api/v1/models/pins",
        answer=pins,
        need=Need.READ,
        about="Every pin, and whether the build is still what is served.",
        gives=PinList,
    ),
)
