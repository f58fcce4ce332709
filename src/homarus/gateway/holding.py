"""Do something at one gateway only, of all that share a house: receive from a channel, for example."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from homarus.domain.errors import StateError
from homarus.domain.sharing import Leases

LOOK_S = 3.0
"""How often to see whether it is still ours, or free by now."""
_LOG = logging.getLogger(__name__)


async def while_held(leases: Leases, name: str, work: Callable[[], Awaitable[None]], *, look_s: float = LOOK_S) -> None:
    """Run work whenever this process holds a lease, until the work ends by itself; waits while another one has it."""
    while True:
        if not await _is_ours(leases, name, otherwise=False):
            await asyncio.sleep(look_s)
            continue
        doing = asyncio.ensure_future(work())
        try:
            while not doing.done() and await _is_ours(leases, name, otherwise=True):
                await asyncio.wait([doing], timeout=look_s)
            if doing.done():
                return doing.result()
            _LOG.warning("%s goes on in another process", name)
        finally:
            doing.cancel()
            await asyncio.wait([doing])
            with suppress(StateError):  # the server is away: the lease ends with the process
                await leases.release(name)


async def _is_ours(leases: Leases, name: str, *, otherwise: bool) -> bool:
    """Take or keep a lease; while the server is away nobody can take it from us, and we cannot take it either."""
    try:
        return await leases.take(name)
    except StateError:
        return otherwise
