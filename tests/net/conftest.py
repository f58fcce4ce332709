"""A raw server that answers every connection with a script, and a door that keeps its receipts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """Listens on loopback; counts connections and keeps the head of every request."""

    port: int = 0
    connections: int = 0
    heads: list[str] = field(default_factory=list[str])
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Serve = Callable[[Script], Awaitable[RawServer]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []

    async def start(script: Script) -> RawServer:
        raw = RawServer()

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            raw.connections += 1
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    raw.heads.append(head.decode())
                    length = [line for line in head.decode().lower().split("\r\n") if line.startswith("content-length")]
                    if length:
                        await reader.readexactly(int(length[0].partition(":")[2]))
                    await script(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                raw.closed.set()
                writer.close()

        server = await asyncio.start_server(one, "127.0.0.1", 0)
        servers.append(server)
        raw.port = server.sockets[0].getsockname()[1]
        return raw

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def crossings() -> list[Crossing]:
    return []


@pytest.fixture
async def door(crossings: list[Crossing]) -> AsyncIterator[OpenDoor]:
    async def keep(crossing: Crossing) -> None:
        crossings.append(crossing)

    async with OpenDoor(keep) as opened:
        yield opened
