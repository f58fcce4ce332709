"""One connection of the gateway's server: how many there may be, how long one may say nothing, and who hung up."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web

from homarus.domain.i18n import _
from homarus.gateway.headers import ALWAYS, NOT_A_PAGE

_LOG = logging.getLogger(__name__)

FIRST_REQUEST_S = 10.0
"""A connection whose first request has not come in whole by then is closed."""
KEEP_ALIVE_S = 75.0
MAX_UNPROVEN = 256
"""Connections that have not yet sent a valid credential; beyond that the oldest of them is closed for a new one."""


class Doorman:
    """Counts the connections that have not shown a valid credential."""

    def __init__(self, max_unproven: int = MAX_UNPROVEN, first_request_s: float = FIRST_REQUEST_S) -> None:
        self.max_unproven = max_unproven
        self.first_request_s = first_request_s
        self._unproven: dict[Connection, None] = {}

    def admit(self, connection: "Connection") -> None:
        """Let a stranger in; when there are too many, the one who has been here longest goes."""
        self._unproven[connection] = None
        if len(self._unproven) > self.max_unproven:
            longest = next(iter(self._unproven))
            del self._unproven[longest]
            longest.force_close()

    def forget(self, connection: "Connection") -> None:
        """Stop counting one that showed a credential or left."""
        self._unproven.pop(connection, None)

    def factory(self, server: web.Server) -> "Callable[[], Connection]":
        """Return what makes a connection for each one that comes in."""
        loop = asyncio.get_running_loop()
        return lambda: Connection(self, server, loop)


class Cancelling:
    """Keeps the current task among those that end with a connection; a class because every request pays for it."""

    __slots__ = ("_task", "_tasks")

    def __init__(self, tasks: set[asyncio.Task[Any]]) -> None:
        self._tasks = tasks
        self._task: asyncio.Task[Any] | None = None

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        assert self._task is not None
        self._tasks.add(self._task)

    def __exit__(self, *_error: object) -> None:
        assert self._task is not None
        self._tasks.discard(self._task)


class Connection(web.RequestHandler):
    """A connection that is closed when it is one too many or too slow."""

    __slots__ = ("_deadline", "_doorman", "_streams", "is_owner_socket")

    def __init__(self, doorman: Doorman, server: web.Server, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=KEEP_ALIVE_S,
            access_log=None,  # type: ignore[arg-type]
            lingering_time=1.0,
            auto_decompress=False,
        )
        self._doorman = doorman
        self._deadline: asyncio.TimerHandle | None = None
        self._streams: set[asyncio.Task[Any]] = set()
        self.is_owner_socket = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, counted and with a deadline."""
        self.is_owner_socket = isinstance(transport.get_extra_info("sockname"), str | bytes)
        super().connection_made(transport)
        if self.is_owner_socket:
            return
        self._doorman.admit(self)
        self._deadline = asyncio.get_running_loop().call_later(self._doorman.first_request_s, self._too_slow)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop the answers that nobody reads any more."""
        self._doorman.forget(self)
        self.arrived()
        for task in tuple(self._streams):
            task.cancel()
        super().connection_lost(exc)

    def arrived(self) -> None:
        """Note that a whole request came in, so the connection is not a slow one."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def proven(self) -> None:
        """Note that a valid credential came over this connection."""
        self._doorman.forget(self)

    def cancelling(self) -> "Cancelling":
        """Cancel the current task when the other side hangs up, as long as the block lasts."""
        return Cancelling(self._streams)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP with a plain sentence; what came in goes neither into the answer nor into the log."""
        del message
        _LOG.warning("A request could not be read or answered: %s", type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was already on its way")
        sentence = _("This is not a request that can be read.") if status < 500 else _("Something broke.")  # noqa: PLR2004
        error = {"message": sentence, "hint": _("Send HTTP/1.1 as RFC 9112 has it."), "kind": "UsageError"}
        headers = {**ALWAYS, "Content-Security-Policy": NOT_A_PAGE}
        response = web.Response(
            status=status, text=json.dumps({"error": error}), content_type="application/json", headers=headers
        )
        response.force_close()
        return response

    def _too_slow(self) -> None:
        self._deadline = None
        self.force_close()


def connection_of(request: web.BaseRequest) -> Connection:
    """Return the connection that a request came over."""
    connection = request.protocol
    assert isinstance(connection, Connection)
    return connection
