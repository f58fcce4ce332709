"""How long the first word of the next turn takes on llama.cpp, against the server itself.

`python -m benchmarks.nextturn`. Two llama.cpp servers with the weights of the embedded model run side by side. A
conversation goes through the gateway to the first; each request, as the gateway made it, is then sent to the second one
directly. So both read the same prompts with the same words new to them, and the difference is ours.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from benchmarks import ground
from benchmarks.figures import Figure, main, median
from benchmarks.load import Line, post
from homarus.models import weights

_TURNS = 7
_WINDOW = 4096
_SERVER = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.n_ctx, params.n_batch, params.n_ubatch, params.n_parallel = 4096, 128, 128, 1
params.cpuparams.n_threads, params.cpuparams_batch.n_threads = 1, 2
params.sampling.temp = 0.0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
_QUESTIONS = (
    "What is a lobster?",
    "How long do they live, and where?",
    "What do they eat?",
    "Who hunts them?",
    "Name three other animals with claws.",
    "Which of them is the largest?",
    "Thank you. What was my first question?",
)


@contextmanager
def llamacpp(file: Path) -> Generator[str]:
    """Run a llama.cpp server for a while."""
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
    command = [sys.executable, "-c", _SERVER, str(file)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        try:
            yield next(line.strip() for line in child.stdout if line.startswith("http"))
        finally:
            child.kill()


class Tap:
    """Stands between the gateway and the server, and keeps what the gateway asks."""

    def __init__(self, upstream: str, session: aiohttp.ClientSession) -> None:
        self._upstream, self._session = upstream, session
        self.asked: list[bytes] = []

    async def serve(self) -> web.AppRunner:
        """Listen; the caller cleans up."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.method == "POST":
            self.asked.append(body)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        async with self._session.request(
            request.method, f"{self._upstream}{request.path}", data=body or None, headers=headers
        ) as inlet:
            response = web.StreamResponse(status=inlet.status, headers={"Content-Type": inlet.content_type})
            await response.prepare(request)
            async for chunk in inlet.content.iter_any():
                await response.write(chunk)
            return response


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures; nothing without the weights."""
    with ground.folder() as place:
        found = weights.find(place)
        if found is None:
            return
        with llamacpp(found.path) as ours, llamacpp(found.path) as bare:
            yield from asyncio.run(_talk(place / "home", ours, bare, 4 if is_quick else _TURNS))


async def _talk(home: Path, ours: str, bare: str, turns: int) -> list[Figure]:
    mine, its = list[float](), list[float]()
    async with aiohttp.ClientSession() as session:
        tap = Tap(ours, session)
        runner = await tap.serve()
        try:
            at = f"http://127.0.0.1:{runner.addresses[0][1]}"
            ground.write_config(home, at, window_tokens=_WINDOW, max_tokens=24)
            with ground.process(ground.gateway_command(home)) as started:
                house = await asyncio.to_thread(ground.Gateway, home, started.pid)
                key = await asyncio.to_thread(house.key, "chat", "owner")
                for question in _QUESTIONS[:turns]:
                    mine.append(await _turn(house.url, key, question))
                    its.append(await _raw(bare, tap.asked[-1]))
        finally:
            await runner.cleanup()
    return [
        Figure(
            name="llama.cpp, first word of the next turn",
            value=median(mine[1:]),
            unit="ms",
            baseline=median(its[1:]),
            baseline_name="server alone",
        ),
        Figure(
            name="llama.cpp, next turn against the server",
            value=median([ours_ms / bare_ms for ours_ms, bare_ms in zip(mine[1:], its[1:], strict=True)]),
            unit="x",
            goal=1.2,
        ),
        Figure(name="llama.cpp, first word of the first turn", value=mine[0], unit="ms", baseline=its[0],
               baseline_name="server alone"),
    ]  # fmt: skip


async def _turn(url: str, key: str, question: str) -> float:
    """Return how long the first word takes through the gateway, ms."""
    body = json.dumps({"text": question, "session": "talk"}).encode()
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {key}"}
    return await _until(post(f"{url}/api/v1/turns", body, headers), url, b"event: said")


async def _raw(url: str, body: bytes) -> float:
    """Return how long the first word takes on the server, ms."""
    return await _until(post(f"{url}/v1/chat/completions", body), url, b'"content":"')


async def _until(request: bytes, url: str, sign: bytes) -> float:
    line = await Line.to(url)
    try:
        async with asyncio.timeout(ground.START_LIMIT_S):
            answer = await line.send(request, sign=sign)
    finally:
        line.close()
    assert answer.status < 300, answer.content[-600:]
    assert sign in answer.content, answer.content[-600:]
    return answer.first_ms


if __name__ == "__main__":
    sys.exit(main(measure))
