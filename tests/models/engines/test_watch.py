"""The watcher: what it keeps, when it looks, what it tells."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest

from homarus.domain.engines import Engine, EngineKind
from homarus.domain.errors import NotFoundError
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Door, Endpoint
from homarus.domain.settings import ProviderSettings
from homarus.models.desk import built_in_wires
from homarus.models.engines.changes import Change
from homarus.models.engines.embedded import Child, EmbeddedAdapter
from homarus.models.engines.watch import ACTIVE_FOR_S, IDLE_LOOK_S, LAN_LOOK_S, LOOK_S, Watch, rhythm_s
from homarus.models.providers import Provider, provider_of
from homarus.net.door import OpenDoor
from homarus.testing.engines import KINDS, EngineServer, Model, Rack

pytestmark = pytest.mark.anyio


@dataclass
class Bench:
    door: OpenDoor
    now: float = 0.0
    providers: dict[str, Provider] = field(default_factory=dict[str, Provider])

    def add(self, name: str, url: str, api: str = "openai-completions") -> None:
        settings = ProviderSettings.model_validate({"baseUrl": url, "api": api})
        self.providers[name] = provider_of(name, settings, None, {})

    def clock(self) -> float:
        self.now += 1e-6
        return self.now

    def watch(self) -> Watch:
        return Watch(
            lambda: self.providers,
            self.door,
            wires=built_in_wires(),
            watched=lambda: frozenset(self.providers),
            clock=self.clock,
        )


@pytest.fixture
def bench(door: OpenDoor) -> Bench:
    return Bench(door)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_under_any_name_is_known_by_what_it_answers(kind: str, bench: Bench) -> None:
    async with EngineServer(kind) as server:
        bench.add("box", f"{server.url}/v1")
        engine = await bench.watch().look("box")
        assert engine.kind.value == kind.replace("llama-router", "llama-server")
        assert engine.is_up


async def test_a_model_is_found_with_and_without_its_tag(bench: Bench) -> None:
    async with EngineServer("ollama", [Model(name="q:latest")]) as server:
        bench.add("box", server.url, "ollama")
        watch = bench.watch()
        await watch.look("box")
        engine = watch.engine_of(ModelRef(provider="box", model_id="q"))
        assert engine is not None
        assert engine.served("q") is not None


async def test_what_happens_is_told_once(bench: Bench) -> None:
    told: list[Change] = []
    async with EngineServer("ollama", Rack([Model(name="a")])) as server:
        bench.add("box", server.url, "ollama")
        watch = bench.watch()
        watch.on_change(told.append)
        await watch.look("box")
        await server.rack.use("a", window_tokens=8192)
        await watch.look("box")
        server.rack.rebuild("a")
        await watch.look("box")
        server.rack.unload("a")
        await watch.look("box")
        await watch.look("box")
    await watch.look("box")
    news = [(one.state, one.model) for change in told for one in change.news]
    assert news == [("loaded", "a"), ("digest", "a"), ("unloaded", "a"), ("down", "")]


async def test_a_look_that_is_fresh_enough_is_not_taken_again(bench: Bench) -> None:
    async with EngineServer("ollama") as server:
        bench.add("box", server.url, "ollama")
        watch = bench.watch()
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(watch.look("box", max_age_s=60))
        asked = len(server.received)
        bench.now = 59
        await watch.look("box", max_age_s=60)
        assert len(server.received) == asked
        bench.now = 61
        await watch.look("box", max_age_s=60)
        assert len(server.received) > asked


async def test_another_address_under_the_same_name_is_another_server(bench: Bench) -> None:
    async with EngineServer("ollama") as first, EngineServer("vllm") as second:
        bench.add("box", f"{first.url}/v1")
        watch = bench.watch()
        await watch.look("box")
        bench.add("box", f"{second.url}/v1")
        assert watch.engine("box") is None
        assert (await watch.look("box", max_age_s=60)).kind is EngineKind.VLLM


async def test_a_server_of_another_kind_in_the_same_place_is_known_anew(bench: Bench) -> None:
    async with EngineServer("ollama") as first:
        bench.add("box", f"{first.url}/v1")
        watch = bench.watch()
        await watch.look("box")
        port = int(first.url.rpartition(":")[2])
    assert not (await watch.look("box")).is_up
    async with EngineServer("vllm", port=port):
        assert (await watch.look("box")).kind is EngineKind.VLLM


async def test_a_name_that_nobody_knows_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        await bench.watch().look("nowhere")


async def test_a_server_that_says_nothing_is_not_up(bench: Bench) -> None:
    async with EngineServer("ollama") as server:
        server.rack.faults.is_silent = True
        bench.add("box", server.url, "ollama")
        engine = await bench.watch().look("box")
        assert not engine.is_up
        assert engine.because


async def test_the_background_looks_when_something_stirs(bench: Bench) -> None:
    async with EngineServer("ollama") as server:
        bench.add("box", server.url, "ollama")
        bench.now = 10 * ACTIVE_FOR_S
        watch = bench.watch()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(watch.run())
            await asyncio.sleep(0.05)
            assert server.received == []
            watch.stir()
            while watch.engine("box") is None:
                await asyncio.sleep(0.01)
            running.cancel()


def test_it_looks_often_while_things_happen_and_seldom_else() -> None:
    assert rhythm_s(is_active=True, is_here=True) == LOOK_S
    assert rhythm_s(is_active=False, is_here=True) == IDLE_LOOK_S
    assert rhythm_s(is_active=True, is_here=False) == LAN_LOOK_S


def test_nothing_leaves_this_machine_while_nothing_happens() -> None:
    assert rhythm_s(is_active=False, is_here=False) is None


def test_a_server_that_went_down_is_looked_at_sooner() -> None:
    waits = [rhythm_s(is_active=True, is_here=True, failures=count) for count in range(1, 8)]
    assert waits == [2, 4, 8, 16, 32, 60, 60]


class Babbling(EmbeddedAdapter):
    """Reads what nobody should say."""

    async def look(self, at: Endpoint, door: Door) -> Engine:
        raise OverflowError(f"{at.provider} {door}")


async def test_an_answer_that_breaks_its_reader_is_no_answer(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    watch = bench.watch()
    watch.add(Babbling(cast("Child", None), window_tokens=lambda: 0))
    engine = await watch.look("embedded")
    assert not engine.is_up
    assert "OverflowError" in caplog.text
