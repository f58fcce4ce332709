"""Replays over HTTP: a finished turn, asked again of the model that answered or of another, and the difference."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from homarus.domain import codec
from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, house_of
from homarus.gateway.relaying import News, Tell, relay
from homarus.gateway.replaying import Replayed


class ReplayRequest(BaseModel):
    """Who is asked this time."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, max_length=300)
    """`provider/id` or an alias; without one, the model that answered then."""


async def replay(request: web.Request) -> web.StreamResponse:
    """Play a turn again; nothing is written and no tool runs."""
    house, wanted = house_of(request), await read_as(request, ReplayRequest)
    turn = TurnId(request.match_info["turn_id"])
    ref = await house.engines.named(wanted.model) if wanted.model else None

    async def work(_tell: Tell) -> News:
        if house.replaying is None:
            raise NotFoundError(_("There are no turns here."), hint="homarus status")
        return News(event="replayed", body=codec.dump(await house.replaying().replay(turn, ref)))

    return await relay(request, work)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/turns/{turn_id}/replay",
        answer=replay,
        need=Need.ADMIN,
        about="Ask a model again what was asked in a turn, with what tools said then; nothing is done or written.",
        takes=ReplayRequest,
        gives=Replayed,
        streams=True,
    ),
)
