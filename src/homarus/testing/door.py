"""A door that opens on scripted answers instead of the network, and remembers what wanted out."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, Stage
from homarus.domain.ports import Dial, Outbound

if TYPE_CHECKING:
    import socket


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeAnswer:
    """What somewhere else answers: a status, headers, and the body in the pieces in which it comes."""

    body: bytes | tuple[bytes, ...] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    url: str = ""
    """The address after redirects; empty for the one asked."""
    cut_after: ConnectionFailedError | None = None
    """Raised when the body is read to its end."""


Reaction: TypeAlias = FakeAnswer | ConnectionFailedError | EgressRefusedError
Line: TypeAlias = "Callable[[Dial], socket.socket] | ConnectionFailedError | EgressRefusedError"
"""What a dialled server does: gives a connected socket (one end of `socket.socketpair()`), or fails."""


class FakeInlet:
    """A `domain.ports.Inlet` over a scripted answer."""

    def __init__(self, answer: FakeAnswer, url: str) -> None:
        """Stand ready to be read once."""
        self._answer = answer
        self._url = answer.url or url

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, with names in lower case."""
        return {name.lower(): value for name, value in self._answer.headers.items()}

    @property
    def url(self) -> str:
        """The address that answered."""
        return self._url

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body in its pieces."""
        body = self._answer.body
        for piece in (body,) if isinstance(body, bytes) else body:
            yield piece
        if self._answer.cut_after is not None:
            raise self._answer.cut_after

    async def read(self, limit_bytes: int) -> bytes:
        """Return the whole body, cut at the limit."""
        return b"".join([piece async for piece in self.chunks()])[:limit_bytes]


class FakeDoor:
    """A `domain.ports.Door`: `answers` maps an address to what it answers, `otherwise` decides for all others."""

    def __init__(
        self,
        answers: Mapping[str, Reaction] | None = None,
        *,
        otherwise: Callable[[Outbound], Reaction] | None = None,
        lines: Mapping[str, Line] | None = None,
    ) -> None:
        """Keep the script; an address, or a `host:port` of `lines`, that is not in it cannot be reached."""
        self._answers = dict(answers or {})
        self._otherwise = otherwise
        self._lines = dict(lines or {})
        self.opened: list[Outbound] = []
        """Every call that was made, in order."""
        self.dialled: list[Dial] = []
        """Every connection that was asked for besides, in order."""
        self.closed = 0
        """How many of them have ended."""

    @asynccontextmanager
    async def open(self, outbound: Outbound) -> AsyncGenerator[FakeInlet]:
        """Answer by the script.

        Raises:
            ConnectionFailedError: when the script says so, or does not know the address.
            EgressRefusedError: when the script says so.
        """
        self.opened.append(outbound)
        reaction = self._react(outbound)
        if not isinstance(reaction, FakeAnswer):
            raise reaction
        try:
            yield FakeInlet(reaction, outbound.url)
        finally:
            self.closed += 1

    @asynccontextmanager
    async def dial(self, dial: Dial) -> "AsyncGenerator[socket.socket]":
        """Give the socket of the script.

        Raises:
            ConnectionFailedError: when the script says so, or does not know the server.
            EgressRefusedError: when the script says so.
        """
        self.dialled.append(dial)
        place = f"{dial.host}:{dial.port}"
        line = self._lines.get(place)
        if line is None:
            hint = "Add it to the FakeDoor's lines."
            raise ConnectionFailedError(Stage.CONNECT, f"Nothing answers at {place!r}.", hint=hint)
        if not callable(line):
            raise line
        opened = line(dial)
        try:
            yield opened
        finally:
            opened.close()
            self.closed += 1

    def _react(self, outbound: Outbound) -> Reaction:
        if outbound.url in self._answers:
            return self._answers[outbound.url]
        if self._otherwise is not None:
            return self._otherwise(outbound)
        return ConnectionFailedError(
            Stage.CONNECT, f"Nothing answers at {outbound.url!r}.", hint="Add it to the FakeDoor's answers."
        )
