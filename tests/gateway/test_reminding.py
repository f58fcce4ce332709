import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.parts import MAIN
from homarus.gateway.reminding import Reminding
from homarus.state.reminders import StoredReminders
from homarus.state.store import open_store
from homarus.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


async def test_a_reminder_rings_when_it_is_due_and_is_shown_once_to_each_face(home: Path) -> None:
    clock = FakeClock()
    async with await open_store(home) as store:
        reminding = Reminding(StoredReminders(store, zone=clock.zone), clock)
        loop = asyncio.create_task(reminding.run())
        await reminding.add("call Lena", due_at=clock.now(), session=MAIN, idempotency_key="k")

        while not await reminding.unseen("cli"):
            await asyncio.sleep(0.005)

        assert [notice.text for notice in await reminding.take("cli")] == ["call Lena"]
        assert await reminding.take("cli") == ()
        assert [notice.when for notice in await reminding.take("web")] == ["Fri 20 Nov 2026, 09:30 CET"]
        loop.cancel()


async def test_what_came_due_while_the_house_was_down_rings_at_the_next_start(home: Path) -> None:
    clock = FakeClock()
    async with await open_store(home) as store:
        reminders = StoredReminders(store, zone=clock.zone)
        due_at = clock.now() + timedelta(hours=1)
        await Reminding(reminders, clock).add("call Lena", due_at=due_at, session=MAIN, idempotency_key="k")
    clock.advance(3 * 3600)
    async with await open_store(home) as store:
        reminding = Reminding(StoredReminders(store, zone=clock.zone), clock)
        loop = asyncio.create_task(reminding.run())

        while not (notices := await reminding.unseen("cli")):
            await asyncio.sleep(0.005)

        assert notices[0].late_s == 2 * 3600
        loop.cancel()
