"""Keep background work alive: whatever breaks in it is written to the log, and the house goes on.

This is the "job" among the places where everything is caught: reminders, watching files, sending, copying the log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

_LOG = logging.getLogger(__name__)
PAUSE_S = 5.0


async def kept_alive(name: str, work: Callable[[], Awaitable[None]], *, pause_s: float = PAUSE_S) -> None:
    """Run work that has no end; when it breaks, begin again after a pause."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - one job that breaks must not end the house
            _LOG.exception("%s broke and begins again", name)
            await asyncio.sleep(pause_s)
        else:
            return


async def logged(name: str, work: Awaitable[object]) -> None:
    """Do something once; when it breaks, say so in the log."""
    try:
        await work
    except Exception:  # noqa: BLE001 - one job that breaks must not end the house
        _LOG.exception("%s broke", name)
