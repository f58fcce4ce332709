"""Runs of processes that are dead are given to the living, and those of the living are left alone."""

import asyncio
from pathlib import Path

import pytest

from gateway.jobs.job_house import MESSAGE, Doing, JobHouse, open_jobs
from homarus.domain.content import JsonObject
from homarus.domain.ids import RunId
from homarus.domain.jobs import JobRun, RunState, Trigger
from homarus.domain.running import RunOutcome
from homarus.state.jobs.executors import Executor, StoredExecutors
from homarus.state.jobs.naming import executor_of
from homarus.state.jobs.runs import Move, StoredRuns
from homarus.testing.clock import FakeClock

pytestmark = pytest.mark.anyio
OTHER = Executor(name="other", boot="b1")


async def worked_by(house: JobHouse, executor: Executor) -> RunId:
    """A run that another process works."""
    run = JobRun(
        run_id=RunId(f"run_{executor.name}"),
        name="count",
        work=MESSAGE,
        trigger=Trigger.HAND,
        state=RunState.QUEUED,
        queued_at=house.clock.now(),
    )
    stored = StoredRuns(house.store)
    await stored.add(run)
    columns = {"state": "running", "executor": executor.name, "boot": executor.boot}
    await stored.move(Move(run_id=run.run_id, came_from=(RunState.QUEUED,), columns=columns))
    return run.run_id


async def test_the_runs_of_the_dead_are_taken_over(tmp_path: Path) -> None:
    async with open_jobs(tmp_path, executor="me") as house:
        executors = StoredExecutors(house.store)
        await executors.beat(OTHER, now=house.clock.now())
        run_id = await worked_by(house, OTHER)
        await house.jobs.take_up()
        run = await house.until(run_id)
        assert (run.state, run.executor) == (RunState.DONE, "me")
        async with asyncio.timeout(10):
            while {executor.name for executor in await executors.all()} != {"me"}:
                await asyncio.sleep(0.01)


async def test_the_runs_of_the_living_are_left_to_them(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_jobs(tmp_path, executor="me", clock=clock, dead_after_s=1.0) as house:
        executors = StoredExecutors(house.store)
        run_id = await worked_by(house, OTHER)
        await executors.beat(OTHER, now=house.clock.now())
        await house.jobs.take_up()
        for _beat in range(50):
            clock.advance(1)
            await executors.beat(OTHER, now=house.clock.now())
            await asyncio.sleep(0.02)
        assert (await house.jobs.runs.get(run_id)).executor == "other"


async def test_one_that_left_in_good_order_is_taken_over_at_once(tmp_path: Path) -> None:
    async with open_jobs(tmp_path, executor="me") as house:
        run_id = await worked_by(house, OTHER)
        await house.jobs.take_up()
        assert (await house.until(run_id)).executor == "me"


async def test_only_the_first_of_the_living_looks_after_the_dead(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_jobs(tmp_path, executor="me", clock=clock, dead_after_s=1.0) as house:
        executors, first = StoredExecutors(house.store), Executor(name="before", boot="b2")
        run_id = await worked_by(house, Executor(name="gone", boot="b3"))
        await executors.beat(first, now=house.clock.now())
        await house.jobs.take_up()
        for _beat in range(50):
            clock.advance(1)
            await executors.beat(first, now=house.clock.now())
            await asyncio.sleep(0.02)
        assert (await house.jobs.runs.get(run_id)).state is RunState.RUNNING


async def test_a_process_that_comes_back_goes_on_with_its_own_run_at_once(tmp_path: Path) -> None:
    async with open_jobs(tmp_path, executor="me") as house:
        run_id = await worked_by(house, Executor(name="me", boot="an earlier life"))
        await house.jobs.take_up()
        assert (await house.until(run_id)).state is RunState.DONE


async def test_a_leg_that_was_taken_over_is_stopped_where_it_worked(tmp_path: Path) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def hangs(doing: Doing) -> RunOutcome:
        async def step() -> JsonObject:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()
            return {}

        await doing.journal.step("hang", step)
        return RunOutcome(state=RunState.DONE, summary="")

    async with open_jobs(tmp_path, executor="me", script=hangs) as house:
        run = await house.start()
        await begun.wait()
        await house.jobs.legs.next(run.run_id, came_from=(RunState.RUNNING,), because="", cause="crash")
        async with asyncio.timeout(10):
            await stopped.wait()


def test_names_differ_among_the_living_and_are_kept(tmp_path: Path) -> None:
    names = [executor_of(tmp_path) for _process in range(3)]
    assert len(set(names)) == 3
    assert [name.rpartition("-")[2] for name in names] == ["1", "2", "3"]
    assert len({name.rpartition("-")[0] for name in names}) == 1
