"""A cheap HTTP client for benchmarks: on two cores, what the client costs is taken from what it measures.

It speaks just enough HTTP/1.1: one request at a time on a kept connection, answers with a length or in chunks.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Self, cast
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
ANSWER_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, and when it came."""

    status: int
    content: bytes
    """As it was on the wire: chunks keep their frames."""
    first_ms: float
    """Until the first byte of the body, or until its sign was there."""
    total_ms: float


class Line(asyncio.Protocol):
    """One kept connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._began = 0.0
        self._first_at = 0.0
        self._length: int | None = None
        self._body_at = -1
        self._sign = b""
        self._answer: asyncio.Future[Answered] | None = None

    @classmethod
    async def to(cls, url: str) -> Self:
        """Connect to a server."""
        where = urlsplit(url)
        _transport, line = await asyncio.get_running_loop().create_connection(
            cls, where.hostname or "", where.port or 80
        )
        return line

    async def send(self, request: bytes, *, sign: bytes = b"") -> Answered:
        """Send a whole request and return its answer; `sign` is what `first_ms` waits for."""
        assert self._transport is not None
        self._buffer.clear()
        self._body_at, self._first_at, self._sign = -1, 0.0, sign
        self._answer = asyncio.get_running_loop().create_future()
        self._began = perf_counter()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._answer is None or self._answer.done():
            return
        if exc is None and self._first_at:  # an answer without a length ends where the connection does
            self._answer.set_result(self._answered())
        else:
            self._answer.set_exception(exc or ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        """Take bytes in, and tell whoever waits when the answer is whole."""
        self._buffer += data
        if self._body_at < 0 and not self._read_head():
            return
        if not self._first_at and len(self._buffer) > self._body_at and (not self._sign or self._sign in self._buffer):
            self._first_at = perf_counter()
        is_whole = (
            len(self._buffer) >= self._body_at + len(_LAST_CHUNK) and self._buffer.endswith(_LAST_CHUNK)
            if self._length is None
            else len(self._buffer) >= self._body_at + self._length
        )
        if is_whole and self._answer is not None and not self._answer.done():
            self._answer.set_result(self._answered())

    def _read_head(self) -> bool:
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return False
        self._body_at = end + len(_HEAD_END)
        head = bytes(self._buffer[:end]).lower()
        _before, found, after = head.partition(b"\r\ncontent-length:")
        self._length = int(after.split(b"\r\n", 1)[0]) if found else None
        return True

    def _answered(self) -> Answered:
        now = perf_counter()
        return Answered(
            status=int(bytes(self._buffer[9:12])),
            content=bytes(self._buffer[self._body_at :]),
            first_ms=((self._first_at or now) - self._began) * 1000,
            total_ms=(now - self._began) * 1000,
        )


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a POST."""
    where = urlsplit(url)
    lines = [f"POST {where.path} HTTP/1.1", f"Host: {where.netloc}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What came of many requests."""

    times_ms: tuple[float, ...]
    first_ms: tuple[float, ...]
    elapsed_s: float

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return len(self.times_ms) / self.elapsed_s


class Clients:
    """So many connections to one place; a context manager."""

    def __init__(self, url: str, count: int) -> None:
        self._url, self._count = url, count
        self._lines: list[Line] = []

    async def __aenter__(self) -> Self:
        self._lines = [await Line.to(self._url) for _ in range(self._count)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for line in self._lines:
            line.close()

    async def burst(self, requests: list[list[bytes]]) -> Burst:
        """Send to each connection its own requests, and return how long they took."""
        began = perf_counter()
        answers = await self.answers(requests)
        return Burst(
            times_ms=tuple(answer.total_ms for answer in answers),
            first_ms=tuple(answer.first_ms for answer in answers),
            elapsed_s=perf_counter() - began,
        )

    async def answers(self, requests: list[list[bytes]]) -> list[Answered]:
        """Send to each connection its own requests, one after the other, all connections at once."""
        answers: list[Answered] = []

        async def client(line: Line, own: list[bytes]) -> None:
            for request in own:
                answer = await line.send(request)
                assert answer.status < 300, answer.content
                answers.append(answer)

        async with asyncio.timeout(ANSWER_LIMIT_S), asyncio.TaskGroup() as tasks:
            for line, own in zip(self._lines, requests, strict=True):
                tasks.create_task(client(line, own))
        return answers
