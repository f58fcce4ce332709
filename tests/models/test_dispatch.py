import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homarus.models.dispatch import Dispatch, Priority, Queued

pytestmark = pytest.mark.anyio


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def use(dispatch: Dispatch, priority: Priority, name: str, log: list[str], *, slots: int = 1) -> None:
    async with dispatch.ticket("e", slots=slots, priority=priority) as ticket:
        async for _queued in ticket.wait():
            pass
        log.append(name)
        assert len(dispatch.view("e").held) <= slots
        await settle()


@given(st.lists(st.sampled_from(Priority), min_size=1, max_size=12), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_never_more_leases_than_slots_and_everybody_is_served_in_order(wanted: list[Priority], slots: int) -> None:
    async def run() -> list[str]:
        dispatch, log = Dispatch(), list[str]()
        async with asyncio.TaskGroup() as group:
            for number, priority in enumerate(wanted):
                group.create_task(use(dispatch, priority, f"{priority.value}:{number:02}", log, slots=slots))
        assert dispatch.view("e").held == dispatch.view("e").waiting == ()
        return log

    log = asyncio.run(run())
    assert len(log) == len(wanted)
    for priority in Priority:
        mine = [name for name in log if name.startswith(f"{priority.value}:")]
        assert mine == sorted(mine)
    if slots == 1:  # else those who are served together may say so in any order
        assert log[1:] == sorted(log[1:])


async def test_a_person_goes_before_a_heartbeat_that_came_first() -> None:
    dispatch, log = Dispatch(), list[str]()
    async with asyncio.TaskGroup() as group:
        group.create_task(use(dispatch, Priority.JOB, "job", log))
        await asyncio.sleep(0)
        group.create_task(use(dispatch, Priority.HEARTBEAT, "heartbeat", log))
        group.create_task(use(dispatch, Priority.PERSON, "person", log))
    assert log == ["job", "person", "heartbeat"]


async def test_the_place_in_line_is_told_and_moves_up() -> None:
    dispatch, seen = Dispatch(), list[Queued]()

    async def watch() -> None:
        async with dispatch.ticket("e", slots=1, priority=Priority.PERSON) as ticket:
            seen.extend([queued async for queued in ticket.wait()])

    async with asyncio.TaskGroup() as group, dispatch.ticket("e", slots=1, priority=Priority.PERSON):
        async with dispatch.ticket("e", slots=1, priority=Priority.PERSON):
            group.create_task(watch())
            await settle()
        await settle()
    assert [queued.position for queued in seen] == [2, 1]


async def test_a_cancel_while_waiting_leaves_no_gap() -> None:
    dispatch = Dispatch()
    async with dispatch.ticket("e", slots=1, priority=Priority.PERSON):
        waiting = asyncio.create_task(use(dispatch, Priority.PERSON, "x", []))
        await settle()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert not dispatch.view("e").waiting
    assert not dispatch.view("e").held


async def test_a_cancel_while_holding_frees_the_slot_at_once() -> None:
    dispatch, log = Dispatch(), list[str]()

    async def hold() -> None:
        async with dispatch.ticket("e", slots=1, priority=Priority.PERSON):
            await asyncio.sleep(60)

    holding = asyncio.create_task(hold())
    await settle()
    waiting = asyncio.create_task(use(dispatch, Priority.JOB, "next", log))
    await settle()
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    await waiting
    assert log == ["next"]


async def test_engines_do_not_wait_for_each_other() -> None:
    dispatch = Dispatch()
    async with (
        dispatch.ticket("a", slots=1, priority=Priority.PERSON) as one,
        dispatch.ticket("b", slots=1, priority=Priority.PERSON) as two,
    ):
        assert one.is_held
        assert two.is_held


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        ("person", Priority.PERSON),
        ("follow-up", Priority.FOLLOW_UP),
        ("heartbeat", Priority.HEARTBEAT),
        ("?", Priority.JOB),
    ],
)
def test_a_priority_is_read_by_name(word: str, priority: Priority) -> None:
    assert Priority.of(word) is priority
