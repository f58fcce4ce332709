"""The engine hands out legs, and DBOS's traps are covered."""

import asyncio
import json
import logging
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from homarus.domain.errors import StateError
from homarus.domain.ids import RunId
from homarus.state.jobs.engine import DATABASE, Engine, Place, in_file, on_server
from homarus.state.jobs.quiet import from_json, quieten, to_json
from homarus.state.jobs.runs import SCHEMA
from postgres_server import running

pytestmark = pytest.mark.anyio
RUN = RunId("run_1")


class Legs:
    """Works legs by noting them, and waits in them when told to."""

    def __init__(self) -> None:
        self.worked: list[str] = []
        self.where: list[object] = []
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def __call__(self, run_id: RunId, leg: int) -> None:
        self.where = [threading.get_ident(), asyncio.get_running_loop()]
        self.begun.set()
        await self.go.wait()
        self.worked.append(f"{run_id}:{leg}")

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.worked) < count:
                await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A queue that was opened once: the first time takes a second longer."""
    home = tmp_path_factory.mktemp("template")

    async def once() -> None:
        async with opened(home, Legs()):
            pass

    asyncio.run(once())
    return home / DATABASE


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    shutil.copy(template, tmp_path / DATABASE)
    return tmp_path


@asynccontextmanager
async def opened(home: Path, legs: Legs, *, polling_s: float = 0.25) -> AsyncGenerator[Engine]:
    engine = Engine(Place(url=in_file(home), executor="gateway", polling_s=polling_s), legs)
    await engine.open()
    try:
        yield engine
    finally:
        await engine.close()


def in_queue(home: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(home / DATABASE) as sql:
        found = sql.execute(query).fetchall()
    sql.close()
    return found


async def test_a_leg_is_worked_once_on_the_loop_that_opened_the_engine(home: Path) -> None:
    legs = Legs()
    async with opened(home, legs) as engine:
        for _again in range(3):
            await engine.enqueue(RUN, 1, priority=10)
        await engine.enqueue(RUN, 2, priority=10)
        await legs.until(2)
        assert legs.where == [threading.get_ident(), asyncio.get_running_loop()]
    assert sorted(legs.worked) == ["run_1:1", "run_1:2"]


async def test_the_queue_is_ours_in_every_setting(tmp_path: Path) -> None:
    legs = Legs()
    async with opened(tmp_path, legs, polling_s=0.001) as engine:
        await engine.enqueue(RUN, 1, priority=10)
        await legs.until(1)
    assert (tmp_path / DATABASE).stat().st_mode & 0o777 == 0o600
    assert in_queue(tmp_path, "PRAGMA journal_mode") == [("wal",)]
    assert in_queue(tmp_path, "SELECT polling_interval_sec FROM queues WHERE name = 'runs'") == [(0.25,)]
    query = "SELECT executor_id, application_version, serialization FROM workflow_status"
    assert in_queue(tmp_path, query) == [("gateway", str(SCHEMA), "homarus_json")]
    ((inputs,),) = in_queue(tmp_path, "SELECT inputs FROM workflow_input")
    assert json.loads(str(inputs)) == {"args": ["run", "run_1", 1], "kwargs": {}}


def test_every_connection_flushes_to_the_disk(tmp_path: Path) -> None:
    from homarus.state.jobs.connecting import connect

    engine = connect(in_file(tmp_path), is_closed=threading.Event())
    with engine.connect() as sql:
        assert sql.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


def test_nothing_is_pickled() -> None:
    with pytest.raises(TypeError):
        to_json(object())
    error = from_json(to_json(ValueError("no")))
    assert isinstance(error, RuntimeError)
    assert str(error) == "ValueError: no"


async def test_a_leg_that_is_interrupted_is_handed_out_again_at_the_next_start(home: Path) -> None:
    first, second = Legs(), Legs()
    first.go.clear()
    async with opened(home, first) as engine:
        await engine.enqueue(RUN, 1, priority=10)
        await first.begun.wait()
    async with opened(home, second):
        await second.until(1)
    assert (first.worked, second.worked) == ([], ["run_1:1"])


async def test_a_leg_of_another_version_is_not_handed_out(home: Path) -> None:
    first, second = Legs(), Legs()
    first.go.clear()
    async with opened(home, first) as engine:
        await engine.enqueue(RUN, 1, priority=10)
        await first.begun.wait()
    in_queue(home, "UPDATE workflow_status SET application_version = '0'")
    async with opened(home, second) as engine:
        await engine.enqueue(RUN, 2, priority=10)
        await second.until(1)
    assert second.worked == ["run_1:2"]


async def test_what_the_dead_left_can_be_handed_out_again(home: Path) -> None:
    legs = Legs()
    legs.go.clear()
    async with opened(home, legs) as engine:
        await engine.enqueue(RUN, 1, priority=10)
        await legs.begun.wait()
        in_queue(home, "UPDATE workflow_status SET executor_id = 'dead'")
        left = await engine.left_by(["dead"])
        assert left == ("run_1:1",)
        await engine.hand_out_again(left)
        legs.go.set()
        await legs.until(2)
        assert await engine.left_by([]) == ()


async def test_legs_that_ended_long_ago_are_forgotten(home: Path) -> None:
    legs = Legs()
    async with opened(home, legs) as engine:
        await engine.enqueue(RUN, 1, priority=10)
        await legs.until(1)
        async with asyncio.timeout(10):
            while not await engine.forget(datetime.now(UTC) + timedelta(seconds=5)):
                await asyncio.sleep(0.05)
    assert in_queue(home, "SELECT COUNT(*) FROM workflow_status") == [(0,)]


async def test_the_loop_s_own_threads_stay_when_the_engine_is_gone(home: Path) -> None:
    legs = Legs()
    async with opened(home, legs) as engine:
        await engine.enqueue(RUN, 1, priority=10)
        await legs.until(1)
    assert await asyncio.to_thread(lambda: "well") == "well"


async def test_a_queue_that_is_damaged_is_laid_aside(home: Path) -> None:
    legs = Legs()
    (home / DATABASE).write_bytes(b"this is no database at all" * 100)
    async with opened(home, legs) as engine:
        await engine.enqueue(RUN, 1, priority=10)
        await legs.until(1)
    (kept,) = (home / "backups").glob("jobs.db.damaged-*")
    assert kept.read_bytes().startswith(b"this is no database")


async def test_a_queue_that_cannot_be_opened_is_said_in_words(tmp_path: Path) -> None:
    engine = Engine(Place(url=on_server("postgresql://nobody@127.0.0.1:1/none"), executor="gateway"), Legs())
    with pytest.raises(StateError) as told:
        await engine.open()
    assert told.value.hint
    await engine.close()
    assert await asyncio.to_thread(tmp_path.exists)


@pytest.mark.parametrize("url", ["mysql://here/db", "postgres", "sqlite:///x"])
def test_only_a_server_can_be_shared(url: str) -> None:
    with pytest.raises(StateError):
        on_server(url)


ALONE = """
import asyncio, logging, os, sys
os.environ.update({"DBOS__CLOUD": "true", "DBOS__CONDUCTOR_KEY": "k", "DBOS__VMID": "elsewhere"})
called = []
sys.addaudithook(lambda name, told: called.append(name) if name in ("socket.connect", "socket.getaddrinfo") else None)
from pathlib import Path
from homarus.state.jobs.engine import Engine, Place, in_file
import uvloop
async def main():
    done = asyncio.Event()
    async def work(run_id, leg):
        assert type(asyncio.get_running_loop()).__module__.startswith("uvloop")
        done.set()
    engine = Engine(Place(url=in_file(Path(sys.argv[1])), executor="gateway"), work)
    await engine.open()
    await engine.enqueue("run_1", 1, priority=10)
    await asyncio.wait_for(done.wait(), 20)
    await engine.close()
    print([type(handler).__name__ for handler in logging.getLogger("dbos").handlers], called)
uvloop.run(main())
"""


def test_in_a_process_of_its_own_it_calls_nobody_says_nothing_and_ends(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.stdout, ran.stderr) == ("['NullHandler'] []\n", "")


def test_its_noise_is_kept_from_the_log_and_its_trouble_is_not(caplog: pytest.LogCaptureFixture) -> None:
    quieten()
    logger = logging.getLogger("dbos")
    logger.warning("Asyncio task cancelled for workflow")
    for _poll in range(5):
        logger.warning("Exception polling schedules: Traceback\n  File x\npsycopg.OperationalError: no answer\n")
    assert [record.getMessage() for record in caplog.records] == [
        "Exception polling schedules: psycopg.OperationalError: no answer"
    ]


@pytest.mark.postgres
async def test_a_server_that_went_away_does_not_keep_the_engine_from_ending() -> None:
    with running() as server:
        legs = Legs()
        engine = Engine(Place(url=on_server(server.database()), executor="worker"), legs)
        await engine.open()
        await engine.enqueue(RUN, 1, priority=10)
        await legs.until(1)
        server.stop(signal.SIGQUIT)
        late = asyncio.create_task(engine.enqueue(RUN, 2, priority=10))
        await asyncio.sleep(0.5)
        async with asyncio.timeout(15):
            await engine.close()
            with pytest.raises(StateError):
                await late
