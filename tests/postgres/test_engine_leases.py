"""One GPU, several processes: together they never ask more than there are slots, and people come first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import psycopg
import pytest

from homarus.models.dispatch import Dispatch, Priority
from homarus.state.opening import Opened, open_state
from homarus.state.postgres.shared import Shared

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
GPU = "gpu.lan:11434"


@pytest.fixture
async def shared(opened: Opened) -> Shared:
    assert opened.shared is not None
    return opened.shared


@pytest.fixture
async def other(tmp_path: Path, postgres_url: str) -> AsyncIterator[Shared]:
    (tmp_path / "other").mkdir()
    found = await open_state(tmp_path / "other", postgres_url)
    yield cast("Shared", found.shared)
    await found.store.close()


def dispatch_of(shared: Shared) -> Dispatch:
    dispatch = Dispatch()
    dispatch.places = shared.places
    return dispatch


async def use(dispatch: Dispatch, priority: Priority, name: str, log: list[str], done: asyncio.Event) -> None:
    async with dispatch.ticket(GPU, slots=1, priority=priority) as ticket:
        async for _queued in ticket.wait():
            pass
        log.append(name)
        await done.wait()


async def waiting(url: str, count: int) -> None:
    async with asyncio.timeout(10):
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as sql:
            while True:
                found = await sql.execute("SELECT count(*) FROM homarus.engine_places")
                if await found.fetchone() == (count,):
                    return
                await asyncio.sleep(0.01)


async def test_two_processes_never_use_more_than_the_slots(shared: Shared, other: Shared) -> None:
    at_once, most = 0, 0

    async def ask(dispatch: Dispatch) -> None:
        nonlocal at_once, most
        async with dispatch.ticket(GPU, slots=2, priority=Priority.JOB) as ticket:
            async for _queued in ticket.wait():
                pass
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.005)
            at_once -= 1

    async with asyncio.TaskGroup() as tasks:
        for one in (dispatch_of(shared), dispatch_of(other)):
            for _ask in range(10):
                tasks.create_task(ask(one))
    assert most == 2


async def test_a_person_at_one_gateway_comes_before_a_swarm_at_a_worker(
    shared: Shared, other: Shared, postgres_url: str
) -> None:
    log, done, held = list[str](), asyncio.Event(), asyncio.Event()
    worker, gateway = dispatch_of(other), dispatch_of(shared)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(use(worker, Priority.SWARM, "first", log, held))
        await waiting(postgres_url, 1)
        for number in range(3):
            tasks.create_task(use(worker, Priority.SWARM, f"swarm {number}", log, done))
        await waiting(postgres_url, 4)
        tasks.create_task(use(gateway, Priority.PERSON, "person", log, done))
        await waiting(postgres_url, 5)
        done.set()
        held.set()
    assert log[:2] == ["first", "person"]
    await waiting(postgres_url, 0)


async def test_the_slots_of_a_process_that_goes_are_free(shared: Shared, tmp_path: Path, postgres_url: str) -> None:
    (tmp_path / "dying").mkdir()
    dying = await open_state(tmp_path / "dying", postgres_url)
    assert dying.shared is not None
    never, log = asyncio.Event(), list[str]()
    task = asyncio.create_task(use(dispatch_of(dying.shared), Priority.JOB, "dying", log, never))
    await waiting(postgres_url, 1)
    done = asyncio.Event()
    done.set()
    waits = asyncio.create_task(use(dispatch_of(shared), Priority.JOB, "after", log, done))
    await waiting(postgres_url, 2)
    await dying.store.close()
    async with asyncio.timeout(10):
        await waits
    assert log == ["dying", "after"]
    task.cancel()
    await asyncio.wait([task])


async def test_one_who_gives_up_waiting_holds_nobody_up(shared: Shared, other: Shared, postgres_url: str) -> None:
    log, done, never = list[str](), asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(use(dispatch_of(other), Priority.JOB, "first", log, done))
    await waiting(postgres_url, 1)
    gives_up = asyncio.create_task(use(dispatch_of(shared), Priority.PERSON, "gives up", log, never))
    await waiting(postgres_url, 2)
    gives_up.cancel()
    await asyncio.wait([gives_up])
    await waiting(postgres_url, 1)
    done.set()
    await first
    await use(dispatch_of(shared), Priority.SWARM, "last", log, done)
    assert log == ["first", "last"]


async def test_the_built_in_model_and_hosted_ones_have_no_line_in_common(shared: Shared) -> None:
    places = shared.places
    assert places.place("embedded", slots=1, priority=0, model="m", is_swapping=False) is None
    assert places.place("api.example.com:443", slots=64, priority=0, model="m", is_swapping=False) is None
