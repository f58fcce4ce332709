"""Setting up over HTTP: what was found and is proposed, what would change, and the change itself."""

from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from homarus.domain import codec
from homarus.domain.engines import Engine
from homarus.domain.i18n import _
from homarus.gateway import presets, servers
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.looks import max_age_s
from homarus.gateway.operations import Operation, caller_of, house_of
from homarus.gateway.presets import Preset, PresetCard
from homarus.gateway.proposing import Option, options
from homarus.gateway.servers import Server
from homarus.gateway.setup import Change, Hosted, Wanted
from homarus.models.fit.machine import Machine


class LookRequest(BaseModel):
    """Where to look besides this machine."""

    model_config = ConfigDict(extra="forbid")

    server: str | None = Field(default=None, max_length=500)
    """`http://box:11434`, `box:1234`, `box`, `https://gpu.lan/v1`."""
    key: SecretStr | None = None
    """For a server that wants one."""
    is_scan: bool = False
    """Look for servers in the owner's network, on the ports of those that are known."""


class HostedKey(BaseModel):
    """A key for a hosted service; it is kept as a secret, and only its name is written into the configuration."""

    model_config = ConfigDict(extra="forbid")

    provider: str = Field(min_length=1, max_length=100)
    key: SecretStr


class SetupRequest(BaseModel):
    """What a person chose; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, max_length=300)
    preset: Preset | None = None
    server: str | None = Field(default=None, max_length=500)
    server_key: SecretStr | None = None
    hosted: HostedKey | None = None
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it is set up now."""

    model: str
    """The model that is configured; nothing when the first one answers."""
    preset: Preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What was found, and what can be chosen."""

    machine: Machine
    engines: tuple[Engine, ...]
    servers: tuple[Server, ...]
    """Found where it was looked besides; written down only when one of their models is chosen."""
    options: tuple[Option, ...]
    presets: tuple[PresetCard, ...]
    hosted: tuple[Hosted, ...]
    current: Standing
    because: str = ""
    """What this machine is good for."""
    notes: tuple[str, ...] = field(default_factory=tuple[str, ...])


class SetupDone(BaseModel):
    """What changed, or would."""

    changes: list[Change]
    is_written: bool


async def propose(request: web.Request) -> web.StreamResponse:
    """Answer with what was found on this machine."""
    return ok(_said(await proposal(house_of(request), LookRequest(), max_age_s=max_age_s(request))))


async def look(request: web.Request) -> web.StreamResponse:
    """Answer with what was found on this machine and where it was looked besides."""
    return ok(_said(await proposal(house_of(request), await read_as(request, LookRequest))))


async def proposal(house: House, wanted: LookRequest, *, max_age_s: float = 0.0) -> Proposal:
    """Return what can be chosen, from a look at servers that is not older than `max_age_s`.

    Raises:
        HomarusError: when no model server answers at the address that was named.
    """
    engines = await house.engines.listing(is_fresh=True, max_age_s=max_age_s)
    notes: list[str] = []
    found = await _servers(house, wanted, notes)
    current = house.settings().agents.defaults.model.primary or ""
    recommended = await house.fitting().recommended()
    return Proposal(
        machine=house.machine.now(),
        engines=engines,
        servers=found,
        options=await options(house.fitting(), engines, found, recommended.choices, current=current),
        presets=presets.cards(),
        hosted=house.setup().hosted(),
        current=Standing(model=current, preset=presets.current(house.settings())),
        because=recommended.because,
        notes=tuple(notes),
    )


async def _servers(house: House, wanted: LookRequest, notes: list[str]) -> tuple[Server, ...]:
    taken = _taken(house)
    found: list[Server] = []
    if wanted.server:
        key = wanted.key.get_secret_value() if wanted.key is not None else None
        found.append(await servers.look_at(wanted.server, house.door, api_key=key, taken=taken))
    if wanted.is_scan:
        around = await servers.look_around(house.neighbours(), house.door, taken=taken)
        found += around.servers
        where = ", ".join(around.networks) or _("no private network")
        notes.append(_("Looked for servers in {where}: {count} found.").format(where=where, count=len(around.servers)))
        if not around.is_whole:
            notes.append(_("Not every address could be asked in time; name one that you know with --server."))
    return tuple(found)


def _taken(house: House) -> dict[str, str]:
    """Return the provider names that stand for a server already, with their addresses."""
    models = house.desk.catalog()
    found = {candidate.ref.provider for candidate in models.candidates if candidate.is_found}
    return {
        name: provider.endpoint.base_url if provider.endpoint is not None else ""
        for name, provider in models.providers.items()
        if provider.is_configured or name in found
    }


async def write(request: web.Request) -> web.StreamResponse:
    """Write what was chosen, all of it or nothing; or only say what that would be."""
    house, asked = house_of(request), await read_as(request, SetupRequest)
    server = None
    if asked.server:
        key = asked.server_key.get_secret_value() if asked.server_key is not None else None
        server = await servers.look_at(asked.server, house.door, api_key=key, taken=_taken(house))
    keys = {asked.hosted.provider: asked.hosted.key.get_secret_value()} if asked.hosted is not None else {}
    if server is not None and asked.server_key is not None:
        keys[server.provider] = asked.server_key.get_secret_value()
    wanted = Wanted(model=asked.model, preset=asked.preset, server=server, keys=keys)
    by = caller_of(request).by
    changes = house.setup().plan(wanted) if asked.is_dry_run else house.setup().write(wanted, by=by)
    return ok({"changes": [codec.dump(change) for change in changes], "is_written": not asked.is_dry_run})


def _said(made: Proposal) -> object:
    return codec.dump(made)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/setup",
        answer=propose,
        need=Need.READ,
        about="What a set-up proposes: this machine, its servers, models to choose from, and what may be done.",
        gives=Proposal,
    ),
    Operation(
        method="POST",
        path="/api/v1/setup/look",
        answer=look,
        need=Need.ADMIN,
        about="The same, with a server at an address, or with those of the owner's network.",
        takes=LookRequest,
        gives=Proposal,
    ),
    Operation(
        method="POST",
        path="/api/v1/setup",
        answer=write,
        need=Need.ADMIN,
        about="Write a server, a model and what agents may do, all at once; with `is_dry_run`, only say what would be.",
        takes=SetupRequest,
        gives=SetupDone,
    ),
)
