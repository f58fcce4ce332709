"""Runs and `kill -9`: at every step, what was done is not done again, and what nobody knows about is said."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homarus.domain.jobs import JobRun, RunState
from homarus.state.jobs.runs import StoredRuns
from homarus.state.opening import open_state

SCRIPT = Path(__file__).with_name("job_process.py")
LIMIT_S = 40.0
STEPS = ("read", "think", "send", "write")


@contextmanager
def process(folder: Path, *arguments: str) -> Generator["subprocess.Popen[str]"]:
    """A process that works runs; killed at the end, if the test has not done so."""
    errors = (folder / "errors").open("a")
    command = [sys.executable, str(SCRIPT), str(folder), *arguments]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        errors.close()
        if started.stdout is not None:
            started.stdout.close()


def worked(folder: Path) -> list[list[str]]:
    log = folder / "worked"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def until(folder: Path, is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + LIMIT_S
    while not is_so():
        assert time.monotonic() < limit, (worked(folder), (folder / "errors").read_text())
        time.sleep(0.02)


def count(folder: Path, key: str, what: str) -> int:
    return sum(entry[1:3] == [key, what] for entry in worked(folder))


def over(folder: Path) -> set[str]:
    """The runs that are over; each process is told of each."""
    return {entry[0] for entry in worked(folder) if entry[1:3] == ["done", "over"]}


def runs_in(folder: Path, database: str | None = None) -> tuple[JobRun, ...]:
    async def read() -> tuple[JobRun, ...]:
        opened = await open_state(folder, database)
        async with opened.store as store:
            return await StoredRuns(store).list()

    return asyncio.run(read())


def test_a_run_that_is_killed_in_each_of_its_steps_does_only_that_one_again(tmp_path: Path) -> None:
    for life, key in enumerate(STEPS):
        with process(tmp_path, "--start", "0" if life else "1", "--hang", key):
            until(tmp_path, lambda key=key: count(tmp_path, key, "began") == 1)
    with process(tmp_path):
        until(tmp_path, lambda: count(tmp_path, "done", "over") == 1)
    began = {key: count(tmp_path, key, "began") for key in STEPS}
    ended = {key: count(tmp_path, key, "ended") for key in STEPS}
    assert began == {"read": 2, "think": 2, "send": 1, "write": 2}
    assert ended == {"read": 1, "think": 1, "send": 0, "write": 1}
    (run,) = runs_in(tmp_path)
    assert (run.state, run.spent.tokens) == (RunState.DONE, 40)
    assert "send" in run.summary  # an effect of which nobody knows is said, and not made again


@pytest.mark.postgres
def test_the_runs_of_a_worker_that_is_killed_are_taken_over_within_30_s(tmp_path: Path, postgres_url: str) -> None:
    first, second = (tmp_path / name for name in ("first", "second"))
    first.mkdir()
    second.mkdir()
    common = ("--database", postgres_url)
    with (
        process(tmp_path, *common, "--home", str(first), "--start", "6", "--hang", "think") as killed,
        process(tmp_path, *common, "--home", str(second)),
    ):
        until(tmp_path, (tmp_path / "hung think").exists)
        until(tmp_path, lambda: len(over(tmp_path)) == 5)
        killed.kill()
        began = time.monotonic()
        until(tmp_path, lambda: len(over(tmp_path)) == 6)
        took_s = time.monotonic() - began
    assert took_s < 30
    assert over(tmp_path) == {run.run_id for run in runs_in(second, postgres_url)}
    for run_id in over(tmp_path):
        ended = sorted(entry[1] for entry in worked(tmp_path) if entry[0] == run_id and entry[2] == "ended")
        assert ended == sorted(STEPS), run_id
