"""Which models a set-up offers, on machines that are described."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.http_parts import Place, running_place
from homarus.domain.content import JsonObject
from homarus.gateway.api_setup import LookRequest, proposal
from homarus.gateway.machine import Here
from homarus.gateway.proposing import Option, options
from homarus.models.fit.machine import Machine
from homarus.testing.engines.server import EngineServer
from homarus.testing.engines.stock import Model, Rack
from homarus.testing.records import FakeRecords

pytestmark = pytest.mark.anyio
STRONG: JsonObject = {"memory": "64 GB", "cores": 16, "gpus": [{"name": "RTX 4090", "memory": "24 GB", "kind": "cuda"}]}
SLOW: JsonObject = {"memory": "16 GB", "cores": 1, "bandwidth_gb_s": 5}


@pytest.fixture
async def ollama() -> AsyncGenerator[EngineServer]:
    async with EngineServer("ollama", Rack([])) as server:
        yield server


@pytest.fixture
async def place(home: Path, ollama: EngineServer) -> AsyncGenerator[Place]:
    config = {"models": {"mode": "replace", "providers": {"ollama": {"baseUrl": ollama.url, "api": "ollama"}}}}
    async with running_place(home, config, has_real_wires=True) as place:
        yield place


async def offered(place: Place, machine: JsonObject, *, current: str = "") -> Sequence[Option]:
    here = Here(FakeRecords(), look=lambda: Machine.parse(machine))
    fitting = replace(place.house.fitting(), here=here)
    engines = await place.house.engines.listing(is_fresh=True)
    picks = (await fitting.recommended()).choices
    found = await options(fitting, engines, (), picks, current=current)
    assert sum(one.is_recommended for one in found) == 1
    return found


def chosen(found: Sequence[Option]) -> Option:
    return next(one for one in found if one.is_recommended)


async def test_a_strong_machine_is_recommended_a_download_for_every_day(place: Place) -> None:
    best = chosen(await offered(place, STRONG))

    assert (best.state, best.level) == ("download", "mid")
    assert best.model.startswith("ollama/")
    assert best.size_bytes
    assert best.tokens_s


async def test_a_slow_machine_may_download_and_is_recommended_what_it_has(place: Place) -> None:
    found = await offered(place, SLOW)

    assert chosen(found).model == "embedded/smollm2"
    assert any(one.state == "download" for one in found)


async def test_what_is_here_goes_before_what_would_be_downloaded(place: Place, ollama: EngineServer) -> None:
    ollama.rack.disk["qwen3:8b"] = Model(name="qwen3:8b")

    assert chosen(await offered(place, STRONG)).state == "here"


async def test_what_was_chosen_before_stays_recommended(place: Place, ollama: EngineServer) -> None:
    for name in ("qwen3:8b", "odd:1b"):
        ollama.rack.disk[name] = Model(name=name)

    assert chosen(await offered(place, STRONG, current="ollama/odd:1b")).model == "ollama/odd:1b"


async def test_models_that_embed_or_run_elsewhere_are_not_offered(place: Place, ollama: EngineServer) -> None:
    ollama.rack.disk["nomic-embed-text"] = Model(name="nomic-embed-text", capabilities=("embedding",))
    ollama.rack.disk["big:cloud"] = Model(name="big:cloud", remote_host="https://ollama.com")

    names = {one.model for one in await offered(place, STRONG)}

    assert not names & {"ollama/nomic-embed-text", "ollama/big:cloud"}


async def test_without_a_server_the_need_for_one_is_said(place: Place, ollama: EngineServer) -> None:
    await ollama.stop()

    needed = [one for one in await offered(place, STRONG) if one.state == "needs"]

    assert needed
    assert all("https://ollama.com/download" in one.hint for one in needed)


async def offered_by(home: Path, server: EngineServer, *names: str) -> list[str]:
    """Return what is offered of a server whose models the owner wrote down by these names."""
    api = "ollama" if server.kind == "ollama" else "openai-completions"
    base = server.url if server.kind == "ollama" else f"{server.url}/v1"
    slow = {"baseUrl": base, "api": api, "models": [{"id": name} for name in names]}
    config = {"models": {"mode": "replace", "providers": {"test": {"baseUrl": "http://127.0.0.1:1"}, "slow": slow}}}
    async with running_place(home, config, has_real_wires=True) as place:
        return [
            one.model for one in await offered(place, STRONG) if one.model.startswith("slow/") and one.state == "here"
        ]


async def test_a_server_that_takes_any_name_is_offered_by_the_one_that_was_written_down(home: Path) -> None:
    async with EngineServer("llama-server", Rack([Model(name="qwen3-8b.gguf")])) as server:
        assert await offered_by(home, server, "tester") == ["slow/tester"]


async def test_of_a_server_with_written_models_no_others_are_offered(home: Path) -> None:
    async with EngineServer("ollama", Rack([Model(name="qwen3:8b"), Model(name="gemma3:4b")])) as server:
        assert await offered_by(home, server, "gemma3:4b") == ["slow/gemma3:4b"]


async def test_where_no_written_model_is_there_those_of_the_server_are_offered(home: Path) -> None:
    async with EngineServer("ollama", Rack([Model(name="qwen3:8b")])) as server:
        assert await offered_by(home, server, "gone:1b") == ["slow/qwen3:8b"]


async def test_a_server_that_is_named_again_by_its_address_is_offered_once(place: Place, ollama: EngineServer) -> None:
    ollama.rack.disk["qwen3:8b"] = Model(name="qwen3:8b")
    found = await proposal(place.house, LookRequest(server=ollama.url))

    assert [one.model for one in found.options].count("ollama/qwen3:8b") == 1


async def test_how_long_one_waits_for_the_first_word_is_part_of_an_offer(place: Place) -> None:
    slow = [one for one in await offered(place, SLOW) if one.tokens_s]
    quick = chosen(await offered(place, STRONG))

    assert slow
    assert all(one.first_word_s and one.first_word_s > 8 for one in slow)
    assert quick.first_word_s is not None
    assert quick.first_word_s < 8
