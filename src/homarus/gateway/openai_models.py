"""/v1/models: the agents and models that a client may name."""

import time

from aiohttp import web

from homarus.domain.content import Json
from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _
from homarus.gateway.addressing import model_of
from homarus.gateway.answers import ok
from homarus.gateway.bounding import bounds_of
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.operations import Operation, caller_of, house_of


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with what may be named: `auto`, every agent, every model that can be asked."""
    models = await models_of(house_of(request), with_agents=caller_of(request).meets(Need.CHAT))
    return ok({"object": "list", "data": models})


async def models_of(house: House, *, with_agents: bool) -> list[dict[str, Json]]:
    """Return everything that a client may name."""
    agents = tuple(house.settings().agents.entries) or ("main",)
    names = ["auto", *(f"agent:{agent}" for agent in agents)] if with_agents else []
    rows = [row("homarus", name) for name in names]
    bounds = bounds_of(house)
    found = [model for model in await house.desk.listing() if model.unusable is None]
    near = [model.ref for model in found if bounds.allow(is_local=model.is_local, region=model.region)]
    return rows + [row(ref.provider, str(ref)) for ref in near]


def row(owner: str, name: str) -> dict[str, Json]:
    """Return a model as this protocol lists it."""
    return {"id": name, "object": "model", "created": int(time.time()), "owned_by": owner}


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with one of them."""
    name = request.match_info["name"]
    house = house_of(request)
    models = await models_of(house, with_agents=caller_of(request).meets(Need.CHAT))
    found = next((model for model in models if model["id"] == name), None)
    if found is None and not name.startswith("agent:"):
        ref = str(model_of(house, name))
        found = next((model for model in models if model["id"] == ref), None)
    if found is None:
        raise NotFoundError(
            _("There is no model {name!r}.").format(name=name[:200]), hint=_("GET /v1/models lists them.")
        )
    return ok(found)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/models",
        answer=listing,
        need=Need.MODELS,
        about="What may be named as a model: `auto`, agents, and every model that can be asked.",
    ),
    Operation(
        method="GET",
        path="/v1/models/{name:.+}",
        answer=show,
        need=Need.MODELS,
        about="One of them.",
    ),
)
