"""Full disks, clocks that jump, processes that seem dead."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from gateway.jobs.job_house import MESSAGE, Direct, Doing, done, open_jobs
from homarus.domain.content import JsonObject
from homarus.domain.errors import DiskFullError
from homarus.domain.ids import RunId
from homarus.domain.jobs import Budget, RunState, Trigger
from homarus.domain.running import RunOutcome
from homarus.state.database import Database
from homarus.state.jobs.runs import StoredRuns
from homarus.state.ledger import Pen
from homarus.state.store import open_store
from homarus.testing.clock import FakeClock

pytestmark = pytest.mark.anyio
T = TypeVar("T")
DONE = RunOutcome(state=RunState.DONE, summary="Done.")


class Narrow:
    """A database whose disk is full when a test says so."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self.is_full = False
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @property
    def writer(self) -> "Narrow":
        return self

    async def write(self, work: Callable[[Pen], T], *, synced: bool = True) -> T:
        if self.is_full:
            self.refused += 1
            raise DiskFullError("The disk is full.", hint="Make room.")
        return await self._store.writer.write(work, synced=synced)


async def test_the_end_of_a_run_is_written_down_once_there_is_room(tmp_path: Path) -> None:
    async with await open_store(tmp_path) as store:
        narrow = Narrow(store)

        async def fills(_doing: Doing) -> RunOutcome:
            narrow.is_full = True
            return DONE

        async with open_jobs(tmp_path, script=fills, database=cast("Database", narrow)) as house:
            run = await house.start()
            async with asyncio.timeout(10):
                while narrow.refused < 3:
                    await asyncio.sleep(0.01)
            assert (await house.jobs.runs.get(run.run_id)).state is RunState.RUNNING
            narrow.is_full = False
            assert (await house.until(run.run_id)).state is RunState.DONE


async def test_nothing_is_started_that_cannot_be_written_down(tmp_path: Path) -> None:
    async with await open_store(tmp_path) as store:
        narrow = Narrow(store)
        async with open_jobs(tmp_path, database=cast("Database", narrow)) as house:
            narrow.is_full = True
            with pytest.raises(DiskFullError):
                await house.start()
            narrow.is_full = False
            assert await house.jobs.runs.list() == ()


async def test_a_run_that_was_written_down_and_not_queued_is_queued_at_the_next_start(tmp_path: Path) -> None:
    async with open_jobs(tmp_path, carrier=Full) as house:
        run = await house.start()
        assert run.state is RunState.QUEUED
    async with open_jobs(tmp_path) as house:
        await house.jobs.take_up()
        assert (await house.until(run.run_id)).state is RunState.DONE


class Full(Direct):
    """Queues nothing, because its own disk is full."""

    async def enqueue(self, run_id: RunId, leg: int, *, priority: int) -> None:
        del run_id, leg, priority
        raise DiskFullError("The disk is full.", hint="Make room.")


async def test_a_clock_that_jumps_uses_up_no_seconds_of_a_budget(tmp_path: Path) -> None:
    clock = FakeClock()

    async def jumps(doing: Doing) -> RunOutcome:
        clock.advance(timedelta(days=2).total_seconds())
        doing.purse.check()
        clock.advance(-timedelta(days=4).total_seconds())
        doing.purse.check()
        return DONE

    async with open_jobs(tmp_path, clock=clock, script=jumps) as house:
        run = await house.until((await house.start(budget=Budget(seconds=3600))).run_id)
        assert run.state is RunState.DONE
        assert run.spent.seconds < 60


async def test_a_clock_that_is_set_back_holds_a_waiting_run_only_until_its_time(tmp_path: Path) -> None:
    clock = FakeClock()
    asleep_until = clock.now() + timedelta(hours=1)

    async def sleeps(doing: Doing) -> RunOutcome:
        await doing.journal.sleep_until(asleep_until)
        return DONE

    async with open_jobs(tmp_path, clock=clock, script=sleeps) as house:
        run = await house.start()
        await house.until(run.run_id, RunState.PARKED)
        clock.advance(-timedelta(hours=5).total_seconds())
        house.jobs.deadlines.look_again()
        clock.advance(timedelta(hours=7).total_seconds())
        house.jobs.deadlines.look_again()
        assert (await house.until(run.run_id)).state is RunState.DONE


async def test_a_leg_that_was_given_to_somebody_else_writes_nothing_more(tmp_path: Path) -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    async def waits(doing: Doing) -> RunOutcome:
        async def step() -> JsonObject:
            reached.set()
            await go.wait()
            return {}

        await doing.journal.step("wait", step)
        return DONE

    async with open_jobs(tmp_path, script=waits) as house:
        run = await house.start()
        await reached.wait()
        stored = StoredRuns(house.store)
        standing = await stored.get(run.run_id)
        assert standing is not None
        await house.jobs.legs.next(run.run_id, came_from=(RunState.RUNNING,), because="", cause="crash")
        go.set()
        await asyncio.sleep(0.1)
        later = await stored.get(run.run_id)
        assert later is not None
        assert (later.run.state, later.leg) == (RunState.QUEUED, standing.leg + 1)


async def test_two_that_want_the_same_leg_cannot_both_have_it(tmp_path: Path) -> None:
    async with open_jobs(tmp_path, script=done) as house:
        run = await house.until((await house.start()).run_id)
        again = await house.jobs.runs.start(MESSAGE, name="count", trigger=Trigger.HAND)
        moves = await asyncio.gather(
            *(
                house.jobs.legs.next(again.run_id, came_from=(RunState.QUEUED,), because="", cause="crash")
                for _other in range(5)
            )
        )
        assert sum(move is not None for move in moves) <= 1
        assert run.run_id != again.run_id
