"""The aiohttp side of the door: one pool of connections per rule, and every way a call fails by its stage.

A connection that was opened under one rule is never reused under another: a guarded call must not ride on a
connection that an unguarded one opened to the same name.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from types import SimpleNamespace
from typing import TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from homarus.domain.errors import ConnectionFailedError, Stage
from homarus.domain.i18n import _
from homarus.domain.labels import Reach
from homarus.domain.ports import Timeouts
from homarus.net.addresses import Address
from homarus.net.egress import judge_answers

Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Ask for the addresses of a name."""

PIECE_BYTES = 64 * 1024


@dataclass(slots=True)
class Attempt:
    """What is known of one try to send a request."""

    is_reused: bool = False
    """Whether it went out on a connection that had been used before."""


async def look_up(name: str, port: int) -> Sequence[Address]:
    """Ask the system's resolver for the addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


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


async def _note_reuse(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceConnectionReuseconnParams
) -> None:
    context.trace_request_ctx.is_reused = True


def open_session(lookup: Lookup, *, is_guarded: bool, reach: Reach) -> aiohttp.ClientSession:
    """Return a session with a pool of its own: no cookies, no proxies or credentials from the environment."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_reuse)
    connector = aiohttp.TCPConnector(
        resolver=RuledResolver(lookup, is_guarded=is_guarded, reach=reach),
        use_dns_cache=False,
        limit=0,
        keepalive_timeout=15,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        trace_configs=[trace],
        headers={"User-Agent": "homarus"},
        max_field_size=32 * 1024,
    )


def client_timeout(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    """Return the limits up to the first byte of the body; the idle limit takes over there."""
    return aiohttp.ClientTimeout(
        total=None, connect=timeouts.connect_s, sock_connect=timeouts.connect_s, sock_read=timeouts.first_byte_s
    )


def failed(error: Exception, place: str, *, stage: Stage) -> ConnectionFailedError:
    """Say in the house's words how a call failed; `stage` is how far it had come when nothing else is known."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        sentence, hint = _("{place} has no address."), _("Check the spelling of the address and your network.")
        return _failure(Stage.RESOLVE, sentence, place, hint)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        sentence, hint = _("{place} did not answer the call in time."), _("Check that the machine is on and reachable.")
        return _failure(Stage.CONNECT, sentence, place, hint, is_timeout=True)
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        sentence = _("{place} cannot prove who it is (TLS).")
        hint = _("Check its certificate; a certificate of your own is trusted through SSL_CERT_FILE.")
        return _failure(Stage.CONNECT, sentence, place, hint)
    if isinstance(error, aiohttp.ClientConnectorError):
        sentence, hint = _("Nothing answers at {place}."), _("Start the server there, or check address and port.")
        return _failure(Stage.CONNECT, sentence, place, hint)
    if isinstance(error, TimeoutError):
        sentence, hint = _("{place} was silent for too long."), _("It may be busy or stuck; try again or restart it.")
        return _failure(stage, sentence, place, hint, is_timeout=True)
    if isinstance(error, aiohttp.ClientResponseError):
        sentence, hint = _("{place} answers something that is not HTTP."), _("Check that address and port are right.")
        return _failure(stage, sentence, place, hint)
    sentence, hint = _("{place} broke off."), _("Try again; look into the server's log when it happens again.")
    return _failure(stage, sentence, place, hint)


def _failure(stage: Stage, sentence: str, place: str, hint: str, *, is_timeout: bool = False) -> ConnectionFailedError:
    return ConnectionFailedError(stage, sentence.format(place=place), hint=hint, is_timeout=is_timeout)
