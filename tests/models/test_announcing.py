"""A model that will be wanted is loaded ahead, on servers that play the real ones; nothing in use makes way."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from homarus.agent.desk import DeskModels
from homarus.domain.inference import ModelRef
from homarus.domain.settings import Settings
from homarus.models.announcing import announce
from homarus.models.desk import Desk
from homarus.models.dispatch import Takes
from homarus.net.door import OpenDoor
from homarus.testing.engines import EngineServer, Model, Rack

pytestmark = pytest.mark.anyio

NAMES = {"ollama": "ollama", "lmstudio": "lmstudio", "llama-router": "llamacpp"}
"""Of servers that can be told to load, as providers."""
ONE, TWO = ModelRef(provider="ollama", model_id="one"), ModelRef(provider="ollama", model_id="two")


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as opened:
        yield opened


@asynccontextmanager
async def watched(door: OpenDoor, server: EngineServer) -> AsyncGenerator[Desk]:
    """Yield the desk before a server that was looked at, as in a gateway that runs."""
    name = NAMES[server.kind]
    provider = {"baseUrl": f"{server.url}/v1", "models": [{"id": "one"}, {"id": "two"}]}
    settings = Settings.model_validate({"models": {"mode": "replace", "providers": {name: provider}}})
    desk = Desk(lambda: settings, {}, door, providers={}, wires={})
    dispatching = asyncio.create_task(desk.dispatch.run())
    try:
        await asyncio.sleep(0)
        await desk.watch.look(name)
        yield desk
    finally:
        dispatching.cancel()


async def settled(server: EngineServer, number: int) -> list[str]:
    """Return which models were loaded, once there are so many loads."""
    async with asyncio.timeout(10):
        while len(server.rack.loads) < number:
            await asyncio.sleep(0.01)
    return [load.partition("@")[0] for load in server.rack.loads]


def of_two(*, max_loaded: int = 3) -> Rack:
    return Rack((Model(name="one"), Model(name="two")), max_loaded=max_loaded)


@pytest.mark.parametrize("kind", list(NAMES))
async def test_what_a_person_chose_is_loaded_before_they_ask(door: OpenDoor, kind: str) -> None:
    async with EngineServer(kind, of_two()) as server, watched(door, server) as desk:
        announce(desk, replace(TWO, provider=NAMES[kind]), takes=Takes.IDLE)
        assert await settled(server, 1) == ["two"]
        assert server.prompts == []


async def test_an_idle_model_makes_way_for_it_and_one_in_use_does_not(door: OpenDoor) -> None:
    async with EngineServer("ollama", of_two(max_loaded=1)) as server:
        await server.rack.use("one")
        async with watched(door, server) as desk:
            async with desk.lease(ONE) as ticket:
                assert [queued async for queued in ticket.wait()] == []
                announce(desk, TWO, takes=Takes.IDLE)
                await asyncio.sleep(0.05)
                assert await settled(server, 1) == ["one"]
            assert await settled(server, 2) == ["one", "two"]


async def test_what_a_turn_foresees_takes_no_room_from_its_own_model(door: OpenDoor) -> None:
    async with EngineServer("ollama", of_two(max_loaded=1)) as server:
        await server.rack.use("one")
        async with watched(door, server) as desk:
            DeskModels(desk).announce(TWO)
            await asyncio.sleep(0.05)
            assert await settled(server, 1) == ["one"]


@pytest.mark.parametrize("name", ["ollama/none", "embedded/smollm2"])
async def test_what_cannot_be_loaded_ahead_is_left_alone(door: OpenDoor, name: str) -> None:
    async with EngineServer("ollama", of_two()) as server, watched(door, server) as desk:
        announce(desk, ModelRef.parse(name), takes=Takes.IDLE)
        await asyncio.sleep(0.05)
        assert server.rack.loads == []
