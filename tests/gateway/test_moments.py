import asyncio

import pytest

from gateway.parts import reply
from homarus.domain.ids import TurnId
from homarus.domain.turns import Ended, Moment, Noticed, Reply, Retracted, Said, Thought
from homarus.gateway.moments import Moments

pytestmark = pytest.mark.anyio
TURN = TurnId("t1")


async def nothing(_turn: TurnId) -> Reply | None:
    return None


async def watch(moments: Moments) -> list[Moment]:
    return [moment async for moment in moments.watch(TURN)]


async def test_a_watcher_sees_moments_in_order_until_the_end() -> None:
    moments = Moments(nothing)
    moments.open(TURN)
    task = asyncio.create_task(watch(moments))
    await asyncio.sleep(0)

    shown = [Said(text="Good "), Said(text="morning."), Ended(reply=reply())]
    for moment in shown:
        moments.publish(TURN, moment)

    assert await task == shown


async def test_a_late_watcher_gets_what_was_said_in_one_piece() -> None:
    moments = Moments(nothing)
    for moment in (Thought(text="hm"), Said(text="Good "), Noticed(text="slow"), Said(text="morn")):
        moments.publish(TURN, moment)
    task = asyncio.create_task(watch(moments))
    await asyncio.sleep(0)
    moments.publish(TURN, Ended(reply=reply()))

    assert await task == [Noticed(text="slow"), Thought(text="hm"), Said(text="Good morn"), Ended(reply=reply())]


async def test_what_was_retracted_is_not_shown_to_a_late_watcher() -> None:
    moments = Moments(nothing)
    for moment in (Said(text="half an ans"), Retracted(because="cut off"), Said(text="Whole.")):
        moments.publish(TURN, moment)
    task = asyncio.create_task(watch(moments))
    await asyncio.sleep(0)
    moments.publish(TURN, Ended(reply=reply()))

    assert (await task)[0] == Said(text="Whole.")


async def test_a_turn_that_is_over_is_told_from_the_log() -> None:
    async def known(_turn: TurnId) -> Reply | None:
        return reply(text="From the log.")

    moments = Moments(known)

    assert await watch(moments) == [Said(text="From the log."), Ended(reply=reply(text="From the log."))]


async def test_a_watcher_that_falls_far_behind_gets_a_fresh_snapshot() -> None:
    moments = Moments(nothing)
    moments.open(TURN)
    told: list[Moment] = []

    async def look() -> None:
        told.extend([moment async for moment in moments.watch(TURN)])

    task = asyncio.create_task(look())
    await asyncio.sleep(0)
    for _ in range(5000):
        moments.publish(TURN, Said(text="a"))
    moments.publish(TURN, Ended(reply=reply()))

    await task
    after = max(place for place, moment in enumerate(told) if isinstance(moment, Retracted))

    assert "".join(m.text for m in told[after:] if isinstance(m, Said)) == "a" * 5000
