"""What malformed, oversized and slow requests do to the gateway: nothing."""

import asyncio
import json
import socket
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.http_parts import Place, raw
from homarus.domain.errors import UsageError
from homarus.domain.events import Kind
from homarus.gateway import connection
from homarus.gateway.bodies import MAX_DEPTH, is_deeper_than, parse
from homarus.gateway.connection import Doorman

pytestmark = pytest.mark.anyio

_MALFORMED = [
    b"\r\n\r\n",
    b"HELLO\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /pair/claim HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /pair/claim HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /pair/claim HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /pair/claim HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.mark.parametrize("sent", _MALFORMED)
async def test_what_is_no_http_is_refused_without_an_echo(place: Place, sent: bytes) -> None:
    answer = await raw(place.port, sent, then=lambda writer: writer.write_eof())

    assert answer == b"" or answer[9:10] == b"4"
    assert b"Traceback" not in answer
    assert b"aaaa" not in answer


async def test_the_gateway_serves_on_after_all_of_it(place: Place, browser: aiohttp.ClientSession) -> None:
    for sent in _MALFORMED:
        await raw(place.port, sent, then=lambda writer: writer.write_eof())

    answer = await browser.get("/api/v1/status")

    assert answer.status == 200


async def test_a_body_that_says_it_is_too_large_is_not_read(place: Place) -> None:
    head = (
        f"POST /pair/claim HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nContent-Type: application/json\r\n"
        "Content-Length: 999999999\r\n\r\n"
    )

    answer = await raw(place.port, head.encode())

    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_body_that_does_not_say_how_large_it_is_is_cut(place: Place) -> None:
    head = (
        f"POST /pair/claim HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"

    answer = await raw(place.port, head.encode() + chunk * 20)

    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_compressed_body_is_not_unpacked(browser: aiohttp.ClientSession) -> None:
    answer = await browser.post(
        "/api/v1/turns",
        data=b"\x1f\x8b",
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )

    assert answer.status == 415


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 200 + "1" + "}" * 200, "{", "NaN", "[1,]", "\\ud800", ""])
async def test_json_that_makes_no_sense_is_refused_in_words(browser: aiohttp.ClientSession, body: str) -> None:
    answer = await browser.post("/api/v1/turns", data=body, headers={"Content-Type": "application/json"})

    assert answer.status == 400
    assert (await answer.json())["error"]["hint"]


async def test_a_wrong_field_is_named_and_not_repeated(browser: aiohttp.ClientSession) -> None:
    answer = await browser.post("/api/v1/turns", json={"text": "hi", "sesion": "SECRET"})

    message = (await answer.json())["error"]["message"]
    assert answer.status == 400
    assert "sesion" in message
    assert "SECRET" not in message


async def test_a_connection_that_says_nothing_is_closed() -> None:
    doorman = Doorman(first_request_s=0.05)
    server = await _bare_server(doorman)
    try:
        answer = await raw(server.sockets[0].getsockname()[1], b"GET / HTTP/1.1\r\nHost:")
    finally:
        server.close()

    assert answer == b""


async def test_when_too_many_strangers_wait_the_oldest_goes() -> None:
    doorman = Doorman(max_unproven=3)
    server = await _bare_server(doorman)
    port = server.sockets[0].getsockname()[1]
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    try:
        async with asyncio.timeout(5):
            gone = [await reader.read(1) for reader, _writer in opened[:2]]
            opened[4][1].write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            served = await opened[4][0].readline()
    finally:
        for _reader, writer in opened:
            writer.close()
        server.close()

    assert gone == [b"", b""]
    assert served.startswith(b"HTTP/1.1 200")


async def test_a_thousand_strangers_do_not_stop_a_paired_browser(place: Place, browser: aiohttp.ClientSession) -> None:
    await browser.get("/api/v1/status")
    strangers = [socket.create_connection(("127.0.0.1", place.port)) for _ in range(400)]
    try:
        await asyncio.sleep(0)
        answer = await browser.get("/api/v1/status")
    finally:
        for stranger in strangers:
            stranger.close()

    assert answer.status == 200
    assert connection.MAX_UNPROVEN < 400


async def test_what_breaks_inside_shows_nothing_of_the_inside(
    browser: aiohttp.ClientSession, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.house.desk.listing = _broken

    answer = await browser.get("/v1/models")

    told = await answer.text()
    assert answer.status == 500
    assert "the inside" not in told
    assert "the inside" in caplog.text
    assert [event.kind for event in await place.house.store.since(0, kinds=(Kind.FAILED,))] == [Kind.FAILED]


async def test_a_page_gets_a_page_and_a_program_gets_json(browser: aiohttp.ClientSession) -> None:
    page = await browser.get("/nowhere", headers={"Accept": "text/html"})
    program = await browser.get("/api/v1/nowhere")
    client = await browser.get("/v1/nowhere")

    assert [answer.status for answer in (page, program, client)] == [404, 404, 404]
    assert page.content_type == "text/html"
    assert "hint" in (await program.json())["error"]
    assert (await client.json())["error"]["type"] == "not_found_error"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_a_usage_error(body: bytes) -> None:
    with suppress(UsageError):
        parse(body)


@pytest.mark.parametrize(("depth", "is_refused"), [(MAX_DEPTH, False), (MAX_DEPTH + 2, True)])
def test_nesting_has_a_limit(depth: int, *, is_refused: bool) -> None:
    assert is_deeper_than(json.loads("[" * depth + "]" * depth), MAX_DEPTH) == is_refused


async def _broken() -> tuple[()]:
    raise KeyError("the inside")


async def _bare_server(doorman: Doorman) -> asyncio.Server:
    async def answer(_request: web.BaseRequest) -> web.Response:
        return web.Response(text="ok")

    make = doorman.factory(web.Server(answer))
    return await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)


def test_halves_of_letters_do_not_come_in() -> None:
    assert parse(rb'{"a\ud800": ["\uD83E\uDD9E", "x\udfffy"]}') == {"a?": ["\N{LOBSTER}", "x?y"]}
