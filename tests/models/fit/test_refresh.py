"""What servers say of their models lies over the seed, dated, and a server that says nothing harms nobody."""

from collections.abc import AsyncIterator

import pytest

from homarus.domain.content import Json
from homarus.domain.engines import Engine, EngineKind, ModelFacts, ServedModel
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.ports import Door, Endpoint
from homarus.models.engines.adapters import adapter_for
from homarus.models.engines.generic import GenericEngine
from homarus.models.fit.fits import fit
from homarus.models.fit.machine import look
from homarus.models.fit.refresh import kept, over, refresh
from homarus.models.fit.table import completed, find, rows
from homarus.net.door import OpenDoor
from homarus.testing.engines import EngineServer
from homarus.testing.records import FakeRecords

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as opened:
        yield opened


def engine(
    *names: str, kind: EngineKind = EngineKind.OLLAMA, url: str = "http://127.0.0.1:1", up: bool = True
) -> Engine:
    return Engine(
        provider="box",
        kind=kind,
        base_url=url,
        place="this machine",
        is_local=True,
        is_up=up,
        because="" if up else "Nobody answers.",
        models=tuple(ServedModel(model_id=name) for name in names),
    )


def built(name: str, size: int, **values: Json) -> ModelFacts:
    keys: dict[str, Json] = {
        "block_count": 36,
        "embedding_length": 4096,
        "context_length": 40960,
        "attention.head_count": 32,
        "attention.head_count_kv": 8,
        **values,
    }
    metadata: dict[str, Json] = {"general.architecture": "qwen3", **{f"qwen3.{key}": v for key, v in keys.items()}}
    return ModelFacts(model_id=name, architecture="qwen3", metadata=metadata, weights_bytes=size, quantization="Q8_0")


class Telling(GenericEngine):
    """A server that tells what it was given, and refuses the rest."""

    def __init__(self, *facts: ModelFacts) -> None:
        super().__init__(None)
        self.facts = {one.model_id: one for one in facts}

    async def show(self, at: Endpoint, door: Door, model_id: str) -> ModelFacts:
        del at, door
        if model_id not in self.facts:
            raise ModelCallError(Failure.MODEL_MISSING, f"no {model_id}", hint="pull it")
        return self.facts[model_id]


async def told(door: Door, *facts: ModelFacts) -> FakeRecords:
    records = FakeRecords()
    names = [one.model_id for one in facts]
    await refresh([engine(*names, "gone")], lambda name: Endpoint(provider=name, base_url="http://x"),
                  lambda _kind: Telling(*facts), door, records)  # fmt: skip
    return records


async def test_what_a_server_says_replaces_the_seed(door: OpenDoor) -> None:
    records = await told(door, built("qwen3:8b", 9_000_000_000, **{"attention.head_count_kv": 4}))

    row = next(row for row in over(rows(), await kept(records)) if row.id == "qwen3:8b")

    assert (row.weights_bytes, row.usual_quantization, row.confidence) == (9_000_000_000, "Q8_0", "live")
    assert row.shape["attention.head_count_kv"] == 4
    assert "box" in row.source


async def test_a_model_that_the_catalog_does_not_know_becomes_a_row(door: OpenDoor) -> None:
    records = await told(door, built("mine:7b", 5_000_000_000))

    row = next(row for row in over(rows(), await kept(records)) if row.id == "mine:7b")

    assert fit(row, look()).levels


async def test_a_model_that_cannot_be_told_of_is_named(door: OpenDoor) -> None:
    found = await refresh(
        [engine("gone"), engine(up=False)],
        lambda name: Endpoint(provider=name, base_url="http://x"),
        lambda _kind: Telling(),
        door,
        FakeRecords(),
    )

    assert found.models == ()
    assert found.failed == {"box/gone": "no gone", "box": "Nobody answers."}


async def test_a_record_of_another_version_is_left_out(door: OpenDoor) -> None:
    records = await told(door, built("mine:7b", 1000))
    await records.put("fit", "box/old", {"what": "ever"})

    assert [live.facts.model_id for live in await kept(records)] == ["mine:7b"]


async def test_a_real_server_of_ollama_is_read(door: OpenDoor) -> None:
    async with EngineServer("ollama") as server:
        at = Endpoint(provider="box", base_url=server.url)
        looked = await adapter_for(EngineKind.OLLAMA).look(at, door)
        found = await refresh([looked], lambda _name: at, adapter_for, door, FakeRecords(), asks_ollama_com=True)

    assert found.models
    assert found.suggested == ()


def test_lists_that_ollama_leaves_out_come_from_the_catalog() -> None:
    row = find("gemma4:26b")
    assert row is not None
    whole = row.facts()
    gaps: dict[str, Json] = {key: None if isinstance(value, list) else value for key, value in whole.metadata.items()}

    found = completed(ModelFacts(model_id="gemma4:26b-a4b-it-q8_0", architecture="gemma4", metadata=gaps))

    assert found.metadata == whole.metadata
