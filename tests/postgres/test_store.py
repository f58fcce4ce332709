"""What several processes on one server promise each other: order, nothing doubled, nothing changed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import psycopg
import pytest

from homarus.domain.errors import StateError
from homarus.domain.events import Kind, NewEvent
from homarus.state.chain import Anchor
from homarus.state.ledger import Pen
from homarus.state.migrations import shipped
from homarus.state.opening import open_state
from homarus.state.postgres.store import PostgresStore
from homarus.state.statements import Sql
from homarus.state.store import seq_before, verify

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture
async def other(tmp_path: Path, postgres_url: str, store: PostgresStore) -> AsyncIterator[PostgresStore]:
    """The same house, opened by a second process."""
    home = tmp_path / "other"
    home.mkdir()
    assert store
    found = await open_state(home, postgres_url)
    yield cast("PostgresStore", found.store)
    await found.store.close()


def fact(n: int, **words: str) -> NewEvent:
    return NewEvent(kind=Kind.ENGINE_CHANGED, body={"n": n, **words})


async def test_whoever_follows_the_log_never_misses_an_event(store: PostgresStore, other: PostgresStore) -> None:
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < 400:
            seen.extend(event.seq for event in await other.since(seen[-1] if seen else 0, limit=7))

    async def write(into: PostgresStore, first: int) -> None:
        for n in range(50):
            await into.append(fact(first + n), fact(first + n), synced=n % 2 == 0)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        for number, into in enumerate((store, other, store, other)):
            tasks.create_task(write(into, 1000 * number))
    assert seen == list(range(1, 401))


async def test_of_two_processes_that_write_a_key_one_does(store: PostgresStore, other: PostgresStore) -> None:
    async with asyncio.TaskGroup() as tasks:
        made = [
            tasks.create_task(into.append(NewEvent(kind=Kind.FAILED, body={"n": n}, dedupe="key")))
            for n, into in enumerate((store, other) * 10)
        ]
    assert len({str(one.result()[0].body) for one in made}) == 1
    assert await store.last_seq() == 1


async def test_the_chain_is_whole_whoever_wrote(store: PostgresStore, other: PostgresStore) -> None:
    for into in (store, other, store):
        await into.append(fact(1))
    assert (await verify(store)).is_whole
    assert (await verify(other)).rows == 3
    assert await seq_before(other, (await store.since(0))[-1].at) in {1, 2}


@pytest.mark.parametrize("statement", ["UPDATE events SET body = '{}'", "DELETE FROM events", "TRUNCATE events"])
async def test_an_event_is_never_changed(store: PostgresStore, statement: str) -> None:
    await store.append(fact(1))
    with pytest.raises(StateError, match="never changed"):
        await store.writer.write(lambda pen: pen.sql.execute(statement))
    assert (await verify(store)).is_whole


async def test_a_forged_row_is_found(store: PostgresStore, postgres_url: str) -> None:
    await store.append(fact(1), fact(2), fact(3))
    with psycopg.connect(postgres_url, autocommit=True) as sql:
        sql.execute("DROP TRIGGER events_are_not_changed ON homarus.events")
        sql.execute("UPDATE homarus.events SET body = '{\"n\": 9}' WHERE seq = 2")
    assert (await verify(store)).broken_at_seq == 2


async def test_a_cut_tail_is_told_at_the_next_start(home: Path, postgres_url: str) -> None:
    opened = await open_state(home, postgres_url)
    await opened.store.append(fact(1), fact(2))
    await opened.store.close()
    assert Anchor(opened.store.anchored).read() is not None
    with psycopg.connect(postgres_url, autocommit=True) as sql:
        sql.execute("DROP TRIGGER events_are_not_changed ON homarus.events")
        sql.execute("DELETE FROM homarus.events WHERE seq = 2")
    again = await open_state(home, postgres_url)
    assert "cut off" in again.store.notices[0]
    await again.store.close()


async def test_a_piece_of_work_that_fails_takes_no_other_with_it(store: PostgresStore) -> None:
    def broken(pen: Pen) -> None:
        pen.append(fact(1))
        raise ValueError("mine")

    results = await asyncio.gather(
        store.append(fact(1)),
        store.writer.write(broken),
        store.writer.write(lambda pen: pen.sql.execute("SELECT * FROM nowhere")),
        store.append(fact(2)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [tuple, ValueError, StateError, tuple]
    assert [event.body["n"] for event in await store.since(0)] == [1, 2]


async def test_reading_cannot_write(store: PostgresStore) -> None:
    with pytest.raises(StateError, match="read-only"):
        await store.read(lambda sql: sql.execute("DELETE FROM sessions"))


async def test_two_processes_that_start_at_once_migrate_once(tmp_path: Path, postgres_url: str) -> None:
    homes = [tmp_path / name for name in "abcd"]
    for home in homes:
        home.mkdir()
    opened = await asyncio.gather(*(open_state(home, postgres_url) for home in homes))
    for one in opened:
        await one.store.append(fact(1))
    assert await opened[0].store.last_seq() == 4
    for one in opened:
        await one.store.close()


async def test_a_newer_schema_is_left_alone(home: Path, postgres_url: str, store: PostgresStore) -> None:
    assert store
    with psycopg.connect(postgres_url, autocommit=True) as sql:
        sql.execute("INSERT INTO homarus.schema_version (number, name) VALUES (9999, 'later')")
    with pytest.raises(StateError, match="schema 9999"):
        await open_state(home, postgres_url)


async def test_every_table_of_the_file_is_on_the_server_with_the_same_columns(
    store: PostgresStore, tmp_path: Path
) -> None:
    def columns(sql: Sql) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for table, column in sql.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'homarus'"
        ):
            found.setdefault(table, set()).add(column)
        return found

    def of_file(sql: Sql) -> dict[str, set[str]]:
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'messages%' "
        names = [row[0] for row in sql.execute(query + "AND name NOT LIKE 'memory_words%' AND name NOT LIKE 'sqlite%'")]
        return {name: {row[1] for row in sql.execute(f"PRAGMA table_info({name})")} for name in names}

    on_server = await store.read(columns)
    file = await open_state(tmp_path)
    for table, wanted in (await file.store.read(of_file)).items():
        assert wanted <= on_server[table], table
    await file.store.close()
    assert max(step.number for step in shipped()) >= 3
