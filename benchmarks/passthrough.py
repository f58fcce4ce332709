"""What the gateway adds to a model server it hands requests on to: against a bare aiohttp proxy and the server itself.

All three stand in processes of their own and are measured in the same run, in turns, so that a busy machine is busy for
all of them: `python -m benchmarks.passthrough --json`.
"""

import argparse
import asyncio
import json
import multiprocessing
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

_ANSWER = json.dumps(
    {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "big",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "word " * 80}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980},
    }
).encode()
_CHUNK = (
    b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"big","choices":'
    b'[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'
)
_CHUNKS = 80
_MESSAGES = [{"role": "system", "content": "Be brief. " * 40}, {"role": "user", "content": "What is due? " * 20}]
_ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One target at one number of clients."""

    target: str
    clients: int
    requests_per_s: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """One target, one stream at a time."""

    target: str
    first_token_ms: float
    whole_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where requests go."""

    name: str
    url: str
    model: str
    key: str = "none"


async def _model_server(ready: Callable[[str], None]) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if not json.loads(await request.read()).get("stream"):
            return web.Response(body=_ANSWER, content_type="application/json")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for _ in range(_CHUNKS):
            await response.write(_CHUNK)
            await asyncio.sleep(0)
        await response.write(b"data: [DONE]\n\n")
        return response

    await _serve(answer, ready)


async def _bare_proxy(upstream: str, ready: Callable[[str], None]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def answer(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            headers = {"Content-Type": "application/json", "Authorization": "Bearer up"}
            async with session.post(f"{upstream}/chat/completions", data=body, headers=headers) as inlet:
                if inlet.content_type != "text/event-stream":
                    return web.Response(body=await inlet.read(), content_type=inlet.content_type)
                response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
                await response.prepare(request)
                async for chunk in inlet.content.iter_any():
                    await response.write(chunk)
                return response

        await _serve(answer, ready)


async def _serve(answer: Any, ready: Callable[[str], None]) -> None:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ready(f"http://127.0.0.1:{runner.addresses[0][1]}/v1")
    await asyncio.Event().wait()


class _Gateway:
    """A whole homarus in a process and a folder of its own."""

    def __init__(self, home: Path, upstream: str) -> None:
        self._home = home
        big = {"api": "openai-completions", "baseUrl": upstream, "apiKey": "up", "models": [{"id": "big"}]}
        config = {"models": {"mode": "replace", "providers": {"up": big}}, "embedded": {"enabled": False}}
        (home / "homarus.json5").write_text(json.dumps(config))
        command = [sys.executable, "-m", "homarus.gateway", "--home", str(home), "--port", "0"]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        status = self._ask("GET", "/api/v1/status")
        self.address = f"http://127.0.0.1:{status['port']}"
        self.key = str(self._ask("POST", "/api/v1/keys", {"name": "benchmark"})["secret"])

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while True:
            try:
                return self._call(method, path, body)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _call(self, method: str, path: str, body: dict[str, str] | None) -> dict[str, Any]:
        content = json.dumps(body or {}).encode()
        head = f"{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self._home / "gateway.sock"))
            line.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            with line.makefile("rb") as answer:
                return json.loads(answer.read().partition(b"\r\n\r\n")[2])

    def end(self) -> None:
        """Stop it and wait for it."""
        self._process.terminate()
        self._process.wait(20)


def _run(make: Callable[..., Coroutine[Any, Any, None]], arguments: tuple[str, ...], pipe: Connection) -> None:
    import uvloop

    uvloop.run(make(*arguments, pipe.send))


class _Process:
    """A server in a process of its own."""

    def __init__(self, make: Callable[..., Coroutine[Any, Any, None]], *arguments: str) -> None:
        here, there = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_run, args=(make, arguments, there), daemon=True
        )
        self._process.start()
        if not here.poll(30):
            raise TimeoutError(make.__name__)
        self.said: str = here.recv()

    def end(self) -> None:
        self._process.terminate()
        self._process.join(5)


async def _burst(session: aiohttp.ClientSession, target: Target, clients: int, each: int) -> list[float]:
    body = json.dumps({"model": target.model, "messages": _MESSAGES}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {target.key}"}
    taken: list[float] = []

    async def client() -> None:
        for _ in range(each):
            begun = time.perf_counter()
            async with session.post(f"{target.url}/chat/completions", data=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()
            taken.append((time.perf_counter() - begun) * 1000)

    await asyncio.gather(*(client() for _ in range(clients)))
    return taken


async def _measure(targets: list[Target], clients: int, requests: int) -> list[Measured]:
    taken: dict[str, list[float]] = {target.name: [] for target in targets}
    rates: dict[str, list[float]] = {target.name: [] for target in targets}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for target in targets:
            await _burst(session, target, clients, 5)
        for _ in range(_ROUNDS):
            for target in targets:
                begun = time.perf_counter()
                times = await _burst(session, target, clients, max(1, requests // _ROUNDS // clients))
                rates[target.name].append(len(times) / (time.perf_counter() - begun))
                taken[target.name] += times
    return [
        Measured(
            target=name,
            clients=clients,
            requests_per_s=round(statistics.median(rates[name])),
            p50_ms=round(statistics.median(times), 3),
            p95_ms=round(statistics.quantiles(times, n=20)[-1], 3),
        )
        for name, times in taken.items()
    ]


async def _stream(targets: list[Target], streams: int) -> list[Streamed]:
    first: dict[str, list[float]] = {target.name: [] for target in targets}
    whole: dict[str, list[float]] = {target.name: [] for target in targets}
    async with aiohttp.ClientSession() as session:
        for number in range(streams + 3):
            for target in targets:
                body = {"model": target.model, "messages": _MESSAGES, "stream": True}
                headers = {"Authorization": f"Bearer {target.key}"}
                begun = time.perf_counter()
                async with session.post(f"{target.url}/chat/completions", json=body, headers=headers) as answer:
                    await answer.content.readany()
                    said = time.perf_counter()
                    await answer.read()
                if number >= 3:
                    first[target.name].append((said - begun) * 1000)
                    whole[target.name].append((time.perf_counter() - begun) * 1000)
    return [
        Streamed(
            target=name,
            first_token_ms=round(statistics.median(first[name]), 3),
            whole_ms=round(statistics.median(whole[name]), 3),
        )
        for name in first
    ]


def measure(home: Path, requests: int = 3000) -> dict[str, Any]:
    """Return every figure: rates and times at 1, 16 and 64 clients, and of one stream."""
    server = _Process(_model_server)
    bare = _Process(_bare_proxy, server.said)
    house = _Gateway(home, server.said)
    targets = [
        Target(name="server", url=server.said, model="big"),
        Target(name="bare", url=bare.said, model="big"),
        Target(name="homarus", url=f"{house.address}/v1", model="up/big", key=house.key),
    ]
    try:
        runs = [row for clients in (1, 16, 64) for row in asyncio.run(_measure(targets, clients, requests))]
        streams = asyncio.run(_stream(targets, 40))
    finally:
        for process in (house, bare, server):
            process.end()
    by = {(row.target, row.clients): row for row in runs}
    said = {row.target: row for row in streams}
    return {
        "runs": [asdict(row) for row in runs],
        "streams": [asdict(row) for row in streams],
        "ratio_to_bare": {
            c: round(by["homarus", c].requests_per_s / by["bare", c].requests_per_s, 3) for c in (1, 16, 64)
        },
        "added_p50_ms_over_bare": round(by["homarus", 1].p50_ms - by["bare", 1].p50_ms, 3),
        "added_p50_ms_over_server": round(by["homarus", 1].p50_ms - by["server", 1].p50_ms, 3),
        "added_first_token_ms_over_bare": round(said["homarus"].first_token_ms - said["bare"].first_token_ms, 3),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--requests", type=int, default=3000, help="per target and number of clients")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        figures = measure(Path(home), options.requests)
    if options.json:
        print(json.dumps(figures))
        return
    for row in figures["runs"]:
        print(f"{row['target']:8} c={row['clients']:<3} {row['requests_per_s']:>7.0f}/s  p50 {row['p50_ms']:.2f} ms")
    for row in figures["streams"]:
        print(f"{row['target']:8} first token {row['first_token_ms']:.2f} ms, whole {row['whole_ms']:.2f} ms")
    for name in ("ratio_to_bare", "added_p50_ms_over_bare", "added_p50_ms_over_server"):
        print(f"{name}: {figures[name]}")


if __name__ == "__main__":
    main()
