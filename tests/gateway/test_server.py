"""Listening, stopping, and the files that pages need."""

import asyncio
import os
import re
import socket
from pathlib import Path

import aiohttp
import pytest

from gateway.http_parts import Place, raw, running_place
from homarus.domain.errors import StateError
from homarus.gateway.server import serve
from homarus.gateway.static import static_url

pytestmark = pytest.mark.anyio


async def test_a_taken_port_names_who_has_it_and_a_next_step(place: Place, tmp_path: Path) -> None:
    with pytest.raises(StateError, match=f"pid {os.getpid()}") as caught:
        await serve(place.house, port=place.port, socket_path=tmp_path / "other.sock")

    assert "gateway.port" in caught.value.hint
    assert not (tmp_path / "other.sock").exists()


async def test_a_path_too_long_for_a_socket_is_said_in_words(place: Place, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="too long"):
        await serve(place.house, port=0, socket_path=tmp_path / ("x" * 120))


async def test_a_file_in_the_way_of_the_socket_is_left_alone(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    path.write_text("mine")

    with pytest.raises(StateError, match="in the way"):
        await serve(place.house, port=0, socket_path=path)

    assert path.read_text() == "mine"


async def test_a_socket_left_by_a_killed_gateway_is_replaced(home: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(home / "gateway.sock"))
    left.close()

    async with running_place(home) as place:
        reader, writer = await asyncio.open_unix_connection(str(place.running.socket_path))
        writer.write(b"GET /pair HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.0 200")
    assert not (home / "gateway.sock").exists()


async def test_stopping_ends_streams_and_does_not_wait_for_them(home: Path) -> None:
    async with running_place(home) as place:
        connector = aiohttp.UnixConnector(str(place.running.socket_path))
        async with aiohttp.ClientSession("http://localhost", connector=connector) as owner:
            stream = await owner.get("/api/v1/events?follow=1")
            await stream.content.readuntil(b"\n\n")
            async with asyncio.timeout(3):
                await place.running.stop()
            stream.close()

    assert not (home / "gateway.sock").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2f..%2fserver.py",
        "%2e%2e/__init__.py",
        ".hidden.js",
        "pair.js/..",
        "pair.py",
        "",
        "a\x00.js",
        "/etc/passwd",
    ],
)
async def test_nothing_but_the_files_of_the_face_is_served(place: Place, name: str) -> None:
    head = f"GET /static/{name} HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nConnection: close\r\n\r\n"

    answer = await raw(place.port, head.encode())

    assert answer[9:10] == b"4"


async def test_a_marked_file_is_kept_and_an_unmarked_one_is_asked_for_again(stranger: aiohttp.ClientSession) -> None:
    marked = await stranger.get(static_url("pair.js"))
    plain = await stranger.get("/static/pair.js")
    known = await stranger.get("/static/pair.js", headers={"If-None-Match": plain.headers["ETag"]})

    assert marked.headers["Cache-Control"].endswith("immutable")
    assert plain.headers["Cache-Control"] == "no-cache"
    assert marked.content_type == "text/javascript"
    assert known.status == 304


async def test_the_pairing_page_runs_only_a_file_that_carries_its_nonce(stranger: aiohttp.ClientSession) -> None:
    answer = await stranger.get("/pair")
    page = await answer.text()

    (nonce,) = re.findall(r"script-src 'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
    assert re.findall(r"<script[^>]*>([^<]*)", page) == [""]
    assert f'nonce="{nonce}"' in page
