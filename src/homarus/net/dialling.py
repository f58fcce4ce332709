"""Connections for protocols that are not HTTP: judged, connected and written down like every call of the door.

What travelled is asked of the kernel, because the libraries that get the socket read and write in their own ways
(uvloop past Python's socket, STARTTLS through a second one); the figures are of the wire, TLS included.
"""

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from struct import unpack_from
from typing import TYPE_CHECKING

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, HomarusError, Stage
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.labels import Reach
from homarus.domain.ports import Dial
from homarus.net.addresses import Address, Zone, place_of, read_host, zone_of
from homarus.net.egress import Crossing, Target, judge_answers, judge_guarded, judge_local_only, judge_region

if TYPE_CHECKING:
    from homarus.net.session import Lookup

MAIL_PORTS = frozenset({25, 110, 143, 465, 587, 993, 995, 2525, 4190})
"""The only ports that a guarded call reaches: whoever names a mail server must not name a database."""
_LAST_PORT = 65535
_INFO_BYTES = 256
_LINUX_RECEIVED, _LINUX_SENT = 128, 200
"""Where `bytes_received` and `bytes_sent` stand in `struct tcp_info` (Linux 4.19, include/uapi/linux/tcp.h)."""
_DARWIN_INFO, _DARWIN_SENT, _DARWIN_RECEIVED = 0x106, 64, 88
"""`TCP_CONNECTION_INFO` and its `tcpi_txbytes`, `tcpi_rxbytes` (xnu, bsd/netinet/tcp.h)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How much went over a connection, bytes of the wire."""

    sent_bytes: int = 0
    received_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What dialling needs of the door: how names are looked up, what is let through besides, who writes it down."""

    lookup: "Lookup"
    is_exception: Callable[[Target], bool]
    report: Callable[[Crossing], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    reach: Reach
    is_guarded: bool


def tls_context() -> ssl.SSLContext:
    """Return what TLS and STARTTLS are made with: certificates are checked; `SSL_CERT_FILE` adds one of your own.

    Reads the machine's certificates, some 10 ms: not on the loop.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@asynccontextmanager
async def dialled(dial: Dial, exchange: Exchange) -> AsyncGenerator[socket.socket]:
    """Open a connection and yield its socket, blocking and with the dial's limit; leaving closes it."""
    line = _Line(dial=dial, exchange=exchange)
    try:
        try:
            opened = await line.opened()
        except EgressRefusedError as error:
            line.decision, line.because = "refused", error.message
            raise
        line.because = line.why_allowed()
        yield opened
    except HomarusError as error:
        line.because = error.message
        raise
    finally:
        line.close()
        await exchange.report(line.receipt())


@dataclass(slots=True, kw_only=True)
class _Line:
    """One connection from its judgement to its receipt."""

    dial: Dial
    exchange: Exchange
    decision: str = "allowed"
    because: str = field(default_factory=lambda: _("The call was given up before an answer came."))
    traffic: Traffic = field(default_factory=Traffic)
    zone: Zone | None = None
    """Where the address leads that was connected to; until then what its text tells."""
    target: Target = field(init=False)
    _socket: socket.socket | None = None
    _twin: socket.socket | None = None
    """A second hold on the connection: libraries close theirs, and what travelled is read after that."""

    def __post_init__(self) -> None:
        host = read_host(_ascii(self.dial.host))
        shown = f"[{host.text}]" if ":" in host.text else host.text
        url = f"tcp://{shown}:{self.dial.port}"
        self.target = Target(url=url, scheme="tcp", host=host, port=self.dial.port)

    async def opened(self) -> socket.socket:
        """Return the connected socket.

        Raises:
            EgressRefusedError: nothing was sent.
            ConnectionFailedError: nobody answers, or who answers cannot prove who it is.
        """
        rule = self._judged()
        try:
            async with asyncio.timeout(self.dial.timeout_s):
                plain = self._socket = await self._connected(await self._addresses(rule))
                self._twin = plain.dup()
                if self.dial.is_tls:
                    context = await asyncio.to_thread(tls_context)
                    self._socket = await self._secured(plain, context)
        except TimeoutError as error:
            sentence, hint = (
                _("{place} did not answer the call in time."),
                _("Check that the machine is on and reachable."),
            )
            raise self._failure(Stage.CONNECT, sentence, hint, is_timeout=True) from error
        self._socket.settimeout(self.dial.timeout_s)
        return self._socket

    def why_allowed(self) -> str:
        """Say why the door opened."""
        if self.dial.is_guarded:
            return _("Every address of it is public.")
        if self.dial.reach is Reach.LOCAL_ONLY or self.zone in {Zone.LOOPBACK, Zone.HOME}:
            return _("It stays on this machine or in your network.")
        return _("The owner configured it.")

    def close(self) -> None:
        """Close the connection, whoever else holds it, and keep how much travelled."""
        if self._twin is not None:
            self.traffic = traffic_of(self._twin)
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)
            self._twin.close()
        if self._socket is not None:
            self._socket.close()

    def receipt(self) -> Crossing:
        """Return what is written down about it."""
        return Crossing(
            host=self.target.place,
            purpose=self.dial.purpose,
            sent_bytes=self.traffic.sent_bytes,
            received_bytes=self.traffic.received_bytes,
            decision=self.decision,
            because=self.because,
            zone=self.zone or place_of(self.target.url),
            turn=TurnId(self.dial.run) if self.dial.run else None,
        )

    def _judged(self) -> _Rule:
        dial, target = self.dial, self.target
        if not target.host.text or not 0 < dial.port <= _LAST_PORT:
            raise EgressRefusedError(
                _("{place!r} is not opened: it is no host and port.").format(place=target.place),
                hint=_("Write a server as its name and a port, for example imap.example.org and 993."),
            )
        is_guarded = dial.is_guarded and not self.exchange.is_exception(target)
        if is_guarded:
            judge_guarded(target, ports=MAIL_PORTS)
        reach = dial.reach
        if reach is Reach.REGION and not judge_region(target, within=None, region=None):
            reach = Reach.LOCAL_ONLY
        if reach is Reach.LOCAL_ONLY:
            judge_local_only(target)
        return _Rule(reach=reach, is_guarded=is_guarded)

    async def _addresses(self, rule: _Rule) -> Sequence[Address]:
        host = self.target.host
        if host.literal is not None:
            answers: Sequence[Address] = (host.literal,)
        elif host.is_this_machine_by_name:
            answers = (ip_address("127.0.0.1"), ip_address("::1"))
        else:
            answers = await self._looked_up(host.text)
        judge_answers(host.text, answers, is_guarded=rule.is_guarded, reach=rule.reach)
        return answers

    async def _looked_up(self, name: str) -> Sequence[Address]:
        sentence, hint = _("{place} has no address."), _("Check the spelling of the address and your network.")
        try:
            answers = await self.exchange.lookup(name, self.dial.port)
        except OSError as error:
            raise self._failure(Stage.RESOLVE, sentence, hint) from error
        if not answers:
            raise self._failure(Stage.RESOLVE, sentence, hint)
        return answers

    async def _connected(self, answers: Sequence[Address]) -> socket.socket:
        """Connect to the first address that answers, and to nothing else: the name is not asked a second time."""
        last: OSError | None = None
        for address in answers:
            self.zone = zone_of(address)
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP version four
            one = socket.socket(family, socket.SOCK_STREAM)
            one.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(one, (str(address), self.dial.port))
            except OSError as error:
                one.close()
                last = error
            except BaseException:
                one.close()
                raise
            else:
                return one
        sentence = _("Nothing answers at {place}.")
        raise self._failure(Stage.CONNECT, sentence, _("Start the server there, or check address and port.")) from last

    async def _secured(self, plain: socket.socket, context: ssl.SSLContext) -> socket.socket:
        """Begin TLS without holding up the loop."""
        secured = context.wrap_socket(plain, server_hostname=self.target.host.text, do_handshake_on_connect=False)
        self._socket = secured
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(secured, is_to_write=False)
            except ssl.SSLWantWriteError:
                await _ready(secured, is_to_write=True)
            except ssl.SSLCertVerificationError as error:
                sentence = _("{place} cannot prove who it is (TLS): {because}.").format(
                    place="{place}", because=error.verify_message.rstrip(".")
                )
                hint = _("Check its certificate; a certificate of your own is trusted through SSL_CERT_FILE.")
                raise self._failure(Stage.CONNECT, sentence, hint) from error
            except OSError as error:  # ssl.SSLError is one
                sentence = _("{place} does not speak TLS as it should.")
                hint = _("A port that begins in plain (143, 587) needs STARTTLS; 993 and 465 begin with TLS.")
                raise self._failure(Stage.CONNECT, sentence, hint) from error
            else:
                return secured

    def _failure(self, stage: Stage, sentence: str, hint: str, *, is_timeout: bool = False) -> ConnectionFailedError:
        message = sentence.replace("{place}", self.target.place)
        return ConnectionFailedError(stage, message, hint=hint, is_timeout=is_timeout)


def traffic_of(connection: socket.socket) -> Traffic:
    """Return what the kernel says has travelled; nothing where it does not tell."""
    try:
        if sys.platform == "linux":
            facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
            at_sent, at_received = _LINUX_SENT, _LINUX_RECEIVED
        elif sys.platform == "darwin":
            facts = connection.getsockopt(socket.IPPROTO_TCP, _DARWIN_INFO, _INFO_BYTES)
            at_sent, at_received = _DARWIN_SENT, _DARWIN_RECEIVED
        else:
            return Traffic()
    except OSError:
        return Traffic()
    if len(facts) < max(at_sent, at_received) + 8:
        return Traffic()
    return Traffic(
        sent_bytes=unpack_from("=Q", facts, at_sent)[0], received_bytes=unpack_from("=Q", facts, at_received)[0]
    )


def _ascii(host: str) -> str:
    try:
        return host.strip().encode("idna").decode("ascii")
    except UnicodeError:
        return host.strip()


async def _ready(connection: socket.socket, *, is_to_write: bool) -> None:
    """Wait until the connection can be read or written."""
    loop = asyncio.get_running_loop()
    is_ready = loop.create_future()

    def done() -> None:
        if not is_ready.done():
            is_ready.set_result(None)

    if is_to_write:
        loop.add_writer(connection.fileno(), done)
    else:
        loop.add_reader(connection.fileno(), done)
    try:
        await is_ready
    finally:
        if is_to_write:
            loop.remove_writer(connection.fileno())
        else:
            loop.remove_reader(connection.fileno())
