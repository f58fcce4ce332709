"""Say how far a prompt is read: what the server tells where it does, else an estimate out of its measured speed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from time import monotonic
from typing import TypeVar

from homarus.domain.inference import Prefill
from homarus.models.closing import closing

T = TypeVar("T")
EVERY_S = 1.0
_MOST_SHARE = 0.95
"""An estimate never says that it is done."""


async def with_progress(
    events: AsyncIterator[T],
    *,
    total_tokens: int,
    tokens_s: float | None,
    every_s: float = EVERY_S,
    clock: Callable[[], float] = monotonic,
) -> AsyncGenerator[T | Prefill]:
    """Yield events, and before the first of them, every now and then, how much of the prompt is probably read."""
    async with closing(events) as coming:
        began = clock()
        first = asyncio.ensure_future(_next(coming))
        try:
            while not (await asyncio.wait({first}, timeout=every_s))[0]:
                done = min(int((tokens_s or 0.0) * (clock() - began)), int(_MOST_SHARE * total_tokens))
                yield Prefill(done_tokens=done, total_tokens=total_tokens, is_estimated=True)
            for event in first.result():
                yield event
        finally:
            if not first.done():
                first.cancel()
                with suppress(asyncio.CancelledError):
                    await first
        async for event in coming:
            yield event


async def _next(events: AsyncIterator[T]) -> list[T]:
    """Return the next event, or nothing at the end."""
    try:
        return [await anext(events)]
    except StopAsyncIteration:
        return []
