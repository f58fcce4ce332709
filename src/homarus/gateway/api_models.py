"""Models over HTTP: what is here and what is not and why, and the owner's choice."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from homarus.domain import codec
from homarus.gateway.addressing import default_agent, model_of, session_of
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, caller_of, house_of


class Choice(BaseModel):
    """A model for a session, or for the house."""

    model_config = ConfigDict(extra="forbid")

    model: str | None
    """`provider/id` or an alias; `null` goes back to what the configuration says."""
    session: str | None = None


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with every model, also those that cannot be asked."""
    models = await house_of(request).desk.models()
    return ok({"models": [codec.dump(model) for model in models]})


async def use(request: web.Request) -> web.StreamResponse:
    """Choose a model."""
    house = house_of(request)
    wanted = await read_as(request, Choice)
    ref = model_of(house, wanted.model) if wanted.model is not None else None
    session = session_of(default_agent(house), wanted.session) if wanted.session is not None else None
    if ref is not None:
        house.desk.profile(ref)  # says what is wrong with it before it is chosen
    await house.selection.choose(ref, session=session, by=caller_of(request).by)
    return ok({"model": str(ref) if ref is not None else None, "session": session})


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/models",
        answer=listing,
        need=Need.READ,
        about="Every model with its place and size, and for those that cannot be asked, why.",
    ),
    Operation(
        method="POST",
        path="/api/v1/models/use",
        answer=use,
        need=Need.ADMIN,
        about="Choose a model for a session, or for the house.",
        takes=Choice,
    ),
)
