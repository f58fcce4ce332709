"""`homarus worker`: real processes that work the runs of a house on Postgres, and one of them dies."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from faults.conftest import model_server
from homarus.domain.ids import RunId
from homarus.domain.jobs import Delivery, DeliveryMode, JobRun, RunState, Trigger, Work, WorkKind
from homarus.gateway.root import CONSENT
from homarus.state.jobs.runs import StoredRuns
from homarus.state.opening import open_state
from homarus.testing.quirks import Turn, say
from homarus.testing.quirks.turns import Asked
from postgres_server import PASSWORD

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
LIMIT_S = 60.0


def script(_asked: Asked) -> Turn:
    return say(" ".join(str(number) for number in range(100)))


@contextmanager
def worker(home: Path, url: str, model_url: str) -> Generator["subprocess.Popen[str]"]:
    """A worker that says that it works; its password comes from the environment."""
    home.mkdir(mode=0o700)
    provider = {"baseUrl": f"{model_url}/v1", "apiKey": "k", "api": "openai-completions", "models": [{"id": "tester"}]}
    models = {"mode": "replace", "providers": {"quirk": provider}}
    (home / "homarus.json5").write_text(json.dumps({"models": models}))
    (home / CONSENT).touch()
    parts = urlsplit(url)
    address = f"postgresql://{parts.username}@{parts.hostname}:{parts.port}{parts.path}"
    command = [str(Path(sys.executable).with_name("homarus")), "worker", "--state", str(home), "--database", address]
    errors = (home / "errors").open("w")
    environment = {**os.environ, "PGPASSWORD": PASSWORD}
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    try:
        assert started.stdout is not None
        assert "Working runs" in started.stdout.readline(), (home / "errors").read_text()
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
            assert started.wait(20) == 0, (home / "errors").read_text()
        errors.close()
        if started.stdout is not None:
            started.stdout.close()


def a_run(number: int) -> JobRun:
    return JobRun(
        run_id=RunId(f"run_{number}"),
        name="count",
        work=Work(kind=WorkKind.MESSAGE, text="Count."),
        trigger=Trigger.HAND,
        state=RunState.QUEUED,
        queued_at=datetime.now(UTC),
        delivery=Delivery(mode=DeliveryMode.NONE),
    )


def add(home: Path, url: str, run: JobRun) -> None:
    """Write a run down as a gateway does; whoever works runs finds it."""

    async def write() -> None:
        async with (await open_state(home, url, kind="test")).store as store:
            await StoredRuns(store).add(run)

    asyncio.run(write())


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the table says of a run."""

    state: str
    executor: str


def row(url: str, run: JobRun) -> Row:
    query = "SELECT state, executor FROM homarus.runs WHERE run_id = %s"
    with psycopg.connect(url) as sql:
        found = sql.execute(query, (run.run_id,)).fetchone()
    assert found is not None
    return Row(state=str(found[0]), executor=str(found[1]))


def until(url: str, run: JobRun, state: RunState) -> Row:
    limit = time.monotonic() + LIMIT_S
    while (found := row(url, run)).state != state.value:
        assert time.monotonic() < limit, found
        time.sleep(0.1)
    return found


def test_the_run_of_a_worker_that_is_killed_is_brought_to_its_end_by_another(tmp_path: Path, postgres_url: str) -> None:
    run = a_run(1)
    (tmp_path / "outside").mkdir(mode=0o700)
    add(tmp_path / "outside", postgres_url, run)
    with ExitStack() as stack:
        server = stack.enter_context(model_server(script, ["slow_words"]))
        first = stack.enter_context(worker(tmp_path / "first", postgres_url, server.url))
        working = until(postgres_url, run, RunState.RUNNING)
        stack.enter_context(worker(tmp_path / "second", postgres_url, server.url))
        first.kill()
        first.wait()
        ended = until(postgres_url, run, RunState.DONE)
    assert ended.executor != working.executor
    with psycopg.connect(postgres_url) as sql:
        kinds = sql.execute("SELECT kind FROM homarus.events WHERE turn LIKE 'run_1%'").fetchall()
    assert [str(kind) for (kind,) in kinds].count("run.ended") == 1
