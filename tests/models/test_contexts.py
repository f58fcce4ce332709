"""The context of a model, as it is asked for, allocated and believed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from homarus.domain.content import user
from homarus.domain.engines import EngineKind
from homarus.domain.inference import ModelRef, ModelRequest
from homarus.domain.labels import OWNER, Reach
from homarus.domain.settings import Settings
from homarus.models.desk import Desk
from homarus.net.door import OpenDoor
from homarus.testing.engines import EngineServer, Faults, Model, Rack

pytestmark = pytest.mark.anyio

BOX = ModelRef(provider="box", model_id="q:8b")
Q = Model(name="q:8b", trained_tokens=131_072)


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as opened:
        yield opened


def desk_of(door: OpenDoor, server: EngineServer, *, defaults: dict[str, Any] | None = None, **model: Any) -> Desk:
    models = [{"id": "q:8b", **model}] if model else []
    provider = {"baseUrl": f"{server.url}/v1", "models": models}
    config = {"models": {"mode": "replace", "providers": {"box": provider}}, "agents": {"defaults": defaults or {}}}
    settings = Settings.model_validate(config)
    return Desk(lambda: settings, {}, door, providers={}, wires={})


async def ask(desk: Desk, ref: ModelRef = BOX) -> None:
    await desk.profile(ref)
    request = ModelRequest(model=ref, messages=(user("Hello", OWNER),))
    assert [event async for event in desk.stream(ref, request, reach=Reach.LOCAL_ONLY)]


async def test_an_ollama_behind_v1_is_asked_natively_and_loaded_once(door: OpenDoor) -> None:
    async with EngineServer("ollama", [Q]) as server:
        desk = desk_of(door, server)
        for _ in range(3):
            await ask(desk)
        assert {prompt.path for prompt in server.prompts} == {"/api/chat"}
        assert server.rack.loads == ["q:8b@16384"]
        assert (await desk.profile(BOX)).window_tokens == 16_384


async def test_whoever_wants_v1_of_ollama_gets_the_window_that_it_has_there(door: OpenDoor) -> None:
    async with EngineServer("ollama", [Q]) as server:
        await server.rack.use("q:8b")
        desk = desk_of(door, server, contextWindow=131_072, compat={"ollamaNative": False})
        await ask(desk)
        assert [prompt.path for prompt in server.prompts] == ["/v1/chat/completions"]
        assert (await desk.profile(BOX)).window_tokens == 4096


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        ({"contextTokens": 40_000}, 40_000),
        ({"params": {"num_ctx": 24_576}, "contextTokens": 40_000}, 24_576),
        ({"contextWindow": 20_000}, 20_000),
        ({"contextWindow": 131_072}, 32_768),
        ({"contextTokens": 999_999}, 131_072),
    ],
)
async def test_the_owners_figure_is_the_one_that_ollama_is_asked_for(
    door: OpenDoor, own: dict[str, Any], asked: int
) -> None:
    async with EngineServer("ollama", [Q]) as server:
        desk = desk_of(door, server, **own)
        await ask(desk)
        assert server.rack.loads == [f"q:8b@{asked}"]
        assert (await desk.profile(BOX)).window_tokens == asked


async def test_a_model_that_is_loaded_with_enough_is_left_as_it_is(door: OpenDoor) -> None:
    async with EngineServer("ollama", [Q]) as server:
        await server.rack.use("q:8b", window_tokens=12_288)
        desk = desk_of(door, server)
        await ask(desk)
        server.rack.unload("q:8b")
        await ask(desk)
        assert server.rack.loads == ["q:8b@12288", "q:8b@12288"]


async def test_a_limit_for_all_models_is_one_for_what_is_allocated_too(door: OpenDoor) -> None:
    async with EngineServer("ollama", [Q]) as server:
        await ask(desk_of(door, server, defaults={"contextTokens": 9000}))
        assert server.rack.loads == ["q:8b@9000"]


async def test_what_was_allocated_is_believed_and_not_what_was_asked_for(door: OpenDoor) -> None:
    rack = Rack([Q], faults=Faults(clamp_tokens=6000))
    async with EngineServer("ollama", rack) as server:
        desk = desk_of(door, server, contextTokens=40_000)
        for _ in range(2):
            await ask(desk)
        assert (await desk.profile(BOX)).window_tokens == 6000
        assert rack.loads == ["q:8b@6000"]


@pytest.mark.parametrize("kind", ["lmstudio", "vllm", "llama-server", "llama-router"])
async def test_a_configured_window_is_never_believed_over_the_servers(door: OpenDoor, kind: str) -> None:
    async with EngineServer(kind, Rack([Q], window_tokens=6144)) as server:
        await server.rack.use("q:8b")
        desk = desk_of(door, server, contextWindow=131_072)
        assert (await desk.profile(BOX)).window_tokens == 6144


async def test_whoever_loads_ahead_uses_the_figure_that_requests_will_use(door: OpenDoor) -> None:
    async with EngineServer("ollama", [Q, Model(name="other")]) as server:
        desk = desk_of(door, server)
        assert await desk.contexts.to_load(BOX) == 16_384
        adapter = desk.watch.adapter_for(EngineKind.OLLAMA)
        place = desk.catalog().providers["box"].endpoint
        assert place is not None
        await adapter.load(place, door, "q:8b", window_tokens=await desk.contexts.to_load(BOX))
        await ask(desk)
        assert server.rack.loads == ["q:8b@16384"]


async def test_a_server_that_chooses_its_context_itself_is_told_none(door: OpenDoor) -> None:
    async with EngineServer("lmstudio", [Q]) as server:
        assert await desk_of(door, server).contexts.to_load(BOX) is None
