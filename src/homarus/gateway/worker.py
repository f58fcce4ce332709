"""A process that only works runs: no pages, no channels, no clock. Any number of them share one Postgres database."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from homarus import __version__
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.gateway.common import database_of
from homarus.gateway.configure import Configuration
from homarus.gateway.keeping import kept_alive
from homarus.gateway.redacting import RedactingFilter
from homarus.gateway.wired import Wired
from homarus.gateway.wiring import Wiring
from homarus.state.lock import hold

_LOG = logging.getLogger("homarus")


class _Stopped(Exception):  # noqa: N818 - control flow: ends the task group
    """The worker was asked to stop."""


async def run(
    home: Path, *, environment: Mapping[str, str], file: Path | None = None, ready: Callable[[], None] = lambda: None
) -> None:
    """Work runs until asked to stop; `ready` is called when the first one could be worked.

    Raises:
        UsageError: when no database is named that several processes can share.
        ConfigError: when its address is wrong, or the server knows no such user or database.
        StateError: when the folder is taken or the server does not answer.
    """
    with hold(home) as said:
        _refuse_a_file(home, environment, file)
        if said:
            _LOG.warning("%s", said)
        async with AsyncExitStack() as opened:
            try:
                async with asyncio.TaskGroup() as tasks:
                    wiring = Wiring(home, environment, tasks, opened, file=file, is_worker=True)
                    await _work(await wiring.house(), tasks, ready)
            except* _Stopped:
                _LOG.info("stopped")


async def _work(wired: Wired, tasks: asyncio.TaskGroup, ready: Callable[[], None]) -> None:
    house = wired.house
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, house.ask_to_stop)
    logging.getLogger().setLevel(house.settings().logging.level.upper())
    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactingFilter(house.redacting))
    loops: dict[str, Callable[[], Awaitable[None]]] = {
        "engines": house.desk.watch.run,
        "servers": house.desk.servers.run,
        "dispatch": house.desk.dispatch.run,
        "sandbox": wired.toolbox.warm,
        **({"company": wired.company.run} if wired.company is not None else {}),
    }
    for name, work in loops.items():
        tasks.create_task(kept_alive(name, work), name=name)
    await house.jobs().take_up()
    _LOG.info("homarus %s works runs", __version__)
    ready()
    await house.stopping.wait()
    raise _Stopped


def _refuse_a_file(home: Path, environment: Mapping[str, str], file: Path | None) -> None:
    configuration = Configuration(home, environment=environment, file=file)
    configuration.load()
    if database_of(configuration.current, environment) is None:
        raise UsageError(
            _("A worker needs a database that it shares with a gateway, and none is named."),
            hint=_("homarus worker --database postgresql://user@host/homarus, or set HOMARUS_DATABASE"),
        )
