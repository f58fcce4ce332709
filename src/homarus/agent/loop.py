"""One turn: ask the model, do what it asks for, ask again, until only words are left.

Everything that costs or changes something is a step of the run, so a turn that died is told again from the log and
goes on where it stopped. On a replay the moments come again from the beginning.
"""

import asyncio
from time import monotonic

from homarus.agent.opening import open_talk
from homarus.agent.reply import out_of_time, went_wrong, write_down
from homarus.agent.rooms import Rooms, Scene, Turn
from homarus.domain.errors import HomarusError
from homarus.domain.ports import Run, Watcher
from homarus.domain.turns import Reply


async def answer(turn: Turn, *, run: Run, rooms: Rooms, watch: Watcher) -> Reply:
    """Return the reply to a message, written down together with what the session's history gains.

    Whatever a model or a server does, this ends in words. The reply is in the log (`<turn>:reply`) when this returns;
    `Ended` is the caller's to say.

    Raises:
        Parked: while a person must decide; the same call later goes on from there.
    """
    began = monotonic()
    scene = Scene(turn=turn, run=run, rooms=rooms, watch=watch)
    try:
        async with asyncio.timeout(turn.agent.timeout_s):
            talk = await open_talk(scene)
            told = await talk.converse()
    except TimeoutError:
        told = out_of_time(scene)
    except HomarusError as error:
        told = went_wrong(scene, error)
    return await write_down(scene, told, began)
