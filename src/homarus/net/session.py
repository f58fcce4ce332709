"""The aiohttp side of the door: one pool of connections per rule.

A connection that was opened under one rule is never reused under another: a guarded call must not ride on a
connection that an unguarded one opened to the same name.
"""

import socket
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError

from homarus.domain.errors import Stage
from homarus.domain.labels import Reach
from homarus.domain.ports import Outbound, Purpose, Timeouts
from homarus.net.addresses import Address
from homarus.net.direct import ALWAYS, AT_ONCE_BYTES, HEADER_BYTES, DirectAnswer, DirectCalls
from homarus.net.egress import SAFE_METHODS, Attempt, Target, judge_answers
from homarus.net.failed import failed
from homarus.net.inlet import OpenInlet

Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Ask for the addresses of a name."""

_ATTEMPT: ContextVar[Attempt] = ContextVar("attempt")
"""The try that is under way: a connection that is made for it says so here."""


class RuledResolver(AbstractResolver):
    """Resolves once per connection and hands on only what the rule allows, so that nothing else can be connected to."""

    def __init__(self, lookup: Lookup, *, is_guarded: bool, reach: Reach) -> None:
        """Take the way to look names up, and the rule."""
        self._lookup = lookup
        self._is_guarded = is_guarded
        self._reach = reach

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's signature; both are wanted
    ) -> list[ResolveResult]:
        """Return the addresses of a name; `localhost` needs no look-up."""
        name = host.removesuffix(".").lower()
        if name == "localhost" or name.endswith(".localhost"):
            answers: Sequence[Address] = (ip_address("127.0.0.1"), ip_address("::1"))
        else:
            answers = await self._lookup(name, port)
        judge_answers(name, answers, is_guarded=self._is_guarded, reach=self._reach)
        if not answers:
            raise OSError(socket.EAI_NONAME, "no address")
        return [_result(host, port, address) for address in answers]

    async def close(self) -> None:
        """Hold nothing, so close nothing."""


def _result(host: str, port: int, address: Address) -> ResolveResult:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP version four
    return ResolveResult(hostname=host, host=str(address), port=port, family=family, proto=0, flags=0)


def _fresh_socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, *_rest = address
    _ATTEMPT.get().is_reused = False
    return socket.socket(family=family, type=kind, proto=protocol)


class Pool:
    """Connections that were all opened under one rule: no cookies, no proxies or credentials from the environment."""

    def __init__(self, lookup: Lookup, *, is_guarded: bool, reach: Reach) -> None:
        """Take the way to look names up, and the rule."""
        connector = aiohttp.TCPConnector(
            resolver=RuledResolver(lookup, is_guarded=is_guarded, reach=reach),
            use_dns_cache=False,
            limit=0,
            keepalive_timeout=15,
            socket_factory=_fresh_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            headers=ALWAYS,
            max_field_size=HEADER_BYTES,
        )
        self._direct = DirectCalls(self._session)

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def send(self, outbound: Outbound, target: Target, attempt: Attempt) -> OpenInlet:
        """Send a request and return its answer once the head is there; `attempt` learns what was sent.

        Raises:
            ConnectionFailedError: with how far it came.
        """
        may_repeat = outbound.purpose is Purpose.MODEL or outbound.method in SAFE_METHODS
        weight = weight_of(outbound)
        _ATTEMPT.set(attempt)
        while True:
            attempt.is_reused, attempt.sent_bytes = True, weight
            try:
                return OpenInlet(
                    await self._answer(outbound, target.url), place=target.place, idle_s=outbound.timeouts.idle_s
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if isinstance(error, aiohttp.ClientConnectorError):
                    attempt.sent_bytes = 0
                # A server may close a kept connection just as it is used again: nothing was read there, so once more.
                elif attempt.is_reused and may_repeat:
                    continue
                raise failed(error, target.place, stage=Stage.FIRST_BYTE) from error
            except (aiohttp.ClientError, HttpProcessingError, TimeoutError, OSError) as error:
                if isinstance(error, aiohttp.ConnectionTimeoutError):
                    attempt.sent_bytes = 0
                raise failed(error, target.place, stage=Stage.FIRST_BYTE) from error

    async def _answer(self, outbound: Outbound, url: str) -> DirectAnswer | aiohttp.ClientResponse:
        timeout = client_timeout(outbound.timeouts)
        if outbound.body is None or len(outbound.body) <= AT_ONCE_BYTES:
            return await self._direct.send(outbound, url, timeout)
        return await self._session.request(
            outbound.method,
            url,
            headers=outbound.headers,
            data=outbound.body,
            allow_redirects=False,
            timeout=timeout,
        )


def weight_of(outbound: Outbound) -> int:
    """Return how many bytes a request is."""
    size = len(outbound.url) + len(outbound.body or b"")
    for name, value in outbound.headers.items():
        size += len(name) + len(value) + 4
    return size


@lru_cache(maxsize=64)
def client_timeout(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    """Return the limits up to the first byte of the body; the idle limit takes over there."""
    return aiohttp.ClientTimeout(
        total=None, connect=timeouts.connect_s, sock_connect=timeouts.connect_s, sock_read=timeouts.first_byte_s
    )
