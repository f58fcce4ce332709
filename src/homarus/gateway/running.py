"""Run a gateway from start to end: own the folder, answer HTTP at once, take up what was left, stop in order."""

import asyncio
import logging
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from homarus import __version__
from homarus.domain.errors import StateError
from homarus.domain.events import Kind, NewEvent
from homarus.gateway.server import serve
from homarus.gateway.wiring import Wired, Wiring
from homarus.state.lock import hold

_LOG = logging.getLogger("homarus")
_LOOK_S = 2.0
SOCKET = "gateway.sock"


class _Stopped(Exception):  # noqa: N818 - control flow: ends the task group
    """The gateway was asked to stop; raised to end the task group with everything in it."""


async def run(home: Path, *, environment: Mapping[str, str], file: Path | None = None, port: int | None = None) -> None:
    """Serve until asked to stop.

    Raises:
        StateError: when the folder or the port is taken.
    """
    with hold(home) as said:
        if said:
            _LOG.warning("%s", said)
        async with AsyncExitStack() as opened:
            try:
                async with asyncio.TaskGroup() as tasks:
                    wired = await Wiring(home, environment, tasks, opened, file=file).house()
                    await _serve(wired, tasks, port)
            except* _Stopped:
                _LOG.info("stopped")


async def _serve(wired: Wired, tasks: asyncio.TaskGroup, port: int | None) -> None:
    house = wired.house
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, house.ask_to_stop)
    wanted = port if port is not None else house.settings().gateway.port
    site = await serve(house, port=wanted, socket_path=house.home / SOCKET, add_pages=_pages())
    house.facts.port = site.port
    _LOG.info("homarus %s answers on http://127.0.0.1:%d", __version__, site.port)
    try:
        await _take_up(wired)
        tasks.create_task(wired.reminding.run(), name="reminders")
        tasks.create_task(house.configuration.watch(lambda _configuration: None), name="configuration")
        tasks.create_task(_expire(wired), name="approvals")
        tasks.create_task(wired.toolbox.warm(), name="sandbox")
        await house.stopping.wait()
        await house.store.append(NewEvent(kind=Kind.GATEWAY_STOPPED, body={"pid": os.getpid()}), synced=False)
    finally:
        await site.stop()
    raise _Stopped


async def _take_up(wired: Wired) -> None:
    """Go on with every turn that has no reply yet, in the order in which they were accepted."""
    open_turns = await wired.house.store.unfinished_turns()
    for event in open_turns:
        if event.turn is not None and event.session is not None:
            wired.house.moments.open(event.turn)
            wired.lanes.enqueue(event.session, event.turn)
    await wired.outbox.recover()
    body = {"version": __version__, "pid": os.getpid(), "recovered_turns": len(open_turns)}
    await wired.house.store.append(NewEvent(kind=Kind.GATEWAY_STARTED, body=body), synced=False)


async def _expire(wired: Wired) -> None:
    while True:
        await asyncio.sleep(_LOOK_S)
        try:
            await wired.house.approvals.expire()
        except StateError as error:
            _LOG.warning("%s %s", error.message, error.hint)


def _pages() -> None:
    return None
