"""Model servers, downloads, machine and fit over HTTP, against a server that remembers what it was told."""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.http_parts import Place, running_place, session
from homarus.testing.engines.server import EngineServer
from homarus.testing.engines.stock import Model, Rack

pytestmark = pytest.mark.anyio
EVENTS = {"Accept": "text/event-stream"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The owner's terminal, the gateway behind it, and a model server behind that."""

    owner: aiohttp.ClientSession
    place: Place
    server: EngineServer

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.owner.get(path) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def post(self, path: str, body: Mapping[str, object], status: int = 200) -> Any:
        async with self.owner.post(path, json=body) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def events(self, path: str, body: Mapping[str, object]) -> list[tuple[str, Any]]:
        async with self.owner.post(path, json=body, headers=EVENTS) as response:
            told = (await response.text()).split("\n\n")
        pairs = [block.split("\n", 1) for block in told if block.startswith("event:")]
        return [(name[7:], json.loads(data[6:])) for name, data in pairs]


@pytest.fixture
async def desk(home: Path) -> AsyncGenerator[Desk]:
    rack = Rack([Model(name="qwen3:8b"), Model(name="gemma3:12b")], registry=[Model(name="qwen3:4b")])
    async with EngineServer("ollama", rack) as server:
        config = {"models": {"mode": "replace", "providers": {"ollama": {"baseUrl": server.url, "api": "ollama"}}}}
        async with running_place(home, config, has_real_wires=True) as place:
            connector = aiohttp.UnixConnector(str(place.running.socket_path))
            async with session("http://localhost", connector=connector) as owner:
                yield Desk(owner=owner, place=place, server=server)


async def test_engines_tell_what_they_have_and_can(desk: Desk) -> None:
    (engine,) = (await desk.get("/api/v1/engines?fresh=1"))["engines"]

    assert (engine["provider"], engine["kind"], engine["is_up"]) == ("ollama", "ollama", True)
    assert {model["model_id"] for model in engine["models"]} == {"qwen3:8b", "gemma3:12b"}
    assert engine["abilities"] == sorted(engine["abilities"])


async def test_a_server_that_went_down_says_so_with_a_next_step(desk: Desk) -> None:
    await desk.server.stop()

    (engine,) = (await desk.get("/api/v1/engines?fresh=1"))["engines"]
    refused = await desk.post("/api/v1/models/load", {"model": "ollama/qwen3:8b"}, status=500)

    assert not engine["is_up"]
    assert engine["because"]
    assert refused["error"]["message"] == engine["because"]
    assert refused["error"]["hint"]


async def test_of_a_server_that_is_down_no_model_is_made_up(desk: Desk) -> None:
    await desk.server.stop()
    await desk.get("/api/v1/engines?fresh=1")

    refused = await desk.get("/api/v1/models/show?model=ollama/qwne3", status=500)

    assert "ollama" in refused["error"]["message"]
    assert refused["error"]["hint"]


async def test_a_model_is_loaded_with_a_context_and_unloaded(desk: Desk) -> None:
    loaded = await desk.post("/api/v1/models/load", {"model": "ollama/qwen3:8b", "window_tokens": 8192})
    held = [model for model in loaded["engine"]["models"] if model["state"] == "loaded"]
    after = await desk.post("/api/v1/models/unload", {"model": "ollama/qwen3:8b"})

    assert [(model["model_id"], model["window_tokens"]) for model in held] == [("qwen3:8b", 8192)]
    assert all(model["state"] != "loaded" for model in after["engine"]["models"])


async def test_a_model_is_shown_by_the_digest_that_its_pin_has(desk: Desk) -> None:
    pinned = await desk.post("/api/v1/models/pin", {"model": "ollama/qwen3:8b"})
    shown = await desk.get("/api/v1/models/show?model=ollama/qwen3:8b")

    assert shown["facts"]["digest"] == shown["served"]["digest"] == shown["pin"]["subject"]["digest"]
    assert pinned


async def test_a_server_without_digests_is_shown_by_the_one_that_is_held_on_to(home: Path) -> None:
    async with EngineServer("vllm", Rack([Model(name="qwen3")])) as server:
        provider = {"baseUrl": f"{server.url}/v1", "api": "openai-completions"}
        config = {"models": {"mode": "replace", "providers": {"vllm": provider}}}
        async with running_place(home, config, has_real_wires=True) as place:
            connector = aiohttp.UnixConnector(str(place.running.socket_path))
            async with session("http://localhost", connector=connector) as owner:
                desk = Desk(owner=owner, place=place, server=server)
                await desk.get("/api/v1/engines?fresh=1")
                await desk.post("/api/v1/models/pin", {"model": "vllm/qwen3"})
                shown = await desk.get("/api/v1/models/show?model=vllm/qwen3")

    assert shown["facts"]["digest"] == shown["pin"]["subject"]["digest"] != ""


async def test_a_model_that_is_not_there_gets_the_nearest_names(desk: Desk) -> None:
    refused = await desk.post("/api/v1/models/load", {"model": "ollama/qwn3:8b"}, status=404)

    assert "ollama/qwen3:8b" in refused["error"]["hint"]


async def test_a_download_is_progress_and_then_a_model(desk: Desk) -> None:
    told = await desk.events("/api/v1/models/pull", {"model": "qwen3:4b"})
    shown = await desk.get("/api/v1/models/show?model=qwen3:4b")
    (listed,) = (await desk.get("/api/v1/models/pulls"))["pulls"]

    assert {name for name, _pull in told} == {"pull"}
    assert told[-1][1]["state"] == "done"
    assert told[-1][1]["model"] == shown["model"] == listed["model"] == "ollama/qwen3:4b"


async def test_a_download_that_breaks_off_goes_on(desk: Desk) -> None:
    desk.server.rack.faults.cut_pull_at = 0.5

    told = await desk.events("/api/v1/models/pull", {"model": "qwen3:4b"})

    assert told[-1][1]["state"] == "done"
    assert any(pull["because"] for _name, pull in told)


async def test_a_download_goes_on_when_nobody_listens(desk: Desk) -> None:
    begun = await desk.post("/api/v1/models/pull", {"model": "ollama/qwen3:4b"}, status=202)

    pulls = desk.place.house.pulls
    (ref,) = [one for one in pulls.listing() if one.model == begun["model"]]
    end = [pull async for pull in pulls.watch(await desk.place.house.engines.puller(ref.model))]

    assert end[-1].state == "done"


async def test_a_name_that_nobody_has_fails_with_the_nearest_of_the_catalog(desk: Desk) -> None:
    told = await desk.events("/api/v1/models/pull", {"model": "qwen3:9b"})

    assert told[-1][1]["state"] == "failed"
    assert "qwen3:8b" in told[-1][1]["hint"]


async def test_a_name_of_the_catalog_that_cannot_be_had_is_not_suggested_to_whoever_typed_it(desk: Desk) -> None:
    told = await desk.events("/api/v1/models/pull", {"model": "llama3.2:3b"})

    assert told[-1][1]["state"] == "failed"
    assert "llama3.2:3b" not in told[-1][1]["hint"].replace("llama3.2:3b-", "")


async def test_without_a_server_that_downloads_it_is_said_how_to_get_one(home: Path) -> None:
    config: dict[str, object] = {"models": {"mode": "replace", "providers": {}}}
    async with running_place(home, config, has_real_wires=True) as place:
        connector = aiohttp.UnixConnector(str(place.running.socket_path))
        async with session("http://localhost", connector=connector) as owner:
            desk = Desk(owner=owner, place=place, server=EngineServer())
            refused = await desk.post("/api/v1/models/pull", {"model": "qwen3:4b"}, status=500)

    assert "Ollama" in refused["error"]["hint"]


async def test_what_is_not_under_way_cannot_be_stopped(desk: Desk) -> None:
    refused = await desk.post("/api/v1/models/pulls/stop", {"model": "qwen3:4b"}, status=404)

    assert "homarus models pull" in refused["error"]["hint"]


async def test_a_model_is_deleted(desk: Desk) -> None:
    after = await desk.post("/api/v1/models/remove", {"model": "ollama/gemma3:12b"})

    assert [model["model_id"] for model in after["engine"]["models"]] == ["qwen3:8b"]
    assert "gemma3:12b" not in desk.server.rack.disk


async def test_a_key_that_may_read_changes_nothing(desk: Desk) -> None:
    secret = await desk.place.key("read")
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(desk.place.url, headers=headers) as program:
        async with program.get("/api/v1/engines") as seen:
            assert seen.status == 200
        async with program.post("/api/v1/models/remove", json={"model": "ollama/qwen3:8b"}) as refused:
            assert refused.status == 403

    assert "qwen3:8b" in desk.server.rack.disk


async def test_this_machine_is_told(desk: Desk) -> None:
    machine = await desk.get("/api/v1/machine")

    assert machine["cores"] >= 1
    assert 0 < machine["memory_free_bytes"] <= machine["memory_total_bytes"]


async def test_a_models_memory_is_counted_from_what_its_server_says(desk: Desk) -> None:
    fit = (await desk.get("/api/v1/models/fit?model=ollama/qwen3:8b&context=12000"))["model"]

    assert fit["source"] == "server"
    assert fit["fit"]["asked"]["context_tokens"] == 12000


async def test_the_catalog_says_what_fits_on_a_machine_that_is_described(desk: Desk) -> None:
    small = {"memory": "4 GB", "cores": 2}
    rows = (await desk.post("/api/v1/models/fit", {"machine": small}))["catalog"]
    verdicts = [row["fit"]["asked"]["verdict"] for row in rows if row["fit"] is not None]

    assert verdicts == sorted(verdicts, key=["fits", "tight", "no"].index)
    assert {"fits", "no"} <= set(verdicts)
    assert next(row["have"] for row in rows if row["row"]["id"] == "qwen3:8b") == ["ollama/qwen3:8b"]


async def test_a_model_nobody_knows_gets_the_nearest_names(desk: Desk) -> None:
    refused = await desk.post("/api/v1/models/fit", {"model": "qwen3:88b"}, status=404)

    assert "qwen3:8b" in refused["error"]["hint"]


async def test_a_file_is_read_only_for_the_owners_terminal(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"no header")
    body = {"model": str(tmp_path / "x.gguf")}
    secret = await desk.place.key("read")

    broken = await desk.post("/api/v1/models/fit", body, status=400)
    headers = {"Authorization": f"Bearer {secret}"}
    async with (
        aiohttp.ClientSession(desk.place.url, headers=headers) as program,
        program.post("/api/v1/models/fit", json=body) as refused,
    ):
        assert refused.status == 404

    assert "x.gguf" in broken["error"]["message"]


LOOKS = ["/api/v1/setup", "/api/v1/engines?fresh=1", "/api/v1/models/show?model=nobody-knows-this"]


@pytest.mark.parametrize("path", LOOKS)
async def test_a_key_that_may_only_read_does_not_make_servers_be_asked_again_and_again(desk: Desk, path: str) -> None:
    headers = {"Authorization": f"Bearer {await desk.place.key('read')}"}
    async with aiohttp.ClientSession(desk.place.url, headers=headers) as program:
        asked: list[int] = []
        for _time in range(4):
            async with program.get(path) as answer:
                assert answer.status in (200, 404)
            asked.append(len(desk.server.received))
    assert asked[-1] == asked[0] > 0
    await desk.get(path, status=404 if "show" in path else 200)
    assert len(desk.server.received) > asked[-1]


async def test_the_catalog_is_dated(desk: Desk) -> None:
    catalog = await desk.get("/api/v1/models/catalog")

    assert catalog["dated"]
    assert all(row["source"] for row in catalog["rows"])
