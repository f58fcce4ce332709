"""Plugin files: see which may run; say so, over the Unix socket alone, because a plugin has all rights of the house."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from homarus.domain.content import JsonObject
from homarus.gateway import plugin_approvals
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, house_of
from homarus.gateway.plugin_approvals import PluginFile


class PluginState(BaseModel):
    """A file in the folder of plugins."""

    name: str
    sha256: str
    """Of the file as it is now."""
    is_approved: bool
    """Whether these very bytes may run."""
    is_changed: bool
    """Whether other bytes of this name were approved before."""
    needs_restart: bool
    """Whether this gateway started before the last word about this file."""


class PluginList(BaseModel):
    """Files in the folder of plugins."""

    plugins: list[PluginState]


class Approve(BaseModel):
    """The owner's yes to one file."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of the file that you read: the yes holds for exactly these bytes."""


async def plugins(request: web.Request) -> web.StreamResponse:
    """Answer with the files, by name."""
    found = plugin_approvals.files(house_of(request).home)
    return ok({"plugins": [_told(request, plugin) for plugin in found]})


async def approve(request: web.Request) -> web.StreamResponse:
    """Let a file run from the next start on."""
    wanted = await read_as(request, Approve)
    home = house_of(request).home
    return ok(_told(request, plugin_approvals.approve(home, request.match_info["name"], sha256=wanted.sha256)))


async def revoke(request: web.Request) -> web.StreamResponse:
    """Let a file not run any more from the next start on."""
    return ok(_told(request, plugin_approvals.revoke(house_of(request).home, request.match_info["name"])))


def _told(request: web.Request, plugin: PluginFile) -> JsonObject:
    at_start = house_of(request).plugins_at_start.get(str(plugin.path))
    now = plugin.sha256 if plugin.is_approved else None
    return {
        "name": plugin.name,
        "sha256": plugin.sha256,
        "is_approved": plugin.is_approved,
        "is_changed": plugin.is_changed,
        "needs_restart": at_start != now and not (plugin.is_changed and at_start is None),
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/plugins",
        answer=plugins,
        need=Need.ADMIN,
        about="Files in the folder of plugins, and which may run.",
        gives=PluginList,
    ),
    Operation(
        method="PUT",
        path="/api/v1/plugins/{name}",
        answer=approve,
        need=Need.SOCKET,
        about="Let a file run, as it is now, from the next start on; only over the Unix socket.",
        takes=Approve,
        gives=PluginState,
    ),
    Operation(
        method="DELETE",
        path="/api/v1/plugins/{name}",
        answer=revoke,
        need=Need.SOCKET,
        about="Let a file not run any more from the next start on; only over the Unix socket.",
        gives=PluginState,
    ),
)
