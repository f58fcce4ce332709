"""Close a stream when its reader leaves, so that a cancel reaches the server at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar, cast

from homarus.domain.errors import ModelCallError

T = TypeVar("T")


@asynccontextmanager
async def closing(stream: AsyncIterator[T]) -> AsyncGenerator[AsyncIterator[T]]:
    """Yield the stream and close it afterwards, if it is one that can be closed."""
    try:
        yield stream
    finally:
        close = cast("Callable[[], Awaitable[None]] | None", getattr(stream, "aclose", None))
        if close is not None:
            await close()


async def until_done(
    stream: AsyncIterator[T], is_done: Callable[[], bool], *, grace_s: float = 2.0
) -> AsyncGenerator[T]:
    """Yield from a stream; once the answer is complete, wait only a moment for what may still follow.

    Servers differ in what comes after the last word: token counts, an end mark, or nothing while the line stays open.
    """
    while True:
        try:
            async with asyncio.timeout(grace_s if is_done() else None):
                item = await anext(stream)
        except StopAsyncIteration:
            return
        except (TimeoutError, ModelCallError):
            if is_done():
                return
            raise
        yield item
