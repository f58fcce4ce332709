"""A full disk: nothing acknowledged is lost, reading goes on, and accepting resumes by itself when there is room."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homarus.domain.errors import DiskFullError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import TurnId
from homarus.state.blobs import Blobs
from homarus.state.store import SqliteStore, open_store, verify

pytestmark = [pytest.mark.anyio]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("A disk that can be filled needs root.")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", str(disk)], check=False)
    if made.returncode:
        pytest.skip("This machine does not let root mount a tmpfs.")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


async def accept(store: SqliteStore, n: int) -> Event:
    new = NewEvent(
        kind=Kind.INBOUND_ACCEPTED,
        body={"inbound": {"text": f"m{n}", "pad": "x" * 20_000}},
        turn=TurnId(f"t{n}"),
        dedupe=f"n{n}",
    )
    return (await store.append(new))[0]


async def accept_until_full(store: SqliteStore, *, first: int = 0) -> list[Event]:
    accepted: list[Event] = []
    for n in range(first, first + 10_000):
        try:
            accepted.append(await accept(store, n))
        except DiskFullError:
            return accepted
    raise AssertionError("the disk was never full")


def fill(disk: Path, *, leave_bytes: int) -> Path:
    filler = disk / "filler"
    filler.write_bytes(b"x" * max(0, shutil.disk_usage(disk).free - leave_bytes))
    return filler


async def test_what_was_accepted_is_found_and_can_be_finished(small: Path) -> None:
    async with await open_store(small) as store:
        accepted = await accept_until_full(store)
        assert len(accepted) > 50
        assert await store.unfinished_turns() == tuple(accepted)
        reply = NewEvent(kind=Kind.REPLY_WRITTEN, body={"reply": {"text": "done"}}, turn=accepted[0].turn)
        await store.append(reply)
        assert len(await store.unfinished_turns()) == len(accepted) - 1
        assert (await verify(store)).is_whole


async def test_accepting_resumes_by_itself_when_there_is_room(small: Path) -> None:
    filler = fill(small, leave_bytes=14_000_000)
    async with await open_store(small) as store:
        before = await accept_until_full(store)
        with pytest.raises(DiskFullError):
            await accept(store, 9_999)
        filler.unlink()
        store.writer.retry_s = 0.0
        after = await accept(store, 10_001)
        assert await store.unfinished_turns() == (*before, after)
        assert store.health().is_well


async def test_a_full_disk_at_the_start_is_said_and_nothing_is_harmed(small: Path) -> None:
    async with await open_store(small) as store:
        kept = await accept(store, 1)
    filler = fill(small, leave_bytes=0)
    with contextlib.suppress(DiskFullError):
        async with await open_store(small) as store:
            assert await store.find("n1") == kept
    filler.unlink()
    async with await open_store(small) as store:
        assert await store.find("n1") == kept


async def test_an_attachment_that_does_not_fit_is_refused_and_leaves_nothing(small: Path) -> None:
    fill(small, leave_bytes=1_000_000)
    with pytest.raises(DiskFullError):
        await Blobs(small / "blobs").put(b"y" * 2_000_000)
    assert list_files(small / "blobs") == []


def list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def write_until_full_and_kill(disk: Path) -> list[str]:
    acknowledged: list[str] = []
    command = [sys.executable, str(Path(__file__).with_name("store_child.py")), str(disk), "0", "4", "20000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writing:
        assert writing.stdout is not None
        for line in writing.stdout:
            if line == "full\n":
                writing.kill()
                break
            acknowledged.extend([line.strip()] if line.startswith("a ") else [])
    return acknowledged


async def test_a_process_killed_on_a_full_disk_loses_nothing(small: Path) -> None:
    acknowledged = await asyncio.to_thread(write_until_full_and_kill, small)
    async with await open_store(small) as store:
        found: set[str | None] = {event.dedupe for event in await store.since(0, limit=100_000)}
    assert len(acknowledged) > 50
    assert {f"n{line.removeprefix('a ')}" for line in acknowledged} <= found
