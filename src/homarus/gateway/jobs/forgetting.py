"""Forget what the engine's queue knows of legs that ended long ago; the log keeps what they did."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from homarus.domain.errors import StateError
from homarus.domain.ports import Clock

_FIRST_S = 60.0
_DAY_S = 86_400.0
_MOST = 500
_LOG = logging.getLogger(__name__)

Forget = Callable[[datetime, int], Awaitable[int]]
"""Delete at most so many legs that ended before a time; tell how many it were."""


class Forgetting:
    """Keeps the queue small."""

    def __init__(self, forget: Forget, clock: Clock, *, keep_days: Callable[[], int]) -> None:
        self._forget = forget
        self._clock = clock
        self._keep_days = keep_days

    async def run(self) -> None:
        """Look once a day, and not while everything else starts."""
        await asyncio.sleep(_FIRST_S)
        while True:
            try:
                await self.clear()
            except StateError as error:
                _LOG.warning("old legs cannot be forgotten: %s", error.message)
            await asyncio.sleep(_DAY_S)

    async def clear(self) -> None:
        """Forget in small pieces, so that runs are not held up."""
        before = self._clock.now() - timedelta(days=self._keep_days())
        is_more = True
        while is_more:
            is_more = await self._forget(before, _MOST) == _MOST
