import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from homarus.domain.ids import SessionKey, TurnId
from homarus.gateway.lanes import Lanes

pytestmark = pytest.mark.anyio
A, B = SessionKey("a"), SessionKey("b")


def turn(name: str) -> TurnId:
    return TurnId(name)


@asynccontextmanager
async def running(run_one: Callable[[TurnId], Awaitable[None]]) -> AsyncGenerator[Lanes]:
    async with asyncio.TaskGroup() as tasks:
        yield Lanes(run_one, tasks)


async def test_turns_of_a_session_run_one_at_a_time_in_order() -> None:
    log: list[str] = []

    async def run_one(turn: TurnId) -> None:
        log.append(f"{turn} begins")
        await asyncio.sleep(0)
        log.append(f"{turn} ends")

    async with running(run_one) as lanes:
        for name in ("1", "2", "3"):
            lanes.enqueue(A, turn(name))

    assert log == [f"{name} {what}" for name in "123" for what in ("begins", "ends")]


async def test_sessions_do_not_wait_for_each_other() -> None:
    gate = asyncio.Event()
    ended: list[str] = []

    async def run_one(turn: TurnId) -> None:
        if turn == "slow":
            await gate.wait()
        ended.append(turn)
        gate.set()

    async with running(run_one) as lanes:
        lanes.enqueue(A, turn("slow"))
        lanes.enqueue(B, turn("quick"))

    assert ended == ["quick", "slow"]


async def test_a_stopped_turn_leaves_its_lane_to_the_next() -> None:
    begun = asyncio.Event()
    ended: list[str] = []

    async def run_one(turn: TurnId) -> None:
        begun.set()
        if turn == "stuck":
            await asyncio.Event().wait()
        ended.append(turn)

    async with running(run_one) as lanes:
        lanes.enqueue(A, turn("stuck"))
        lanes.enqueue(A, turn("next"))
        await begun.wait()
        assert lanes.cancel(turn("stuck"))

    assert ended == ["next"]


async def test_a_resumed_turn_goes_past_the_lane() -> None:
    gate = asyncio.Event()
    ended: list[str] = []

    async def run_one(turn: TurnId) -> None:
        if turn == "long":
            await gate.wait()
        ended.append(turn)
        gate.set()

    async with running(run_one) as lanes:
        lanes.enqueue(A, turn("long"))
        lanes.resume(turn("parked"))

    assert ended == ["parked", "long"]


async def test_a_turn_knows_how_many_come_first() -> None:
    gate = asyncio.Event()
    begun = asyncio.Event()

    async def run_one(_turn: TurnId) -> None:
        begun.set()
        await gate.wait()

    async with running(run_one) as lanes:
        for name in ("1", "2", "3"):
            lanes.enqueue(A, turn(name))
        await begun.wait()
        ahead = [lanes.ahead_of(turn(name)) for name in ("1", "2", "3")]
        gate.set()

    assert ahead == [0, 1, 2]


async def test_who_waits_is_told_how_many_come_first_and_again_when_that_changes() -> None:
    gate, begun = asyncio.Event(), asyncio.Event()
    told: list[tuple[str, int]] = []

    async def run_one(_turn: TurnId) -> None:
        begun.set()
        await gate.wait()

    async with asyncio.TaskGroup() as tasks:
        lanes = Lanes(run_one, tasks, on_place=lambda turn, ahead: told.append((turn, ahead)))
        lanes.enqueue(A, turn("1"))
        await begun.wait()
        for name in ("2", "3", "4"):
            lanes.enqueue(A, turn(name))
        assert told == [("2", 1), ("3", 2), ("4", 3)]
        lanes.drop(turn("3"))
        gate.set()

    assert told[3:] == [("4", 2), ("2", 0), ("4", 1), ("4", 0)]


async def test_an_answer_that_comes_while_a_turn_is_about_to_park_is_not_lost() -> None:
    runs: list[str] = []

    async with asyncio.TaskGroup() as tasks:

        async def run_one(turn: TurnId) -> None:
            runs.append(turn)
            if len(runs) == 1:
                lanes.resume(turn)  # decided after the turn looked and before it left

        lanes = Lanes(run_one, tasks)
        lanes.enqueue(A, turn("1"))

    assert runs == ["1", "1"]
