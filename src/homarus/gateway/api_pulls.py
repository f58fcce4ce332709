"""Downloads of models over HTTP: begun, watched, stopped. Nobody has to stay for them to go on."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from homarus.domain import codec
from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.gateway.answers import ok
from homarus.gateway.api_engines import NamedModel
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.operations import Operation, house_of
from homarus.gateway.pulls import Pull
from homarus.gateway.sse import Stream, frame, stream, wants_stream


class PullRequest(BaseModel):
    """A model to download."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=300)
    """As its server names it: `qwen3:8b`, `hf.co/owner/repository:Q4_K_M`; `provider/id` names the server, too."""
    provider: str | None = None
    """The server that downloads it; without one, the first that can."""


class PullList(BaseModel):
    """Downloads, those under way first, then those that ended lately."""

    pulls: list[Pull]


async def pull(request: web.Request) -> web.StreamResponse:
    """Begin a download, or join one; answer with how it goes on, or at once."""
    house, wanted = house_of(request), await read_as(request, PullRequest)
    ref = await house.engines.puller(wanted.model.strip(), wanted.provider)
    begun = await house.pulls.begin(ref)
    if not wants_stream(request):
        return ok(codec.dump(begun), status=202)

    async def write(out: Stream) -> None:
        async for now in house.pulls.watch(ref):
            await out.send(frame("pull", codec.dump(now)))

    return await stream(request, write)


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with every download."""
    return ok({"pulls": [codec.dump(one) for one in house_of(request).pulls.listing()]})


async def stop(request: web.Request) -> web.StreamResponse:
    """End a download; what is there stays."""
    house, wanted = house_of(request), await read_as(request, NamedModel)
    stopped = await house.pulls.stop(_under_way(house, wanted.model.strip()))
    if stopped is None:
        raise _unknown(house, wanted.model)
    return ok(codec.dump(stopped))


def _under_way(house: House, name: str) -> ModelRef:
    """Return the download that is meant, by its whole name or by its id alone."""
    known = [ModelRef.parse(one.model) for one in house.pulls.listing()]
    for ref in known:
        if name in (str(ref), ref.model_id):
            return ref
    raise _unknown(house, name)


def _unknown(house: House, name: str) -> NotFoundError:
    running = ", ".join(one.model for one in house.pulls.listing() if one.state == "running")
    hint = _("Under way: {models}.").format(models=running) if running else "homarus models pull MODEL"
    return NotFoundError(_("No download of {model!r} is under way.").format(model=name), hint=hint)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/models/pull",
        answer=pull,
        need=Need.ADMIN,
        about="Download a model. It goes on when you hang up; with `Accept: text/event-stream` the answer is progress.",
        takes=PullRequest,
        gives=Pull,
        status=202,
        streams=True,
    ),
    Operation(
        method="GET",
        path="/api/v1/models/pulls",
        answer=listing,
        need=Need.READ,
        about="Downloads of models, those under way first.",
        gives=PullList,
    ),
    Operation(
        method="POST",
        path="/api/v1/models/pulls/stop",
        answer=stop,
        need=Need.ADMIN,
        about="End a download; what the server has of it stays, and the next pull goes on from there.",
        takes=NamedModel,
        gives=Pull,
    ),
)
