"""`kill -9` at any moment: everything that was acknowledged is found."""

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from homarus.domain.events import Kind
from homarus.state.migrations import shipped, version
from homarus.state.reminders import StoredReminders
from homarus.state.store import open_store, verify

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
CHILD = Path(__file__).with_name("store_child.py")


def write_until_killed(home: Path, *, first: int, after_s: float) -> list[int]:
    """Run a writing process, kill it some time after it is ready, and return what it had acknowledged."""
    command = [sys.executable, str(CHILD), str(home), str(first), "8"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        threading.Timer(after_s, child.kill).start()
        said = child.stdout.read()
    whole = said[: said.rfind("\n") + 1].splitlines()
    return [int(line.removeprefix("a ")) for line in whole]


async def test_nothing_acknowledged_is_lost_over_thirty_kills(home: Path) -> None:
    chance, acknowledged = random.Random(11), set[int]()
    for kill in range(32):
        acknowledged.update(write_until_killed(home, first=kill * 100_000, after_s=chance.uniform(0.0, 0.08)))
    assert len(acknowledged) > 100
    async with await open_store(home) as store:
        found: set[str | None] = {event.dedupe for event in await store.since(0, limit=1_000_000)}
        assert {f"n{n}" for n in acknowledged} <= found
        assert store.notices == ()
        report = await verify(store)
        assert report.is_whole, report.sentence


async def test_views_agree_with_the_log_after_a_kill(home: Path) -> None:
    write_until_killed(home, first=0, after_s=0.05)
    async with await open_store(home) as store:
        accepted = await store.since(0, limit=1_000_000, kinds=[Kind.INBOUND_ACCEPTED])
        assert await store.unfinished_turns() == accepted
        turns = await store.read(lambda sql: sql.execute("SELECT sum(turns) FROM sessions").fetchone()[0])
        assert (turns or 0) == len(accepted)


REMIND = """
import asyncio, os, pathlib, signal, sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo
from homarus.state.reminders import StoredReminders
from homarus.state.statements import Sql
from homarus.state.store import open_store

async def main():
    store = await open_store(pathlib.Path(sys.argv[1]))
    noon = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
    await StoredReminders(store, zone=ZoneInfo("UTC")).add("a", due_at=noon, session="s", idempotency_key="k")
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
MIGRATE = """
import asyncio, pathlib, sys
from homarus.state.migrations import Migration, shipped
from homarus.state.statements import Sql
from homarus.state.store import open_store

numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT i FROM n"
script = "CREATE TABLE later (i);\\n" + f"INSERT INTO later {numbers};"
later = Migration(number=len(shipped()) + 1, name="later", sql=script)
print("ready", flush=True)
asyncio.run(open_store(pathlib.Path(sys.argv[1]), migrations=[*shipped(), later]))
"""


async def test_a_reminder_survives_the_kill_right_after_it_was_set(home: Path) -> None:
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", REMIND, str(home)], check=False, timeout=60)
    async with await open_store(home) as store:
        assert [reminder.text for reminder in await StoredReminders(store, zone=ZoneInfo("UTC")).upcoming()] == ["a"]


def kill_in_the_middle_of_a_migration(home: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", MIGRATE, str(home)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        # The transaction has begun when the log beside the database has grown.
        wal = home / "homarus.db-wal"
        while child.poll() is None and not (wal.exists() and wal.stat().st_size > 1_000_000):
            time.sleep(0.01)
        child.kill()
    assert child.returncode == -signal.SIGKILL


async def test_a_kill_in_a_migration_leaves_the_schema_before_it(home: Path) -> None:
    await (await open_store(home)).close()
    await asyncio.to_thread(kill_in_the_middle_of_a_migration, home)
    async with await open_store(home) as store:
        assert store.notices == ()
        assert await store.read(version) == len(shipped())
        tables = await store.read(lambda sql: sql.execute("SELECT name FROM sqlite_schema").fetchall())
        assert ("later",) not in tables
