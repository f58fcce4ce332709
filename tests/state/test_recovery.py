"""A damaged database is kept, replaced, and said."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from homarus.domain.errors import StateError
from homarus.domain.events import Kind, NewEvent
from homarus.state import backups
from homarus.state.store import DATABASE, back_up, open_store, verify

pytestmark = pytest.mark.anyio


async def fill(home: Path, *, first: int = 0, count: int = 200) -> None:
    async with await open_store(home) as store:
        for n in range(first, first + count):
            await store.append(
                NewEvent(kind=Kind.FAILED, body={"n": n, "pad": "x" * 400}, dedupe=f"n{n}"), synced=False
            )


def damage(database: Path, *, seed: int, header: bool = False) -> None:
    chance, content = random.Random(seed), bytearray(database.read_bytes())
    if header:
        content[:100] = b"not a database".ljust(100, b"!")
    else:
        for _page in range(6):
            place = chance.randrange(1, len(content) // 4096) * 4096
            content[place : place + 64] = chance.randbytes(64)
    database.write_bytes(content)


async def test_without_a_backup_a_new_database_is_started_and_the_old_one_kept(home: Path) -> None:
    await fill(home)
    damage(home / DATABASE, seed=1, header=True)
    damaged = (home / DATABASE).read_bytes()
    async with await open_store(home) as store:
        (notice,) = store.notices
        assert "damaged" in notice
        assert (await verify(store)).is_whole
        assert (await store.append(NewEvent(kind=Kind.FAILED)))[0].seq > 200
    (kept,) = (home / "backups").glob("homarus.db.damaged-*[0-9]")
    assert str(kept) in notice
    assert kept.read_bytes() == damaged


async def test_the_newest_whole_backup_takes_its_place(home: Path) -> None:
    await fill(home)
    async with await open_store(home) as store:
        backup = await back_up(store)
        newer = await back_up(store)
    newer.write_bytes(b"\x00" * 8192)
    damage(home / DATABASE, seed=1, header=True)
    async with await open_store(home) as store:
        assert backup.name in store.notices[0]
        assert await store.find("n199") is not None


@pytest.mark.parametrize("seed", range(5))
async def test_what_can_be_read_of_a_damaged_database_is_kept(home: Path, seed: int) -> None:
    await fill(home, count=100)
    async with await open_store(home) as store:
        await back_up(store)
    await fill(home, first=100)
    damage(home / DATABASE, seed=seed)
    async with await open_store(home) as store:
        assert "damaged" in store.notices[0]
        assert [await store.find(f"n{n}") is not None for n in range(100)] == [True] * 100
        assert (await verify(store)).is_whole


async def test_a_recovery_is_written_down(home: Path) -> None:
    await fill(home, count=1)
    damage(home / DATABASE, seed=1, header=True)
    await (await open_store(home)).close()
    async with await open_store(home) as store:
        assert store.notices == ()
        told = [event.body["error"] for event in await store.since(0) if event.body.get("where") == "state"]
        assert any("damaged" in str(sentence) for sentence in told)


async def test_a_folder_in_the_way_is_named(home: Path) -> None:
    (home / DATABASE).mkdir()
    with pytest.raises(StateError, match="cannot be used") as refused:
        await open_store(home)
    assert refused.value.hint


async def test_a_backup_is_whole_and_old_ones_go(home: Path) -> None:
    async with await open_store(home) as store:
        await store.append(NewEvent(kind=Kind.FAILED))
        made = [backups.make(store.path, because="test", keep=2) for _ in range(4)]
    assert [path.exists() for path in made] == [False, False, True, True]
    with closing(sqlite3.connect(made[-1])) as sql:
        assert sql.execute("SELECT count(*) FROM events").fetchone() == (1,)
    assert made[-1].stat().st_mode & 0o077 == 0
