"""A job's run is a durable run, exactly as a turn is."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.jobs.job_house import Doing, JobHouse, open_jobs
from homarus.domain.content import JsonObject
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import TurnId
from homarus.domain.jobs import JobRun, RunState
from homarus.domain.running import RunOutcome
from homarus.gateway.jobs.gated import GatedRun
from homarus.state.jobs.runs import session_of
from homarus.state.journal import Journal
from homarus.state.opening import open_state
from homarus.testing import run_suite
from homarus.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


class Bench:
    """Opens the journal of one run again and again, as its legs do."""

    def __init__(self, house: JobHouse, run: JobRun, clock: FakeClock) -> None:
        self._house = house
        self._run = run
        self._clock = clock

    def again(self) -> GatedRun:
        turn = TurnId(self._run.run_id)
        inner = Journal(self._house.store, turn, session_of(self._run), clock=self._clock, is_timed=True)
        return GatedRun(inner, _open)

    async def decide(self, topic: str, body: JsonObject) -> None:
        turn = TurnId(self._run.run_id)
        await self._house.store.append(NewEvent(kind=Kind.APPROVAL_DECIDED, body=body, turn=turn, dedupe=topic))

    async def events(self) -> tuple[Event, ...]:
        return await self._house.store.of_turn(TurnId(self._run.run_id))

    def now(self) -> datetime:
        return self._clock.now()

    def advance(self, by: timedelta) -> None:
        self._clock.advance(by.total_seconds())


async def _open() -> None:
    pass


async def _nothing(_doing: Doing) -> RunOutcome:
    return RunOutcome(state=RunState.DONE, summary="")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = FakeClock()
    async with open_jobs(tmp_path, clock=clock, script=_nothing) as house:
        yield Bench(house, await house.until((await house.start()).run_id), clock)


@pytest.mark.parametrize("claim", run_suite.CLAIMS, ids=run_suite.name_of)
async def test_a_job_s_run_is_a_durable_run(claim: run_suite.Claim, bench: Bench) -> None:
    await claim(bench)


@pytest.mark.postgres
@pytest.mark.parametrize("claim", run_suite.CLAIMS, ids=run_suite.name_of)
async def test_a_job_s_run_on_postgres_is_a_durable_run(claim: run_suite.Claim, home: Path, postgres_url: str) -> None:
    clock = FakeClock()
    opened = await open_state(home, postgres_url, kind="worker")
    async with opened.store as store, open_jobs(home, clock=clock, script=_nothing, database=store) as house:
        await claim(Bench(house, await house.until((await house.start()).run_id), clock))
