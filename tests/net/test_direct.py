"""What a call looks like on the wire, whether it is small or large."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, Stage
from homarus.domain.ports import Outbound, Purpose, Timeouts
from homarus.net.direct import AT_ONCE_BYTES
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing

pytestmark = pytest.mark.anyio

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server(Protocol):
    """What the tests look at of the raw server."""

    connections: int
    heads: list[str]
    closed: asyncio.Event

    @property
    def url(self) -> str: ...


Serve = Callable[[Script], Awaitable[Server]]


def says(*pieces: bytes) -> Script:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return script


def post(url: str, body: bytes | None, **headers: str) -> Outbound:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Outbound(method="POST", url=url, purpose=Purpose.MODEL, body=body, headers=named)


def lines(head: str) -> list[str]:
    return sorted(head.strip().lower().split("\r\n")[1:])


@pytest.mark.parametrize("size", [0, 1, AT_ONCE_BYTES, AT_ONCE_BYTES + 1, 1_000_000])
async def test_bodies_of_any_size_arrive(door: OpenDoor, serve: Serve, size: int) -> None:
    server = await serve(says(OK))
    for _ in range(2):
        async with door.open(post(server.url, b"x" * size)) as inlet:
            assert await inlet.read(10) == b"ok"
    assert server.connections == 1
    assert f"content-length: {size}" in server.heads[1].lower()


async def test_a_large_call_says_the_same_as_a_small_one(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(OK))
    for body in (b"x", b"x" * (AT_ONCE_BYTES + 1)):
        async with door.open(post(f"{server.url}/a?b=c%20d", body, Accept="a/b", X_Own="1")) as inlet:
            await inlet.read(10)
    small, large = ([line for line in lines(head) if "content-length" not in line] for head in server.heads)
    assert small == large
    assert {head.split("\r\n")[0] for head in server.heads} == {"POST /a?b=c%20d HTTP/1.1"}


async def test_a_name_that_the_caller_gives_itself_stands_alone(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(OK))
    async with door.open(post(server.url, b"{}", user_agent="mine")) as inlet:
        await inlet.read(10)
    assert [line for line in lines(server.heads[0]) if line.startswith("user-agent")] == ["user-agent: mine"]


async def test_headers_that_changed_are_sent_as_they_are_now(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(OK))
    for key in ("old", "new"):
        async with door.open(post(server.url, b"{}", Authorization=f"Bearer {key}")) as inlet:
            await inlet.read(10)
    assert "Bearer new" in server.heads[1]
    assert "Bearer old" not in server.heads[1]


async def test_a_line_break_in_a_header_sends_nothing(door: OpenDoor, serve: Serve, crossings: list[Crossing]) -> None:
    server = await serve(says(OK))
    with pytest.raises(EgressRefusedError):
        async with door.open(post(server.url, b"{}", Authorization="Bearer k\r\nX-Smuggled: 1")):
            pass
    assert (server.connections, crossings[0].sent_bytes) == (0, 0)


async def test_a_head_has_no_body_whatever_its_length_says(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"))
    for _ in range(2):
        async with door.open(Outbound(method="HEAD", url=server.url, purpose=Purpose.TOOL)) as inlet:
            assert await inlet.read(10) == b""
    assert server.connections == 1


async def test_an_early_hint_is_not_the_answer(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", OK))
    async with door.open(post(server.url, b"{}")) as inlet:
        assert (inlet.status, await inlet.read(10)) == (200, b"ok")


async def test_chunks_and_a_body_that_ends_with_the_connection_come_whole(door: OpenDoor, serve: Serve) -> None:
    chunked = await serve(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"))

    async def ends(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nabc")
        await writer.drain()
        writer.close()

    ending = await serve(ends)
    for server in (chunked, ending):
        async with door.open(post(server.url, b"{}")) as inlet:
            assert await inlet.read(10) == b"abc"


async def test_who_stops_waiting_hangs_up(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), door.open(post(server.url, b"{}")):
            pass
    await asyncio.wait_for(server.closed.wait(), 5)


async def test_a_late_head_is_a_late_first_byte(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says())
    slow = Outbound(
        method="POST", url=server.url, purpose=Purpose.MODEL, body=b"{}", timeouts=Timeouts(first_byte_s=0.15)
    )
    with pytest.raises(ConnectionFailedError) as caught:
        async with door.open(slow):
            pass
    assert (caught.value.stage, caught.value.is_timeout) == (Stage.FIRST_BYTE, True)
