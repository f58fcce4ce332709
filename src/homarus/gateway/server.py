"""Serve the house over HTTP: on loopback for browsers and programs, on a Unix socket for the owner's terminal."""

import asyncio
import errno
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.gateway.connection import Doorman
from homarus.gateway.contents import HOOKS, LATER, at_start
from homarus.gateway.headers import stamp
from homarus.gateway.operations import register, register_later
from homarus.gateway.pairing_page import add_pairing_page
from homarus.gateway.security import guard
from homarus.gateway.site import SITE, Site
from homarus.gateway.static import add_static

if TYPE_CHECKING:
    from homarus.gateway.house import House
    from homarus.gateway.redacting import Redacting

STOP_S = 5.0
"""How long requests in flight may take to end when the gateway stops."""
_BACKLOG = 512
_SOCKET_PATH_MAX = 107
"""Linux keeps the path of a Unix socket in 108 bytes, one of them zero; macOS has four less."""
_NO_IPV6 = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})


@dataclass(slots=True, kw_only=True)
class RunningSite:
    """An HTTP face that is up."""

    port: int
    socket_path: Path
    site: Site
    runner: web.AppRunner
    servers: list[asyncio.Server] = field(default_factory=list[asyncio.Server])

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        """Take nothing more in, let what is in flight end, and hang up after `STOP_S`."""
        for server in self.servers:
            server.close()
        self.site.hang_up_all()
        await self.runner.cleanup()
        await self.site.meter.write()
        self.socket_path.unlink(missing_ok=True)


async def serve(
    house: "House",
    *,
    port: int,
    socket_path: Path,
    add_pages: "Callable[[web.Application, House], None] | None" = None,
) -> RunningSite:
    """Listen on loopback and on the socket; a port of 0 lets the system choose one.

    Raises:
        StateError: when the port or the socket cannot be had; the hint says who has it.
    """
    listening = _listen(port)
    try:
        listening.append(_listen_unix(socket_path))
        return await _serve_on(listening, house, socket_path, add_pages)
    except BaseException:
        for sock in listening:
            sock.close()
        raise


async def _serve_on(
    listening: list[socket.socket],
    house: "House",
    socket_path: Path,
    add_pages: "Callable[[web.Application, House], None] | None",
) -> RunningSite:
    port: int = listening[0].getsockname()[1]
    site = Site(house, port=port)
    runner = web.AppRunner(application(site, add_pages), shutdown_timeout=STOP_S)
    await runner.setup()
    assert runner.server is not None
    connection = Doorman().factory(runner.server)
    loop = asyncio.get_running_loop()
    running = RunningSite(port=port, socket_path=socket_path, site=site, runner=runner)
    for sock in listening:
        make = loop.create_unix_server if sock.family == socket.AF_UNIX else loop.create_server
        running.servers.append(await make(connection, sock=sock, backlog=_BACKLOG))
    return running


def application(site: Site, add_pages: "Callable[[web.Application, House], None] | None" = None) -> web.Application:
    """Return the application with every route, guarded."""
    app = web.Application(
        middlewares=[without_secrets(site.house.redacting), guard(site)], client_max_size=site.body_limit("/v1/")
    )
    app[SITE] = site
    app.on_response_prepare.append(stamp)
    register(app, site, at_start())
    register_later(app, site, LATER)
    if (path := site.house.settings().hooks.path) != "/hooks":
        name = next(iter(HOOKS.needs))
        app.router.add_route("POST", f"{path}/{{name}}", HOOKS.answer(name))
        site.open_to("POST", f"{path}/{{name}}", HOOKS.needs[name])
    add_static(app, site)
    add_pairing_page(app, site)
    if add_pages is not None:
        add_pages(app, site.house)
    return app


def without_secrets(redacting: "Redacting") -> Middleware:
    """Return the middleware that lets no secret of the configuration out, wherever an answer has it from."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if isinstance(response, web.Response) and isinstance(body := response.body, bytes):
            clean = redacting.body(body, is_json=response.content_type == "application/json")
            if clean is not body:
                response.body = clean
        return response

    return check


def _listen(port: int) -> list[socket.socket]:
    """Return sockets that listen on 127.0.0.1 and, where there is IPv6, on ::1 with the same port."""
    sockets = [_bound(socket.AF_INET, "127.0.0.1", port)]
    try:
        sockets.append(_bound(socket.AF_INET6, "::1", sockets[0].getsockname()[1]))
    except OSError as error:
        if error.errno not in _NO_IPV6:
            raise
    except StateError:
        # Somebody else on ::1 would get what browsers send to `localhost`.
        sockets[0].close()
        if port:
            raise
        return _listen(0)
    return sockets


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise _taken(host, port) from None
        if error.errno in {errno.EACCES, errno.EPERM}:
            raise StateError(
                _("Port {port} may not be used by this user.").format(port=port),
                hint=_("Choose one above 1023: homarus config set gateway.port 4667"),
            ) from None
        raise
    return sock


def _taken(host: str, port: int) -> StateError:
    holder = _holder(port)
    who = _("by {holder}").format(holder=holder) if holder else _("by another program")
    return StateError(
        _("Port {port} on {host} is taken {who}.").format(port=port, host=host, who=who),
        hint=_("If that is homarus: homarus status. Else choose another port: homarus config set gateway.port {other}")
        .format(other=port + 1),
    )  # fmt: skip


def _holder(port: int) -> str | None:
    """Return the process that listens on a port, where this user may know."""
    import psutil

    try:
        connections = psutil.net_connections("tcp")
        pids = [c.pid for c in connections if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port]
        pid = next(pid for pid in pids if pid)
        command = " ".join(psutil.Process(pid).cmdline())[:120]
    except (psutil.Error, OSError, StopIteration):
        return None
    return f"{command!r} (pid {pid})"


def _listen_unix(path: Path) -> socket.socket:
    """Return a socket that only this user can open; the state folder is ours, so a file that is left is stale."""
    if len(str(path).encode()) > _SOCKET_PATH_MAX:
        raise StateError(
            _("{path!r} is too long for a Unix socket.").format(path=str(path)),
            hint=_("Set HOMARUS_HOME to a shorter path."),
        )
    if path.exists() and not stat.S_ISSOCK(path.lstat().st_mode):
        raise StateError(
            _("{path!r} is in the way: it is not a socket.").format(path=str(path)), hint=_("Move it away, try again.")
        )
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    # The folder is 0700 already; the mode is set before anybody can connect, because nobody listens yet.
    sock.bind(str(path))
    path.chmod(0o600)
    sock.listen(_BACKLOG)
    return sock
