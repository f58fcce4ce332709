"""A real gateway process, a scripted model behind it, and a real browser before it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from homarus.testing.quirks.server import Manner, QuirkServer
from homarus.testing.quirks.turns import say

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HELLO = say("Hello. I am a scripted model.")


@dataclass(kw_only=True)
class Stage:
    """What a browser test talks to."""

    home: Path
    scripted: QuirkServer | None = None
    """`None` where others answer."""
    port: int
    process: asyncio.subprocess.Process | None = None
    complaints: list[str] = field(default_factory=list[str])
    """What the consoles of all pages said that is no good."""

    @property
    def model(self) -> QuirkServer:
        """The scripted model."""
        assert self.scripted is not None
        return self.scripted

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        log = (self.home / "test.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "homarus.gateway", "--home", str(self.home), "--port", str(self.port), stderr=log
        )  # fmt: skip
        log.close()
        for _ in range(300):
            if self.process.returncode is not None:
                self.process = None
                break
            if (self.home / "gateway.sock").exists() and await self._answers():
                return
            await asyncio.sleep(0.05)
        raise AssertionError((self.home / "test.log").read_text()[-3000:])

    async def stop(self, number: int = signal.SIGTERM) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(number)
            await process.wait()

    async def owner(self, method: str, path: str, body: object = None) -> Any:
        """Ask as the owner's terminal does."""
        connector = aiohttp.UnixConnector(str(self.home / "gateway.sock"))
        async with (
            aiohttp.ClientSession("http://localhost", connector=connector) as session,
            session.request(method, path, json=body) as answer,
        ):
            return await answer.json()

    async def link(self) -> str:
        """Return a pairing link."""
        return str((await self.owner("POST", "/api/v1/pairing"))["url"])

    async def pair(self, context: "BrowserContext") -> None:
        """Pair a browser without showing it the page."""
        code = (await self.link()).partition("#")[2]
        answer = await context.request.post(f"{self.url}/pair/claim", data={"code": code, "name": "Test"})
        assert answer.ok, await answer.text()

    def watch(self, page: "Page") -> None:
        """Keep what a page complains of."""
        page.on("console", lambda line: self._heard(line.type, f"{line.text} {line.location}"))
        page.on("pageerror", lambda error: self._heard("error", str(error)))

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    async def _answers(self) -> bool:
        try:
            return "version" in await self.owner("GET", "/api/v1/status")
        except (aiohttp.ClientError, OSError):
            return False


@asynccontextmanager
async def staged(home: Path, config: Mapping[str, object] | None = None) -> AsyncGenerator[Stage]:
    """Run a gateway whose only model says what the test tells it."""
    async with QuirkServer((HELLO,), manner=Manner(pause_s=0.5)) as model:
        provider = {"baseUrl": f"{model.url}/v1", "api": "openai-completions", "models": [_MODEL]}
        settings = {
            "models": {"mode": "replace", "providers": {"scripted": provider}},
            "agents": {"defaults": {"model": {"primary": "scripted/quirk"}}},
            "embedded": {"enabled": False},
            **(config or {}),
        }
        (home / "homarus.json5").write_text(json.dumps(settings))
        stage = Stage(home=home, scripted=model, port=free_port())
        try:
            await stage.start()
            yield stage
        finally:
            await stage.stop()


_MODEL = {"id": "quirk", "contextWindow": 32768}


def free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def launch_options(*more: str) -> dict[str, Any]:
    """Return how Debian's Chromium is started."""
    return {
        "executable_path": str(CHROMIUM),
        "headless": True,
        "args": [*FLAGS, *more],
        "env": {key: value for key, value in os.environ.items() if key != "DISPLAY"},
    }
