"""Nothing that was right for one request of a connection is taken for granted with the next."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from gateway.http_parts import Place

pytestmark = pytest.mark.anyio


class Line:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, host: str, **headers: str) -> int:
        named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.writer.write(f"GET /v1/models HTTP/1.1\r\nHost: {host}\r\n{named}\r\n".encode())
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await self.reader.readexactly(int(length.partition(b":")[2]))
        return int(head.split(b" ")[1])


@asynccontextmanager
async def line_to(place: Place) -> AsyncGenerator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


async def test_another_name_counts_with_the_next_request(place: Place) -> None:
    key, here = await place.key("chat"), f"127.0.0.1:{place.port}"
    async with line_to(place) as line:
        assert await line.ask(here, Authorization=f"Bearer {key}") == 200
        assert await line.ask(f"evil.example:{place.port}", Authorization=f"Bearer {key}") == 421


async def test_a_foreign_origin_counts_with_the_next_request(place: Place) -> None:
    key, here = await place.key("chat"), f"127.0.0.1:{place.port}"
    async with line_to(place) as line:
        assert await line.ask(here, Authorization=f"Bearer {key}") == 200
        assert await line.ask(here, Authorization=f"Bearer {key}", Origin="http://evil.example") == 403
        assert await line.ask(here, Authorization=f"Bearer {key}", Sec_Fetch_Site="cross-site") == 403


async def test_a_credential_is_shown_with_every_request(place: Place) -> None:
    key, here = await place.key("chat"), f"127.0.0.1:{place.port}"
    async with line_to(place) as line:
        assert await line.ask(here, Authorization=f"Bearer {key}") == 200
        assert await line.ask(here) == 401
        assert await line.ask(here, Authorization=f"Bearer {key}x") == 401


async def test_a_key_that_was_taken_back_is_worth_nothing_on_an_open_connection(
    place: Place, owner: aiohttp.ClientSession
) -> None:
    made = await (await owner.post("/api/v1/keys", json={"name": "editor"})).json()
    here = f"127.0.0.1:{place.port}"
    async with line_to(place) as line:
        assert await line.ask(here, Authorization=f"Bearer {made['secret']}") == 200
        await owner.delete(f"/api/v1/keys/{made['key']['key_id']}")
        assert await line.ask(here, Authorization=f"Bearer {made['secret']}") == 401
