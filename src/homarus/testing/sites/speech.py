"""The little of HTTP/1.1 that a farm of sites needs: read a request, write an answer, or misbehave on purpose."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qsl, unquote

_MOST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    host: str
    """Which site of the farm."""
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    night: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One answer: a whole body, or one that comes piece by piece and may never end."""

    body: bytes = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: AsyncIterator[bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A request that was answered."""

    host: str
    path: str
    night: int
    status: int
    at_s: float
    """On a clock that only goes on."""
    headers: Mapping[str, str]


class Farm(Protocol):
    """What a site knows of the farm that it stands on."""

    hits: list[Hit]

    def url(self, site: str, path: str = "/") -> str:
        """Return an address on a site."""
        ...


async def read_asked(reader: asyncio.StreamReader, *, host: str, night: Callable[[], int]) -> Asked | None:
    """Read a request; nothing when the client is gone or speaks something else."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return None
    first, *lines = head[:_MOST_HEAD].decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        return None
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _colon, value in pairs}
    path, _mark, query = words[1].partition("?")
    if size := int(headers.get("content-length", "0") or 0):
        await reader.readexactly(size)
    return Asked(
        method=words[0], host=host, path=unquote(path), query=dict(parse_qsl(query)), headers=headers, night=night()
    )


async def write_given(writer: asyncio.StreamWriter, given: Given) -> bool:
    """Write an answer; say whether the connection may be used again."""
    headers = {"Content-Type": given.kind, **given.headers}
    if given.pieces is None:
        headers["Content-Length"] = str(len(given.body))
    else:
        headers["Transfer-Encoding"] = "chunked"
    phrase = HTTPStatus(given.status).phrase
    lines = [f"HTTP/1.1 {given.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    if given.pieces is None:
        writer.write(given.body)
        await writer.drain()
        return True
    async for piece in given.pieces:
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True
