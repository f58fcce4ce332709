import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, Stage
from homarus.domain.ports import Outbound, Purpose, Timeouts
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing

pytestmark = pytest.mark.anyio

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server(Protocol):
    """What the tests look at of the raw server."""

    port: int
    connections: int
    heads: list[str]
    closed: asyncio.Event

    @property
    def url(self) -> str: ...


Serve = Callable[[Script], Awaitable[Server]]
QUICK = Timeouts(connect_s=2, first_byte_s=0.15, idle_s=0.15)


def says(*pieces: bytes) -> Script:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return script


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = "".join(f"{line}\r\n" for line in headers)
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


def get(url: str, **more: object) -> Outbound:
    return Outbound(method="GET", url=url, purpose=Purpose.TOOL, **more)  # pyright: ignore[reportArgumentType] - test shorthand


async def test_an_answer_comes_in_with_status_headers_and_body(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(answer(b"hello", "X-Kind: test")))
    async with door.open(get(server.url)) as inlet:
        assert (inlet.status, inlet.headers["x-kind"], await inlet.read(100)) == (200, "test", b"hello")


async def test_every_call_leaves_one_receipt(door: OpenDoor, serve: Serve, crossings: list[Crossing]) -> None:
    server = await serve(says(answer(b"hello")))
    async with door.open(get(f"{server.url}/secret-path")) as inlet:
        await inlet.read(100)
    (crossing,) = crossings
    assert (crossing.host, crossing.received_bytes, crossing.decision) == (f"127.0.0.1:{server.port}", 5, "allowed")
    assert not crossing.left_the_machine
    assert "secret-path" not in str(crossing.event().body)


async def test_a_refused_call_leaves_a_receipt_and_sends_nothing(door: OpenDoor, crossings: list[Crossing]) -> None:
    with pytest.raises(EgressRefusedError):
        async with door.open(get("http://169.254.169.254/", is_guarded=True)):
            pass
    assert [(c.decision, c.sent_bytes) for c in crossings] == [("refused", 0)]


async def test_nothing_listening_is_a_failed_connect(door: OpenDoor) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        async with door.open(get("http://127.0.0.1:9")):
            pass
    assert (caught.value.stage, caught.value.is_timeout) == (Stage.CONNECT, False)


async def test_silence_before_the_first_byte_is_its_own_stage(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says())
    with pytest.raises(ConnectionFailedError) as caught:
        async with door.open(get(server.url, timeouts=QUICK)):
            pass
    assert (caught.value.stage, caught.value.is_timeout) == (Stage.FIRST_BYTE, True)


async def test_headers_alone_are_not_the_first_byte(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"))
    with pytest.raises(ConnectionFailedError) as caught:
        async with door.open(get(server.url, timeouts=QUICK)) as inlet:
            await inlet.read(100)
    assert caught.value.stage is Stage.FIRST_BYTE


async def test_silence_in_the_middle_is_idle(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"))
    with pytest.raises(ConnectionFailedError) as caught:
        async with door.open(get(server.url, timeouts=QUICK)) as inlet:
            await inlet.read(100)
    assert (caught.value.stage, caught.value.is_timeout) == (Stage.IDLE, True)


async def test_silence_after_the_first_bytes_is_measured_by_the_idle_limit_alone(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"))
    patient_at_first = Timeouts(connect_s=2, first_byte_s=60, idle_s=0.15)
    async with asyncio.timeout(20):
        with pytest.raises(ConnectionFailedError) as caught:
            async with door.open(get(server.url, timeouts=patient_at_first)) as inlet:
                await inlet.read(100)
    assert (caught.value.stage, caught.value.is_timeout) == (Stage.IDLE, True)


async def test_a_kept_connection_has_no_clock_running(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(answer(b"hello")))
    for _ in range(2):
        async with door.open(get(server.url, timeouts=Timeouts(idle_s=0.1))) as inlet:
            assert await inlet.read(100) == b"hello"
        await asyncio.sleep(0.3)
    assert server.connections == 1


async def test_a_body_that_breaks_off_is_cut(door: OpenDoor, serve: Serve) -> None:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        await writer.drain()
        raise ConnectionError

    server = await serve(script)
    with pytest.raises(ConnectionFailedError) as caught:
        async with door.open(get(server.url)) as inlet:
            await inlet.read(100)
    assert caught.value.stage is Stage.CUT


async def test_leaving_closes_the_connection_at_once(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"))
    async with door.open(get(server.url)) as inlet:
        await anext(inlet.chunks())
    await asyncio.wait_for(server.closed.wait(), 5)


async def test_a_connection_is_kept_after_a_whole_answer(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(answer(b"hello")))
    for _ in range(3):
        async with door.open(get(server.url)) as inlet:
            await inlet.read(100)
    assert server.connections == 1


async def test_a_kept_connection_that_died_is_tried_once_more_for_a_model(door: OpenDoor, serve: Serve) -> None:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(1)
        if len(seen) == 2:
            raise ConnectionError
        writer.write(answer(b"hello"))

    seen: list[int] = []
    server = await serve(script)
    for _ in range(2):
        call = Outbound(method="POST", url=server.url, purpose=Purpose.MODEL, body=b"{}")
        async with door.open(call) as inlet:
            assert await inlet.read(100) == b"hello"
    assert (server.connections, len(seen)) == (2, 3)


async def test_a_fresh_connection_that_dies_is_not_tried_again(door: OpenDoor, serve: Serve) -> None:
    async def script(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        raise ConnectionError

    server = await serve(script)
    with pytest.raises(ConnectionFailedError):
        async with door.open(Outbound(method="POST", url=server.url, purpose=Purpose.MODEL, body=b"{}")):
            pass
    assert server.connections == 1


async def test_a_redirect_to_another_origin_loses_its_credentials(door: OpenDoor, serve: Serve) -> None:
    there = await serve(says(answer(b"there")))
    here = await serve(says(answer(b"", f"Location: {there.url}/page", status="302 Found")))
    call = get(here.url, max_redirects=3, headers={"Authorization": "Bearer k", "X-Api-Key": "k", "Accept": "a/b"})
    async with door.open(call) as inlet:
        assert await inlet.read(100) == b"there"
        assert inlet.url == f"{there.url}/page"
    assert "Authorization: Bearer k" in here.heads[0]
    assert "Bearer" not in there.heads[0]
    assert "api-key" not in there.heads[0].lower()
    assert "Accept: a/b" in there.heads[0]


async def test_each_hop_is_judged_again(serve: Serve) -> None:
    there = await serve(says(answer(b"secret")))
    here = await serve(says(answer(b"", f"Location: {there.url}/", status="302 Found")))
    async with OpenDoor(exceptions=frozenset({f"127.0.0.1:{here.port}"})) as door:
        with pytest.raises(EgressRefusedError):
            async with door.open(get(here.url, is_guarded=True, max_redirects=3)):
                pass
    assert there.connections == 0


async def test_going_round_in_circles_ends(door: OpenDoor, serve: Serve, crossings: list[Crossing]) -> None:
    server = await serve(says(answer(b"", "Location: /again", status="302 Found")))
    with pytest.raises(EgressRefusedError):
        async with door.open(get(server.url, max_redirects=3)):
            pass
    assert len(crossings) == 4


async def test_a_body_is_not_carried_to_another_origin(door: OpenDoor, serve: Serve) -> None:
    there = await serve(says(answer(b"mine now")))
    here = await serve(says(answer(b"", f"Location: {there.url}/", status="307 Temporary Redirect")))
    call = Outbound(method="POST", url=here.url, purpose=Purpose.TOOL, body=b"private", max_redirects=2)
    with pytest.raises(EgressRefusedError):
        async with door.open(call):
            pass
    assert there.connections == 0


async def test_without_leave_a_redirect_is_an_answer_like_any_other(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(answer(b"", "Location: http://127.0.0.1:9/", status="302 Found")))
    async with door.open(get(server.url)) as inlet:
        assert inlet.status == 302


async def test_a_bomb_does_not_unpack(door: OpenDoor, serve: Serve) -> None:
    bomb = gzip.compress(b"\0" * (80 * 1024 * 1024), compresslevel=9)
    server = await serve(says(answer(bomb, "Content-Encoding: gzip")))
    with pytest.raises(ConnectionFailedError):
        async with door.open(get(server.url)) as inlet:
            await inlet.read(1024 * 1024 * 1024)


async def test_pieces_are_small_and_a_limit_cuts(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(answer(b"x" * 300_000)))
    async with door.open(get(server.url)) as inlet:
        assert [len(piece) <= 64 * 1024 async for piece in inlet.chunks()].count(False) == 0
    async with door.open(get(server.url)) as inlet:
        assert len(await inlet.read(1000)) == 1000


async def test_no_cookie_and_no_proxy_is_taken_up(
    door: OpenDoor, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server = await serve(says(answer(b"hello", "Set-Cookie: a=b")))
    for _ in range(2):
        async with door.open(get(server.url)) as inlet:
            await inlet.read(10)
    assert "cookie" not in server.heads[1].lower()


async def test_something_that_is_not_http_is_said_so(door: OpenDoor, serve: Serve) -> None:
    server = await serve(says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))
    with pytest.raises(ConnectionFailedError, match="not HTTP"):
        async with door.open(get(server.url)):
            pass
