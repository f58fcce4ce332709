"""`kill -9` at any moment: everything that was acknowledged is found."""

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from homarus.domain.events import Kind
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
