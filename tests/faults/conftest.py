"""A gateway on a quirk server, both real."""

import asyncio
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from faults.living import Living
from homarus.domain.content import Json
from homarus.testing.quirks import QuirkServer
from homarus.testing.quirks.turns import Script

House = Callable[..., Living]


@contextmanager
def model_server(script: Script, quirks: Iterable[str] = ()) -> Generator[QuirkServer]:
    """Run a quirk server in a thread of its own, so that tests may block."""
    ready, done = threading.Event(), threading.Event()
    kept: list[QuirkServer] = []

    async def serve() -> None:
        async with QuirkServer(script, quirks=quirks) as server:
            kept.append(server)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield kept[0]
    finally:
        done.set()
        thread.join(10)


@pytest.fixture
def house(home: Path) -> Generator[House]:
    """Start a gateway whose model follows a script; ended after the test."""
    with ExitStack() as stack:

        def start(script: Script, *, quirks: Iterable[str] = (), **further: Json) -> Living:
            server = stack.enter_context(model_server(script, quirks))
            living = Living(home, model_url=server.url, further=further)
            stack.callback(living.stop)
            living.start()
            return living

        yield start
