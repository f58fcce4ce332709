"""One turn: ask the model, do what it asks for, ask again, until only words are left.

Everything that costs or changes something is a step of the run, so a turn that died is told again from the log and
goes on where it stopped. On a replay the moments come again from the beginning.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from homarus.agent import commands
from homarus.agent.commands import Command
from homarus.agent.opening import open_talk
from homarus.agent.reply import out_of_time, went_wrong, write_down
from homarus.agent.rooms import Rooms, Scene, Told, Turn
from homarus.agent.talk import Talk
from homarus.domain.errors import HomarusError, UsageError
from homarus.domain.ports import Run, Watcher
from homarus.domain.turns import Reply


async def answer(turn: Turn, *, run: Run, rooms: Rooms, watch: Watcher) -> Reply:
    """Return the reply to a message, written down together with what the session's history gains.

    Whatever a model or a server does, this ends in words. The reply is in the log (`<turn>:reply`) when this returns;
    `Ended` is the caller's to say.

    Raises:
        Parked: while a person must decide; the same call later goes on from there.
    """
    focus = _asked_to_compact(turn)

    async def converse(talk: Talk) -> Told:
        return await talk.converse() if focus is None else await talk.compact(focus)

    return await _to_the_end(Scene(turn=turn, run=run, rooms=rooms, watch=watch), converse)


def _asked_to_compact(turn: Turn) -> str | None:
    """Return what `/compact keep the dates` wants kept; `None` when the message is no such command."""
    try:
        spoken = commands.parse(turn.owner_words)
    except UsageError:
        return None
    return spoken.rest if spoken is not None and spoken.command is Command.COMPACT else None


async def _to_the_end(scene: Scene, do: Callable[[Talk], Awaitable[Told]]) -> Reply:
    began = monotonic()
    limit = asyncio.timeout(scene.turn.agent.timeout_s)
    try:
        async with limit:
            told = await do(await open_talk(scene))
    except TimeoutError:
        if not limit.expired():  # somebody else's, and not about time: the runner says so
            raise
        told = out_of_time(scene)
    except HomarusError as error:
        told = went_wrong(error)
    return await write_down(scene, told, began)
