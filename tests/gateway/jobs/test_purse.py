"""Budgets are kept with the run: after a crash they are as empty as before."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.jobs.job_house import Doing, JobHouse, open_jobs
from homarus.domain.events import Kind
from homarus.domain.ids import TurnId
from homarus.domain.jobs import Budget, RunState, Spent
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.running import RunOutcome
from homarus.gateway.jobs.purse import KeptPurse
from homarus.state.jobs.runs import StoredRuns
from homarus.testing.clock import FakeClock

pytestmark = pytest.mark.anyio
DONE = RunOutcome(state=RunState.DONE, summary="Done.")


async def purse_of(house: JobHouse, *, leg: int = 2, **limits: float) -> KeptPurse:
    run = await house.until((await house.start(budget=Budget(**limits))).run_id)  # pyright: ignore[reportArgumentType] - whole tokens
    return await again(house, run.run_id, leg=leg)


async def again(house: JobHouse, run_id: str, *, leg: int = 3) -> KeptPurse:
    stored = StoredRuns(house.store)
    standing = await stored.get(run_id)  # pyright: ignore[reportArgumentType] - of a run
    assert standing is not None
    return KeptPurse(standing.run, leg, stored, house.clock, known=await house.store.of_turn(TurnId(run_id)))


async def test_a_step_that_is_told_twice_costs_once(tmp_path: Path) -> None:
    async with open_jobs(tmp_path) as house:
        purse = await purse_of(house, tokens=1000)
        for _replay in range(3):
            await purse.spend("think", Spent(tokens=300), model="llama/8b")
        assert purse.spent.tokens == 300
        assert purse.left().tokens == 700


async def test_after_a_crash_a_purse_is_as_empty_as_before(tmp_path: Path) -> None:
    async with open_jobs(tmp_path) as house:
        purse = await purse_of(house, tokens=1000, cost_usd=1.0, joules=500.0)
        await purse.spend("think", Spent(tokens=900, cost_usd=0.25, joules=400.0))
        (run,) = await house.jobs.runs.list()
        later = await again(house, run.run_id)
        await later.spend("think", Spent(tokens=900, cost_usd=0.25, joules=400.0))
        assert (later.spent.tokens, later.spent.cost_usd, later.left().joules) == (900, 0.25, 100.0)
        await later.spend("write", Spent(tokens=100))
        with pytest.raises(LimitReachedError, match="1000 tokens"):
            later.check()


async def test_the_deadline_is_a_limit(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_jobs(tmp_path, clock=clock) as house:
        run = await house.start(deadline_at=clock.now() + timedelta(hours=1))
        await house.until(run.run_id)
        purse = await again(house, run.run_id)
        purse.check()
        clock.advance(3600)
        with pytest.raises(LimitReachedError, match="deadline"):
            purse.check()
        assert purse.left().seconds == 0.0


async def test_seconds_are_those_of_all_legs(tmp_path: Path) -> None:
    async with open_jobs(tmp_path) as house:
        purse = await purse_of(house, leg=2, seconds=60.0)
        await purse.note_time(is_over=True)
        (run,) = await house.jobs.runs.list()
        facts = [event for event in await house.store.of_turn(TurnId(run.run_id)) if event.kind is Kind.RUN_SPENT]
        earlier_s = sum(float(str(fact.body["worked_s"])) for fact in facts)
        assert (await again(house, run.run_id)).spent.seconds >= earlier_s


async def test_a_run_that_runs_out_with_nothing_to_hand_over_says_so(tmp_path: Path) -> None:
    async def spends(doing: Doing) -> RunOutcome:
        await doing.purse.spend("think", Spent(tokens=11), model="llama/8b")
        doing.purse.check()
        return DONE

    async with open_jobs(tmp_path, script=spends) as house:
        run = await house.until((await house.start(budget=Budget(tokens=10))).run_id)
        assert (run.state, run.spent.tokens, run.models) == (RunState.PARTIAL, 11, ("llama/8b",))
        assert run.hint
