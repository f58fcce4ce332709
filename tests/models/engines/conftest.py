"""A door, and servers that play each kind."""

from collections.abc import AsyncIterator

import pytest

from homarus.domain.ports import Endpoint
from homarus.net.door import OpenDoor
from homarus.testing.engines import EngineServer


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as opened:
        yield opened


def at(server: EngineServer, path: str = "/v1") -> Endpoint:
    return Endpoint(provider="box", base_url=f"{server.url}{path}", api_key=server.api_key)
