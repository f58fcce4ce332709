"""What servers can be told to do: load, unload, download, delete; on servers that remember."""

import pytest

from homarus.domain.engines import Adapter, EngineKind, LoadState, PullProgress
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.ports import Endpoint
from homarus.models.closing import closing
from homarus.models.engines.adapters import adapter_for
from homarus.models.engines.llama_server import LlamaServerEngine
from homarus.models.engines.lm_studio import LmStudioEngine
from homarus.net.door import OpenDoor
from homarus.testing.engines import EngineServer, Faults, Model, Rack
from homarus.testing.quirks import QuirkServer
from homarus.testing.quirks.server import Manner
from homarus.testing.quirks.turns import OPENAI_COMPLETIONS

pytestmark = pytest.mark.anyio

PLAYED = {
    "ollama": EngineKind.OLLAMA,
    "lmstudio": EngineKind.LM_STUDIO,
    "vllm": EngineKind.VLLM,
    "llama-server": EngineKind.LLAMA_SERVER,
    "llama-router": EngineKind.LLAMA_SERVER,
}
ORDERED = ["ollama", "lmstudio", "llama-router"]
BIG = Model(name="big", size_bytes=10_000)


def at(server: EngineServer) -> Endpoint:
    return Endpoint(provider="box", base_url=f"{server.url}/v1")


def rack(*models: Model, **faults: object) -> Rack:
    return Rack(models or (Model(name="a"), Model(name="b")), registry=(BIG,), faults=Faults(**faults))  # pyright: ignore[reportArgumentType] - by name


def quick(kind: str) -> Adapter:
    """Return an adapter that asks again at once."""
    if kind == "lmstudio":
        return LmStudioEngine(look_again_s=0)
    return LlamaServerEngine(look_again_s=0) if kind == "llama-router" else adapter_for(PLAYED[kind])


async def pulled(server: EngineServer, door: OpenDoor, name: str = "big") -> list[PullProgress]:
    return [step async for step in quick(server.kind).pull(at(server), door, name)]


@pytest.mark.parametrize("kind", ORDERED)
async def test_what_is_loaded_is_seen_and_leaves_when_told(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind, rack()) as server:
        adapter = quick(kind)
        await adapter.load(at(server), door, "a")
        assert [model.model_id for model in (await adapter.look(at(server), door)).loaded] == ["a"]
        await adapter.unload(at(server), door, "a")
        assert (await adapter.look(at(server), door)).loaded == ()


@pytest.mark.parametrize("kind", list(PLAYED))
async def test_looking_loads_nothing_and_keeps_nothing_awake(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind) as server:
        before = list(server.rack.loads)
        uses = {name: there.last_used for name, there in server.rack.loaded.items()}
        for _ in range(3):
            assert (await adapter_for(PLAYED[kind]).look(at(server), door)).is_up
        assert server.rack.loads == before
        assert {name: there.last_used for name, there in server.rack.loaded.items()} == uses


@pytest.mark.parametrize("kind", ["ollama", "lmstudio"])
async def test_a_window_that_is_asked_for_is_the_one_that_is_read_back(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind, rack()) as server:
        adapter = adapter_for(PLAYED[kind])
        await adapter.load(at(server), door, "a", window_tokens=8192)
        assert [model.window_tokens for model in (await adapter.look(at(server), door)).loaded] == [8192]


async def test_lm_studio_is_not_given_a_second_copy_of_what_it_has(door: OpenDoor) -> None:
    async with EngineServer("lmstudio", rack()) as server:
        adapter = adapter_for(EngineKind.LM_STUDIO)
        for _ in range(2):
            await adapter.load(at(server), door, "a", window_tokens=8192)
        assert server.rack.loads == ["a@8192"]


@pytest.mark.parametrize("kind", ORDERED)
async def test_a_download_tells_how_far_it_is_and_ends_on_the_disk(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind, rack()) as server:
        steps = await pulled(server, door)
        assert steps[-1].is_done
        assert "big" in server.rack.disk
        shares = [step.done_bytes for step in steps if step.total_bytes]
        assert len(shares) > 2
        assert shares == sorted(shares)


@pytest.mark.parametrize("kind", ORDERED)
async def test_a_download_that_was_cut_goes_on_where_it_stopped(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind, rack(cut_pull_at=0.5)) as server:
        with pytest.raises(ModelCallError) as stopped:
            await pulled(server, door)
        assert stopped.value.failure is Failure.CUT_OFF
        done = server.rack.downloads["big"].done_bytes
        assert 0 < done < 10_000
        steps = await pulled(server, door)
        assert next(step for step in steps if step.total_bytes).done_bytes >= done
        assert steps[-1].is_done


@pytest.mark.parametrize("kind", ORDERED)
async def test_an_unknown_name_says_what_to_look_up(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind, rack()) as server:
        with pytest.raises(ModelCallError) as unknown:
            await pulled(server, door, "qwen9")
        assert unknown.value.failure is Failure.MODEL_MISSING
        assert "qwen9:8b" in unknown.value.hint


async def test_an_error_in_a_stream_of_status_200_is_an_error(door: OpenDoor) -> None:
    words = "write /root/.ollama/models/blobs/sha256-1: no space left on device"
    async with EngineServer("ollama", rack(pull_says=words)) as server:
        with pytest.raises(ModelCallError, match="not enough disk") as full:
            await pulled(server, door)
        assert "Make room" in full.value.hint


async def test_leaving_a_download_of_a_router_stops_it_there(door: OpenDoor) -> None:
    async with EngineServer("llama-router", rack()) as server:
        steps = adapter_for(EngineKind.LLAMA_SERVER).pull(at(server), door, "hf.co/big")
        async with closing(steps):
            await anext(steps)
        assert not server.rack.downloads["big"].is_under_way


@pytest.mark.parametrize("kind", ["ollama", "llama-router"])
async def test_what_is_deleted_is_gone(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind, rack()) as server:
        await adapter_for(PLAYED[kind]).remove(at(server), door, "a")
        assert list(server.rack.disk) == ["b"]


@pytest.mark.parametrize("kind", ["lmstudio", "vllm", "llama-server"])
async def test_an_order_that_a_server_does_not_take_is_refused_with_the_next_step(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind) as server:
        with pytest.raises(ModelCallError) as refused:
            await adapter_for(PLAYED[kind]).remove(at(server), door, next(iter(server.rack.disk)))
        assert refused.value.hint


@pytest.mark.parametrize("kind", ORDERED)
async def test_a_model_that_cannot_be_loaded_says_why(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind, rack(Model(name="a", fails="cudaMalloc failed: out of memory"))) as server:
        adapter = adapter_for(PLAYED[kind])
        with pytest.raises(ModelCallError) as failed:
            await adapter.load(at(server), door, "a")
        assert failed.value.failure in {Failure.OUT_OF_MEMORY, Failure.SERVER_ERROR}
        if kind == "llama-router":
            (model,) = (await adapter.look(at(server), door)).models
            assert (model.state, bool(model.because)) == (LoadState.FAILED, True)


async def test_a_model_in_ollamas_cloud_is_elsewhere(door: OpenDoor) -> None:
    cloud = Model(name="gpt-oss:120b-cloud", remote_host="https://ollama.com:443")
    async with EngineServer("ollama", rack(cloud)) as server:
        adapter = adapter_for(EngineKind.OLLAMA)
        assert [model.is_remote for model in (await adapter.look(at(server), door)).models] == [True]
        assert (await adapter.show(at(server), door, cloud.name)).is_remote


async def test_another_build_under_the_same_name_has_another_digest(door: OpenDoor) -> None:
    async with EngineServer("ollama", rack()) as server:
        adapter = adapter_for(EngineKind.OLLAMA)
        before = (await adapter.look(at(server), door)).served("a")
        server.rack.rebuild("a")
        after = (await adapter.look(at(server), door)).served("a")
        assert before is not None
        assert after is not None
        assert before.digest != after.digest


@pytest.mark.parametrize("kind", list(PLAYED))
async def test_a_server_that_is_down_is_an_engine_that_is_not_up(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind) as server:
        place = at(server)
    engine = await adapter_for(PLAYED[kind]).look(place, door)
    assert (engine.is_up, engine.models) == (False, ())
    assert "cannot be reached" in engine.because
    assert engine.hint


async def test_a_server_that_loads_its_model_is_up_and_says_so(door: OpenDoor) -> None:
    async with EngineServer("llama-server", rack(is_loading=True)) as server:
        engine = await adapter_for(EngineKind.LLAMA_SERVER).look(at(server), door)
        assert engine.is_up
        assert [model.state for model in engine.models] == [LoadState.LOADING]


async def test_llama_server_wakes_its_model_when_told_to_load_it(door: OpenDoor) -> None:
    async with EngineServer("llama-server", rack(Model(name="a"))) as server:
        adapter = adapter_for(EngineKind.LLAMA_SERVER)
        server.rack.unload("a")
        assert [model.state for model in (await adapter.look(at(server), door)).models] == [LoadState.SLEEPING]
        await adapter.load(at(server), door, "a")
        assert [model.state for model in (await adapter.look(at(server), door)).models] == [LoadState.LOADED]


async def test_models_that_a_swapper_lists_in_front_of_llama_server_are_not_lost(door: OpenDoor) -> None:
    manner = Manner(models=("a", "b"), speaks=(OPENAI_COMPLETIONS,))
    async with QuirkServer(manner=manner) as server:
        endpoint = Endpoint(provider="box", base_url=f"{server.url}/v1")
        seen = await LlamaServerEngine().look(endpoint, door)
    assert [(model.model_id, model.state) for model in seen.models] == [
        ("a", LoadState.LOADED),
        ("b", LoadState.UNKNOWN),
    ]
