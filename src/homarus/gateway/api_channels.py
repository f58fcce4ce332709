"""Channels over HTTP: which there are and how they are, setting one up, trying it, and letting people in."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from homarus.domain import codec
from homarus.domain.content import Json
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.i18n import _
from homarus.domain.labels import Origin
from homarus.gateway.answers import ok
from homarus.gateway.api_config import refuse_commands
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import CallerKind, Need
from homarus.gateway.channel_settings import NOT_CHANNELS
from homarus.gateway.facts import ChannelState
from homarus.gateway.house import House
from homarus.gateway.introductions import Acquaintance, Introductions, Stranger
from homarus.gateway.operations import Operation, caller_of, house_of
from homarus.gateway.reached import Channels

_SECRET_ENDS = ("token", "password", "secret", "apikey")


class ChannelList(BaseModel):
    """Channels and the people on their other side."""

    channels: list[ChannelState]
    available: list[str]
    """Names that can be set up."""
    waiting: list[Stranger]
    """Who asks to be let in; the code stands in their own chat."""
    people: list[Acquaintance]
    """Who was let in, besides those whom the configuration names."""


class NewChannel(BaseModel):
    """A channel to be set up, or settings to be changed."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """By key, as in the configuration: `botToken`, `imap.host`. Secrets are kept apart, and a reference is written."""


class Code(BaseModel):
    """What a stranger was told."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=40)
    who: str | None = Field(default=None, pattern="^(owner|guest)$")
    """`owner`: what they write counts as your own words. Left out, the first is the owner, later ones are guests."""


class Tried(BaseModel):
    """How a channel is, asked now."""

    is_well: bool
    sentence: str
    hint: str


class LetIn(BaseModel):
    """Who was let in."""

    person: Acquaintance


class Known(BaseModel):
    """Channels as they are after a change."""

    channels: list[ChannelState]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    house: House
    channels: Channels
    introductions: Introductions


def _here(request: web.Request) -> _Here:
    house = house_of(request)
    if house.channels is None:
        raise NotFoundError(_("This house has no channels."), hint="homarus up")
    return _Here(house=house, channels=house.channels, introductions=house.channels.introductions)


def _name(request: web.Request, here: _Here) -> str:
    name = request.match_info["name"]
    known = here.channels.names()
    if name not in known or name in NOT_CHANNELS:
        hint = _("There are: {names}.").format(names=", ".join(known))
        raise NotFoundError(_("There is no channel {name!r}.").format(name=name), hint=hint)
    return name


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with all channels and people."""
    here = _here(request)
    waiting = [codec.dump(one) for one in await here.introductions.waiting()]
    people = [codec.dump(one) for one in await here.introductions.acquaintances()]
    states = [codec.dump(state) for state in here.channels.states()]
    return ok({"channels": states, "available": list(here.channels.names()), "waiting": waiting, "people": people})


async def add(request: web.Request) -> web.StreamResponse:
    """Set a channel up, switched on; secrets go where secrets are."""
    here = _here(request)
    name = _name(request, here)
    wanted = await read_as(request, NewChannel)
    changes: dict[str, Json] = {f"channels.{name}.enabled": True}
    secrets: dict[str, str] = {}
    for key, value in wanted.settings.items():
        path = f"channels.{name}.{key}"
        if caller_of(request).kind is not CallerKind.SOCKET:
            refuse_commands(path, value)
        if isinstance(value, str) and key.casefold().endswith(_SECRET_ENDS):
            secrets[path] = _secret(key, value)
            changes[path] = {"source": "store", "provider": "default", "id": _kept_as(path)}
        else:
            changes[path] = value
    for path, secret in secrets.items():
        here.channels.secrets.put(_kept_as(path), secret)
    (first, value), *rest = changes.items()
    here.house.configuration.set(first, value, by=caller_of(request).by, also=dict(rest))
    here.house.configuration.load()
    here.channels.follow()
    return ok({"channels": [codec.dump(state) for state in here.channels.states()]})


def _secret(key: str, value: str) -> str:
    text = value.strip()
    if not text or not text.isprintable():
        raise UsageError(
            _("That is no value for {key!r}.").format(key=key), hint=_("Copy it alone, without line breaks.")
        )
    return text


def _kept_as(path: str) -> str:
    return path.replace(".", "-").casefold()


async def remove(request: web.Request) -> web.StreamResponse:
    """Switch a channel off; its settings stay."""
    here = _here(request)
    name = _name(request, here)
    here.house.configuration.set(f"channels.{name}.enabled", False, by=caller_of(request).by)
    here.channels.follow()
    return ok({"channels": [codec.dump(state) for state in here.channels.states()]})


async def test(request: web.Request) -> web.StreamResponse:
    """Ask a channel how it is, without sending anything to anybody."""
    here = _here(request)
    name = _name(request, here)
    health = await here.channels.probe(name)
    return ok({"is_well": health.is_well, "sentence": health.sentence, "hint": health.hint})


async def pair(request: web.Request) -> web.StreamResponse:
    """Let in whoever was told this code."""
    here = _here(request)
    name = _name(request, here)
    wanted = await read_as(request, Code)
    is_owner = wanted.who == "owner" or (wanted.who is None and not await here.channels.has_owner(name))
    origin = Origin.OWNER if is_owner else Origin.ALLOWED
    person = await here.introductions.let_in(name, wanted.code, origin=origin)
    return ok({"person": codec.dump(person)})


async def forget(request: web.Request) -> web.StreamResponse:
    """Let nobody in any more under this id."""
    here = _here(request)
    await here.introductions.let_go(_name(request, here), request.match_info["sender"])
    return ok({"people": [codec.dump(one) for one in await here.introductions.acquaintances()]})


class People(BaseModel):
    """Who is left."""

    people: list[Acquaintance]


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/channels",
        answer=listing,
        need=Need.ADMIN,
        about="Channels with their state, who waits to be let in, and who was.",
        gives=ChannelList,
    ),
    Operation(
        method="PUT",
        path="/api/v1/channels/{name}",
        answer=add,
        need=Need.ADMIN,
        about="Set a channel up or change its settings; tokens and passwords are kept as secrets.",
        takes=NewChannel,
        gives=Known,
    ),
    Operation(
        method="DELETE",
        path="/api/v1/channels/{name}",
        answer=remove,
        need=Need.ADMIN,
        about="Switch a channel off; its settings stay.",
        gives=Known,
    ),
    Operation(
        method="POST",
        path="/api/v1/channels/{name}/test",
        answer=test,
        need=Need.ADMIN,
        about="Ask a channel how it is; nothing is sent to anybody.",
        gives=Tried,
    ),
    Operation(
        method="POST",
        path="/api/v1/channels/{name}/pair",
        answer=pair,
        need=Need.ADMIN,
        about="Let in the person who was told this code.",
        takes=Code,
        gives=LetIn,
    ),
    Operation(
        method="DELETE",
        path="/api/v1/channels/{name}/people/{sender}",
        answer=forget,
        need=Need.ADMIN,
        about="Take back that somebody was let in.",
        gives=People,
    ),
)
