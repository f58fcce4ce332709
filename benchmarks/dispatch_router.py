"""A model router as a process: several llama.cpp servers behind one address, a few of them loaded at a time.

It does what llama.cpp's own router does: a request for a model that is not loaded makes it load, and the model that was
used least recently makes room, whether it is still answering or not (llama.cpp issue 21678): its answers are cut off.
Each model is a real llama.cpp server in a process of its own with the weights of the built-in model, stopped by a
signal while it is not loaded; a load takes `delay_s`, so that it costs the same on a busy machine. Started by
`dispatch_real.py`, which sends one JSON line; it answers with its address on stdout, and ends when its stdin closes.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import aiohttp
from aiohttp import web

from homarus.models import processes

START_S = 60.0


@dataclass(slots=True)
class Loaded:
    """A model that is there."""

    child: processes.Child
    url: str


@dataclass(slots=True)
class Router:
    """Loads, unloads and hands requests on."""

    order: dict[str, Any]
    client: aiohttp.ClientSession
    servers: dict[str, Loaded] = field(default_factory=dict[str, Loaded])
    loaded: dict[str, Loaded] = field(default_factory=dict[str, Loaded])
    """The one that was used least recently first."""
    in_flight: dict[str, set[asyncio.Task[None]]] = field(default_factory=dict[str, set[asyncio.Task[None]]])
    loads: list[str] = field(default_factory=list[str])
    took_s: list[float] = field(default_factory=list[float])
    """What the loads took, making room included."""
    killed: int = 0
    """Answers that were cut off by an eviction."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one swap at a time

    async def start(self) -> None:
        """Start all servers, and stop them until they are wanted."""
        async with asyncio.TaskGroup() as group:
            starting = {name: group.create_task(self._start(name)) for name in self.order["models"]}
        self.servers = {name: task.result() for name, task in starting.items()}
        for server in self.servers.values():
            os.kill(server.child.pid, signal.SIGSTOP)

    async def model(self, name: str) -> Loaded:
        """Return a model, loaded."""
        async with self.lock:
            found = self.loaded.pop(name, None)
            if found is None:
                began = monotonic()
                while len(self.loaded) >= self.order["max_loaded"]:
                    self._evict()
                found = await self._load(name)
                self.took_s.append(monotonic() - began)
            self.loaded[name] = found
            return found

    async def follow(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Let a model answer, until it is evicted."""
        task = asyncio.create_task(work)
        under_way = self.in_flight.setdefault(name, set())
        under_way.add(task)
        try:
            await task
        finally:
            under_way.discard(task)

    def _evict(self) -> None:
        name = next(iter(self.loaded))
        for task in self.in_flight.get(name, ()):
            self.killed += 1
            task.cancel()
        os.kill(self.loaded.pop(name).child.pid, signal.SIGSTOP)

    async def _load(self, name: str) -> Loaded:
        self.loads.append(name)
        await asyncio.sleep(self.order["delay_s"])
        os.kill(self.servers[name].child.pid, signal.SIGCONT)
        return self.servers[name]

    async def _start(self, name: str) -> Loaded:
        child = await processes.start(
            [sys.executable, "-I", self.order["child"]], environment=self.order["environment"]
        )
        line = json.dumps({**self.order["engine"], "name": name}) + "\n"
        child.write(line.encode())
        said = json.loads(await child.first_line(START_S))
        return Loaded(child=child, url=said["address"])

    async def stop(self) -> None:
        """End all models."""
        for server in self.servers.values():
            server.child.kill()
            await server.child.stop()


def app_of(router: Router) -> web.Application:
    """Return what is served."""

    async def complete(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        name = json.loads(body)["model"]
        found = await router.model(name)
        headers = {"Authorization": f"Bearer {router.order['engine']['api_key']}", "Content-Type": "application/json"}
        out = web.StreamResponse(headers={"Content-Type": "text/event-stream"})

        async def pass_on() -> None:
            async with router.client.post(f"{found.url}/v1/chat/completions", data=body, headers=headers) as answer:
                answer.raise_for_status()
                await out.prepare(request)
                async for chunk in answer.content.iter_any():
                    await out.write(chunk)

        await router.follow(name, pass_on())
        return out

    async def tell(_request: web.Request) -> web.Response:
        return web.json_response({"loads": router.loads, "took_s": router.took_s, "killed": router.killed})

    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/v1/chat/completions", complete)
    app.router.add_get("/told", tell)
    return app


async def serve() -> None:
    """Serve until stdin closes."""
    loop = asyncio.get_running_loop()
    order = json.loads(await loop.run_in_executor(None, sys.stdin.buffer.readline))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as client:
        router = Router(order=order, client=client)
        await router.start()
        runner = web.AppRunner(app_of(router), handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(json.dumps({"address": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
        try:
            await loop.run_in_executor(None, sys.stdin.buffer.read)
        finally:
            await runner.cleanup()
            await router.stop()


if __name__ == "__main__":
    asyncio.run(serve())
