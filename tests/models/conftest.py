"""A raw model server that answers with a script of bytes, and a door to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from homarus.net.door import OpenDoor

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class ModelServer:
    """Answers every request with the next script; the last one is used again and again."""

    answers: list[Answer] = field(default_factory=list[Answer])
    port: int = 0
    paths: list[str] = field(default_factory=list[str])
    bodies: list[bytes] = field(default_factory=list[bytes])
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def body(self, number: int = -1) -> dict[str, Any]:
        return json.loads(self.bodies[number])

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = [line for line in head.lower().split("\r\n") if line.startswith("content-length")]
            self.bodies.append(await reader.readexactly(int(length[0].partition(":")[2])) if length else b"")
            self.paths.append(head.split(" ")[1])
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.gone.set()
            writer.close()


Serve = Callable[..., Awaitable[ModelServer]]


@pytest.fixture
async def model_server() -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []

    async def start(*answers: Answer) -> ModelServer:
        made = ModelServer(answers=list(answers))
        server = await asyncio.start_server(made.one, "127.0.0.1", 0)
        servers.append(server)
        made.port = server.sockets[0].getsockname()[1]
        return made

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as opened:
        yield opened
