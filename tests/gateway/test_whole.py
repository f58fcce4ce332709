"""An answer that goes out in one piece says what every answer says."""

import json
from pathlib import Path

import pytest

from gateway.http_parts import providers, raw, running_place
from gateway.upstream import WHOLE, running_upstream
from homarus.gateway.headers import ALWAYS, NOT_A_PAGE

pytestmark = pytest.mark.anyio
BODY = json.dumps({"model": "up/big", "messages": [{"role": "user", "content": "Hi"}]}).encode()


def post(port: int, key: str, *more: str, version: str = "1.1") -> bytes:
    lines = [
        f"POST /v1/chat/completions HTTP/{version}",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + BODY


LAST = ("Connection: close",)


def heads(answer: bytes) -> list[dict[str, str]]:
    """Return the headers of each answer that came over one connection; all bodies are of one length."""
    found: list[dict[str, str]] = []
    while answer:
        head, _end, rest = answer.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
        named = {name.lower(): value for name, _colon, value in lines}
        assert len(named) == len(lines)
        found.append(named)
        size = int(named["content-length"])
        assert json.loads(rest[:size]) == WHOLE
        answer = rest[size:]
    return found


async def test_kept_and_last_answers_carry_the_same_headers(home: Path) -> None:
    async with running_upstream() as upstream:
        up = {"api": "openai-completions", "baseUrl": upstream.url, "models": [{"id": "big"}]}
        async with running_place(home, providers(up=up)) as place:
            key = await place.key("chat")
            kept, last = heads(await raw(place.port, post(place.port, key) + post(place.port, key, *LAST)))
    expected = {name.lower(): value for name, value in ALWAYS.items()}
    expected["content-security-policy"] = NOT_A_PAGE
    assert {name: kept[name] for name in expected} == expected
    assert last.pop("connection") == "close"
    assert kept.keys() == last.keys()
    assert {**kept, "date": ""} == {**last, "date": ""}


async def test_an_old_client_and_an_allowed_page_get_what_they_need(home: Path) -> None:
    async with running_upstream() as upstream:
        up = {"api": "openai-completions", "baseUrl": upstream.url, "models": [{"id": "big"}]}
        page = "https://editor.example"
        settings = {**providers(up=up), "gateway": {"allowedOrigins": [page]}}
        async with running_place(home, settings) as place:
            key = await place.key("chat")
            old = await raw(place.port, post(place.port, key, version="1.0"))
            (from_page,) = heads(await raw(place.port, post(place.port, key, f"Origin: {page}", *LAST)))
    assert old.startswith(b"HTTP/1.0 200")
    assert from_page["access-control-allow-origin"] == page
