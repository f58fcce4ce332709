"""What a real llama.cpp that is not ours has read is on its disk, and is read from there by the next house."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from homarus.domain.content import system, user
from homarus.domain.engines import Ability
from homarus.domain.inference import ModelRef, ModelRequest, Sampling
from homarus.domain.labels import OWNER
from homarus.domain.settings import Settings
from homarus.models import embedded_child, weights
from homarus.models.desk import Desk
from homarus.models.slots import Slots, standing_name
from homarus.models.warmup import Warmup
from homarus.net.door import OpenDoor

FOUND = weights.find(Path("/nowhere"))
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.weights,
    pytest.mark.skipif(FOUND is None, reason="the weights are not installed"),
]
REF = ModelRef(provider="garage", model_id="tiny")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slots")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    assert FOUND is not None
    order = {
        "weights": str(FOUND.path),
        "name": REF.model_id,
        "api_key": "sesame",
        "context_tokens": 1024,
        "batch_tokens": 128,
        "cache_mib": 0,
        "threads": 1,
        "batch_threads": 2,
        "sleep_idle_seconds": 0,
        "slots": f"{folder}/",
    }
    command = [sys.executable, "-I", embedded_child.__file__]
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(order) + "\n")
        child.stdin.flush()
        yield json.loads(child.stdout.readline())["address"]
        child.stdin.close()  # its lifeline


@pytest.fixture
async def desk(address: str) -> AsyncIterator[Desk]:
    provider = {"baseUrl": f"{address}/v1", "api": "openai-completions", "apiKey": "sesame"}
    settings = Settings.model_validate({"models": {"mode": "replace", "providers": {"garage": provider}}})
    async with OpenDoor() as door:
        made = Desk(lambda: settings, {}, door)
        await made.watch.look("garage")
        yield made


async def beginning() -> ModelRequest:
    messages = (system("You keep the lighthouse. " * 20), user(".", OWNER))
    return ModelRequest(model=REF, messages=messages, sampling=Sampling(max_tokens=1))


def warmup(desk: Desk, door: OpenDoor, folder: Path) -> Warmup:
    """Return one that knows nothing of what was read before, as after a restart of the house."""
    slots = Slots(door=door, folder=folder)
    return Warmup(
        desk, engines=desk.watch, queues=desk.dispatch, slots=slots, beginning=beginning, mode=lambda: "loaded"
    )


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_what_was_read_once_is_restored_after_a_restart(
    desk: Desk, door: OpenDoor, folder: Path, tmp_path: Path
) -> None:
    engine = desk.watch.engine_of(REF)
    assert engine is not None
    assert Ability.KEEP_SLOTS in engine.abilities
    first, second = [await warmup(desk, door, tmp_path).look() for _time in range(2)]
    assert first is not None
    assert second is not None
    assert [first.how, second.how] == ["read", "restored"]
    assert names(folder) == [standing_name(REF)]
    assert names(tmp_path) == []
