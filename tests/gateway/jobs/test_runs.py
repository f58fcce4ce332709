"""Runs are started, held, taken up again and looked at."""

from pathlib import Path

import pytest
from gateway.jobs.job_house import done, open_jobs

from homarus.domain.jobs import RunState

pytestmark = pytest.mark.anyio


async def test_a_run_is_worked_to_its_end(tmp_path: Path) -> None:
    async with open_jobs(tmp_path) as house:
        started = await house.start()
        run = await house.until(started.run_id)
        assert (run.state, run.summary) == (RunState.DONE, "All counted.")
        assert [view.key for view in await house.jobs.runs.steps(run.run_id)] == ["look"]
        assert [ended.run_id for ended in house.ended] == [run.run_id]
