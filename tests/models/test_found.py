import json
from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from homarus.domain.marks import ProviderMark
from homarus.models.desk import built_in_wires
from homarus.models.engines.watch import Watch
from homarus.models.found import look_around
from homarus.models.providers import provider_of
from homarus.net.door import OpenDoor

pytestmark = pytest.mark.anyio


class Server(Protocol):
    url: str
    paths: list[str]


Serve = Callable[..., Awaitable[Server]]
ROWS = json.dumps({"data": [{"id": "a", "max_model_len": 4096}]})
MODELS = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{ROWS}".encode()
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>My app</html>"


def mark(url: str, *, is_hosted: bool = False) -> ProviderMark:
    return ProviderMark(name="x", api="openai-completions", base_url=f"{url}/v1", is_hosted=is_hosted)


def watch(door: OpenDoor, *marks: ProviderMark) -> Watch:
    providers = {mark.name: provider_of(mark.name, None, mark, {}) for mark in marks}
    return Watch(lambda: providers, door, wires=built_in_wires())


async def test_a_server_that_runs_here_is_found_with_its_models(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(MODELS)
    (found,) = await look_around([mark(server.url)], watch(door, mark(server.url)))
    assert (found.provider, found.models[0].model_id) == ("x", "a")


async def test_a_page_at_a_usual_port_is_no_model_server(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(PAGE)
    assert await look_around([mark(server.url)], watch(door, mark(server.url))) == ()


async def test_nobody_else_is_asked(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(MODELS)
    known = [mark(server.url, is_hosted=True), mark("http://192.168.7.7:1")]
    assert await look_around(known, watch(door, *known)) == ()
    taken = frozenset({f"{server.url}/v1"})
    assert await look_around([mark(server.url)], watch(door, mark(server.url)), taken_addresses=taken) == ()
    assert server.paths == []
