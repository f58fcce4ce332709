"""Home over HTTP: what runs and comes next, the last briefing, and items that are ticked."""

from aiohttp import web
from pydantic import BaseModel

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import NotFoundError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.findings import ActionItem
from homarus.domain.i18n import _
from homarus.gateway.answers import ok
from homarus.gateway.at_home import AtHome, at_home
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, caller_of, house_of


class Tick(BaseModel):
    """Whether an action item is done."""

    is_done: bool = True


async def home(request: web.Request) -> web.StreamResponse:
    """Answer with what Home shows of jobs."""
    return ok(codec.dump(await at_home(house_of(request))))


async def tick(request: web.Request) -> web.StreamResponse:
    """Note whether an action item is done."""
    house, wanted = house_of(request), await read_as(request, Tick)
    key = request.match_info["key"]
    item = await house.playing().books.items.tick(key, is_done=wanted.is_done, at=house.clock.now())
    if item is None:
        raise NotFoundError(
            _("There is no action item {key!r}.").format(key=key), hint=_("See what there is: `homarus jobs list`.")
        )
    body: JsonObject = {"key": key, "is_done": wanted.is_done, "by": caller_of(request).caller_id}
    await house.store.append(NewEvent(kind=Kind.ITEM_TICKED, body=body))
    return ok(codec.dump(item))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/home",
        answer=home,
        need=Need.ADMIN,
        about="What runs, what comes next, the last briefing, and what is still to be done.",
        gives=AtHome,
    ),
    Operation(
        method="POST",
        path="/api/v1/items/{key}",
        answer=tick,
        need=Need.ADMIN,
        about="Tick an action item, or take that back.",
        takes=Tick,
        gives=ActionItem,
    ),
)
