"""Run a gateway from start to end: own the folder, answer HTTP at once, take up what was left, stop in order."""

import asyncio
import logging
import math
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from homarus import __version__
from homarus.domain.events import Kind, NewEvent
from homarus.gateway.collecting import settle
from homarus.gateway.configure import Configuration
from homarus.gateway.house import House
from homarus.gateway.keeping import kept_alive, logged
from homarus.gateway.pages import add_pages
from homarus.gateway.redacting import RedactingFilter
from homarus.gateway.server import serve
from homarus.gateway.warming import warm, warm_pages
from homarus.gateway.wired import Wired
from homarus.gateway.wiring import Wiring
from homarus.state.backups import newest_first
from homarus.state.lock import hold
from homarus.state.store import SqliteStore, back_up

_LOG = logging.getLogger("homarus")
_LOOK_S = 2.0
_AFTER_START_S = 10.0
_DAY_S = 86_400.0
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
    site = await serve(house, port=wanted, socket_path=house.home / SOCKET, add_pages=add_pages)
    house.facts.port = site.port
    _apply(house.configuration)
    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactingFilter(house.redacting))
    _LOG.info("homarus %s answers on http://127.0.0.1:%d", __version__, site.port)
    try:
        await _take_up(wired)
        jobs: dict[str, Callable[[], Awaitable[None]]] = {
            "reminders": wired.reminding.run,
            "heartbeats": lambda: _beat(wired),
            "configuration": lambda: house.configuration.watch(lambda now: _follow(wired, tasks, now)),
            "approvals": lambda: _expire(wired),
            "warming": lambda: asyncio.to_thread(warm),
            "pages": lambda: _warm_pages(wired.house),
            "sandbox": wired.toolbox.warm,
            "prompts": wired.warmup.run,
            "engines": house.desk.watch.run,
            "servers": house.desk.servers.run,
            "dispatch": house.desk.dispatch.run,
            **({"company": wired.company.run} if wired.company is not None else {}),
            "driving": lambda: _try_again(house),
            "backup": lambda: _back_up(wired),
            "collector": settle,
        }
        for name, work in jobs.items():
            tasks.create_task(kept_alive(name, work), name=name)
        await house.stopping.wait()
        await house.store.append(NewEvent(kind=Kind.GATEWAY_STOPPED, body={"pid": os.getpid()}), synced=False)
    finally:
        await site.stop()
    raise _Stopped


def _apply(configuration: Configuration) -> None:
    """Follow what can change while the gateway runs; everything else is read from the settings where it is used."""
    logging.getLogger().setLevel(configuration.current.logging.level.upper())


def _follow(wired: Wired, tasks: asyncio.TaskGroup, configuration: Configuration) -> None:
    """Follow a configuration that has changed, channels included."""
    _apply(configuration)
    if wired.channeling.follow():
        tasks.create_task(logged("recover", wired.outbox.recover()), name="recover")


async def _take_up(wired: Wired) -> None:
    """Go on with every turn that has no reply yet, in the order in which they were accepted."""
    open_turns = await wired.house.store.unfinished_turns()
    for event in open_turns:
        if event.turn is not None and event.session is not None:
            wired.house.moments.open(event.turn)
            wired.lanes.enqueue(event.session, event.turn)
    wired.channeling.follow()  # not before: what comes in now goes behind what was accepted earlier
    await wired.outbox.recover()
    await wired.house.pulls.take_up()
    await wired.jobs.take_up()
    body = {"version": __version__, "pid": os.getpid(), "recovered_turns": len(open_turns)}
    await wired.house.store.append(NewEvent(kind=Kind.GATEWAY_STARTED, body=body), synced=False)


async def _beat(wired: Wired) -> None:
    """Look now and then whether HEARTBEAT.md asks for something; not while everything else starts."""
    await asyncio.sleep(_AFTER_START_S)
    await wired.jobs.heartbeats()


async def _warm_pages(house: House) -> None:
    """Make the pages ready once there is a browser that may ask for them; without one they are never loaded."""
    if not any(device.revoked_at is None for device in house.access.devices()):
        await house.browsing.wait()
    await asyncio.to_thread(warm_pages, house.configuration)


async def _try_again(house: House) -> None:
    """Try models anew that are served as other builds."""
    from homarus.models.driving.again import Again

    await Again(house.desk, house.settings).run()


async def _expire(wired: Wired) -> None:
    while True:
        await asyncio.sleep(_LOOK_S)
        await wired.house.approvals.expire()


async def _back_up(wired: Wired) -> None:
    """Keep a copy of the log a day; the newest whole one takes its place should it ever be damaged."""
    store = wired.store
    if not isinstance(store, SqliteStore):
        return  # a server is backed up where it is: `homarus doctor` names the command
    while True:
        newest = next(newest_first(store.path), None)
        age_s = time.time() - newest.stat().st_mtime if newest is not None else math.inf
        if age_s >= _DAY_S and await store.last_seq():
            await back_up(store)
            age_s = 0.0
        await asyncio.sleep(max(_DAY_S - age_s, 60.0) if age_s < _DAY_S else 600.0)
