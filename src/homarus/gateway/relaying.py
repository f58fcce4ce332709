"""Answer with news of work as it goes on, or only with how it ended; whoever hangs up ends the work."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from homarus.domain.content import JsonObject
from homarus.domain.errors import HomarusError
from homarus.gateway.answers import ok, problem_of
from homarus.gateway.sse import Stream, frame, stream, wants_stream


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that happened."""

    event: str
    body: JsonObject


Tell: TypeAlias = Callable[[News], None]
Work: TypeAlias = Callable[[Tell], Awaitable[News]]
"""Tells its news and returns the last one."""


async def relay(request: web.Request, work: Work) -> web.StreamResponse:
    """Answer with the news of work as events, for those who accept them; else with the body of its last news.

    What goes wrong once the events have begun is the event `failed`, in the shape of an error.
    """
    if not wants_stream(request):
        return ok((await work(lambda _news: None)).body)

    async def write(out: Stream) -> None:
        news: asyncio.Queue[News | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_carried_out(work, news))
            while (told := await news.get()) is not None:
                await out.send(frame(told.event, told.body))

    return await stream(request, write)


async def _carried_out(work: Work, news: asyncio.Queue[News | None]) -> None:
    try:
        news.put_nowait(await work(news.put_nowait))
    except HomarusError as error:
        problem = problem_of(error)
        body: JsonObject = {
            "message": problem.message,
            "hint": problem.hint,
            "kind": problem.kind,
            "exit_code": problem.exit_code,
        }
        news.put_nowait(News(event="failed", body=body))
    finally:
        news.put_nowait(None)
