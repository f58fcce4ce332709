"""The server reads HTTP however it is cut into pieces."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homarus.testing.quirks import QuirkServer

pytestmark = pytest.mark.anyio
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def exchange(server: QuirkServer, pieces: list[bytes]) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    finally:
        writer.close()
        await writer.wait_closed()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % len(data) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(marks)]


def plain(body: bytes) -> bytes:
    return b"POST /v1/messages?beta=1 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def chunked(body: bytes) -> bytes:
    chunks = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:]) if part)
    return b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


@FEW
@given(body=st.binary(max_size=200), places=st.lists(st.integers(0, 400), max_size=6), is_chunked=st.booleans())
async def test_a_body_arrives_as_it_was_sent(body: bytes, places: list[int], *, is_chunked: bool) -> None:
    async with QuirkServer() as server:
        await exchange(server, cut((chunked if is_chunked else plain)(body), places))
    (request,) = server.received
    assert (request.body, request.path) == (body, "/v1/messages")


async def test_two_requests_in_one_write_are_both_answered() -> None:
    async with QuirkServer() as server:
        await exchange(server, [plain(b"{}") + plain(b"[]")])
        async with asyncio.timeout(10):
            while len(server.received) < 2:
                await asyncio.sleep(0.01)
    assert [request.body for request in server.received] == [b"{}", b"[]"]


@FEW
@given(noise=st.binary(min_size=1, max_size=80))
async def test_noise_does_no_harm(noise: bytes) -> None:
    async with QuirkServer() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
        writer.write(noise + b"\r\n\r\n")
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert (await exchange(server, [plain(b"{}")])).startswith(b"HTTP/1.1 400")
