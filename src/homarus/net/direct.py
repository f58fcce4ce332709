"""A small call written straight to a pooled connection.

aiohttp's session adds cookies, redirects, traces, retries and a task for the body to every call. The door wants none
of them for a body that fits into one write, and they cost more than the rest of a call: 40 of 72 us, measured with the
bare proxy of the benchmarks. Connections, TLS and parsing stay aiohttp's.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

from homarus.domain.errors import EgressRefusedError
from homarus.domain.i18n import _
from homarus.domain.ports import Outbound

AT_ONCE_BYTES = 64 * 1024
"""A body up to this size is written in one go with its head."""
ALWAYS = {"User-Agent": "homarus"}
HEADER_BYTES = 32 * 1024
_KEPT_HEADS = 256
_BREAKS = frozenset("\r\n\0")
_FINAL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectAnswer:
    """The answer to a call of this module."""

    status: int
    headers: Mapping[str, str]
    url: URL
    content: aiohttp.StreamReader
    held: Connection

    @property
    def connection(self) -> Connection | None:
        """Where the body comes from; nothing once it was read to its end."""
        return self.held if self.held.protocol is not None else None

    def close(self) -> None:
        """Give the connection up, unless it was given back."""
        self.held.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """Everything of a request that does not depend on its body; `request` tells the connector where to."""

    request: aiohttp.ClientRequest
    text: bytes


class DirectCalls:
    """Calls over the connections of one session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Take the session; what was asked before is remembered, because heads repeat."""
        self._session = session
        self._heads: dict[tuple[object, ...], _Head] = {}

    async def send(self, outbound: Outbound, url: str, limits: aiohttp.ClientTimeout) -> DirectAnswer:
        """Send a request and return the head of its answer.

        Raises:
            ClientError: what aiohttp's session raises.
        """
        head = self._head(outbound, url)
        connection = await self._connected(head.request, limits)
        try:
            return await self._asked(connection, head, outbound, limits)
        except BaseException:
            connection.close()
            raise

    async def _connected(self, request: aiohttp.ClientRequest, limits: aiohttp.ClientTimeout) -> Connection:
        connector = self._session.connector
        if connector is None:
            raise aiohttp.ClientConnectionError("Connector is closed.")
        try:
            return await connector.connect(request, traces=[], timeout=limits)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {request.url}") from error

    async def _asked(
        self, connection: Connection, head: _Head, outbound: Outbound, limits: aiohttp.ClientTimeout
    ) -> DirectAnswer:
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None or transport.is_closing():
            raise aiohttp.ServerDisconnectedError
        protocol.set_response_params(
            skip_payload=outbound.method == "HEAD",
            read_until_eof=True,
            read_timeout=limits.sock_read,
            max_field_size=HEADER_BYTES,
        )
        body = outbound.body
        if body is None:
            transport.write(head.text + b"\r\n")
        else:
            transport.write(b"%bContent-Length: %d\r\n\r\n%b" % (head.text, len(body), body))
        protocol.start_timeout()
        message, content = await protocol.read()
        while message.code < _FINAL and message.code != 101:  # noqa: PLR2004 - switching protocols, which nobody asked for
            message, content = await protocol.read()
        content.on_eof(connection.release)
        return DirectAnswer(
            status=message.code, headers=message.headers, url=head.request.url, content=content, held=connection
        )

    def _head(self, outbound: Outbound, url: str) -> _Head:
        key = (outbound.method, url, outbound.body is None, *outbound.headers.items())
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _KEPT_HEADS:
                self._heads.clear()
            head = self._heads[key] = self._written(outbound, url)
        return head

    def _written(self, outbound: Outbound, url: str) -> _Head:
        """Write a head the way aiohttp's session does."""
        own = CIMultiDict(ALWAYS)
        own.update(outbound.headers)
        request = aiohttp.ClientRequest(
            outbound.method,
            URL(url),
            headers=own,
            loop=asyncio.get_running_loop(),
            session=self._session,
        )
        headers = request.headers
        if outbound.body is not None:
            headers.popall("Content-Length", None)
            headers.setdefault("Content-Type", "application/octet-stream")
        lines = [f"{request.method} {request.url.raw_path_qs} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if any(_BREAKS & set(line) for line in lines):
            raise EgressRefusedError(
                _("A header for {place!r} has a line break in it.").format(place=request.url.host),
                hint=_("Check the headers and the key that are configured for it."),
            )
        return _Head(request=request, text="\r\n".join([*lines, ""]).encode())
