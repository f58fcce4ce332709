"""A running face and a paired browser, for the tests of the gateway's HTTP."""

from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from gateway.http_parts import Place, running_place, session
from homarus.gateway.configure import Configuration


@pytest.fixture
async def place(home: Path) -> AsyncGenerator[Place]:
    async with running_place(home) as place:
        yield place


@pytest.fixture
async def browser(place: Place) -> AsyncGenerator[aiohttp.ClientSession]:
    """A paired browser."""
    jar = aiohttp.CookieJar(unsafe=True)
    jar.update_cookies(await place.cookie(), URL(place.url))
    async with session(place.url, cookie_jar=jar) as client:
        yield client


@pytest.fixture
async def stranger(place: Place) -> AsyncGenerator[aiohttp.ClientSession]:
    """A program on the same machine that has no credential."""
    async with session(place.url) as client:
        yield client


@pytest.fixture
async def owner(place: Place) -> AsyncGenerator[aiohttp.ClientSession]:
    """The owner's terminal, on the Unix socket."""
    connector = aiohttp.UnixConnector(str(place.running.socket_path))
    async with session("http://localhost", connector=connector) as client:
        yield client


@pytest.fixture
def configuration(home: Path) -> Configuration:
    """The configuration of a house that has just been installed."""
    made = Configuration(home, environment={})
    made.load()
    return made
