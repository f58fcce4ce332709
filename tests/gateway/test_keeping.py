import asyncio

import pytest

from homarus.domain.errors import DiskFullError
from homarus.gateway.keeping import kept_alive, logged

pytestmark = pytest.mark.anyio


async def test_work_that_breaks_begins_again() -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise DiskFullError("The disk is full.", hint="Make room.")

    await kept_alive("work", work, pause_s=0.0)

    assert tries == 3


async def test_one_job_that_breaks_leaves_the_others_running() -> None:
    async def broken() -> None:
        raise ValueError

    done: list[int] = []

    async def well() -> None:
        await asyncio.sleep(0)
        done.append(1)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(logged("broken", broken()))
        tasks.create_task(logged("well", well()))

    assert done == [1]
