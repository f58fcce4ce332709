"""The log keeps what it was given, once, in order."""

import asyncio
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from homarus.domain.errors import DiskFullError, StateError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import OwnerId, SessionKey, TurnId
from homarus.state.ledger import Pen
from homarus.state.statements import Sql
from homarus.state.store import SqliteStore, open_store, seq_before, verify

pytestmark = pytest.mark.anyio
Write = Callable[..., Awaitable[Event]]
MAIN = SessionKey("agent:main:main")


async def test_an_event_comes_back_as_it_was_written(store: SqliteStore) -> None:
    body = {"text": "naïve\x00 \ud83d ✓", "list": [1, 2.5, None, {"a": True}]}
    new = NewEvent(kind=Kind.FAILED, body=body, session=MAIN, turn=TurnId("t1"), dedupe="k")
    (written,) = await store.append(new)
    assert written.body == body
    assert await store.of_turn(TurnId("t1")) == (written,)
    assert await store.find("k") == written
    assert await store.last_seq() == written.seq == 1


async def test_a_key_is_written_once_whoever_comes_first(store: SqliteStore) -> None:
    async def write(n: int) -> Event:
        return (await store.append(NewEvent(kind=Kind.FAILED, body={"n": n}, dedupe="same")))[0]

    events = await asyncio.gather(*(write(n) for n in range(40)))
    assert len({event.seq for event in events}) == 1
    assert await store.last_seq() == 1


async def test_a_key_belongs_to_one_owner(store: SqliteStore) -> None:
    mine, theirs = await store.append(
        NewEvent(kind=Kind.FAILED, dedupe="k"), NewEvent(kind=Kind.FAILED, dedupe="k", owner_id=OwnerId("other"))
    )
    assert mine.seq != theirs.seq
    assert await store.since(0) == (mine,)


async def test_events_of_one_call_are_written_together_or_not_at_all(store: SqliteStore) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        await store.append(NewEvent(kind=Kind.FAILED), NewEvent(kind=Kind.FAILED, body={"n": float("nan")}))
    assert await store.last_seq() == 0


async def test_work_that_fails_does_not_take_the_work_beside_it_along(store: SqliteStore) -> None:
    def broken(pen: Pen) -> None:
        pen.append(NewEvent(kind=Kind.FAILED, body={"lost": True}))
        raise KeyError("broken")

    results = await asyncio.gather(
        store.append(NewEvent(kind=Kind.FAILED)),
        store.writer.write(broken),
        store.append(NewEvent(kind=Kind.FAILED)),
        return_exceptions=True,
    )
    assert isinstance(results[1], KeyError)
    assert [event.body for event in await store.since(0)] == [{}, {}]
    assert (await verify(store)).is_whole


async def test_wrong_sql_is_its_callers_error_alone(store: SqliteStore) -> None:
    results = await asyncio.gather(
        store.writer.write(lambda pen: pen.sql.execute("SELECT * FROM nowhere")),
        store.append(NewEvent(kind=Kind.FAILED)),
        return_exceptions=True,
    )
    assert isinstance(results[0], sqlite3.OperationalError)
    assert await store.last_seq() == 1


@pytest.mark.parametrize("statement", ["UPDATE events SET body = '{}'", "DELETE FROM events"])
async def test_facts_are_never_changed_or_removed(store: SqliteStore, statement: str) -> None:
    await store.append(NewEvent(kind=Kind.FAILED))
    with pytest.raises(sqlite3.IntegrityError, match="facts"):
        await store.writer.write(lambda pen: pen.sql.execute(statement))


async def test_a_turn_is_unfinished_until_its_reply_is_written(store: SqliteStore, ask: Write, reply: Write) -> None:
    first, second = await ask("t1"), await ask("t2")
    assert await store.unfinished_turns() == (first, second)
    await reply("t1")
    assert await store.unfinished_turns() == (second,)


async def test_a_session_is_read_from_where_one_was(store: SqliteStore, ask: Write, reply: Write) -> None:
    await ask("t1")
    last = await reply("t1")
    await store.append(NewEvent(kind=Kind.ROUTE_CHOSEN, session=MAIN))
    newer = await ask("t2")
    await ask("t3", session=SessionKey("agent:main:other"))
    assert await store.of_session(MAIN, after_seq=last.seq, kinds=[Kind.INBOUND_ACCEPTED]) == (newer,)
    assert len(await store.of_session(MAIN)) == 4


async def test_the_whole_log_is_read_in_pages(store: SqliteStore) -> None:
    await store.append(*(NewEvent(kind=Kind.FAILED, body={"n": n}) for n in range(5)))
    page = await store.since(1, limit=2)
    assert [event.body["n"] for event in page] == [1, 2]
    assert await store.since(0, kinds=[Kind.EGRESS]) == ()


async def test_everything_is_there_when_it_is_opened_again(home: Path) -> None:
    async with await open_store(home) as store:
        await store.append(NewEvent(kind=Kind.FAILED, dedupe="a"), synced=False)
    async with await open_store(home) as store:
        (again,) = await store.append(NewEvent(kind=Kind.FAILED, dedupe="a"))
        assert (again.seq, store.notices) == (1, ())


async def test_a_closed_store_says_so(home: Path) -> None:
    store = await open_store(home)
    await store.close()
    with pytest.raises(StateError, match="closed"):
        await store.append(NewEvent(kind=Kind.FAILED))


async def test_writes_that_come_while_it_closes_are_written_or_refused(home: Path) -> None:
    store = await open_store(home)
    writes = [asyncio.create_task(store.append(NewEvent(kind=Kind.FAILED, dedupe=f"n{n}"))) for n in range(50)]
    await asyncio.sleep(0)
    await store.close()
    results = await asyncio.gather(*writes, return_exceptions=True)
    written = [result for result in results if isinstance(result, tuple)]
    assert len(written) + sum(isinstance(result, StateError) for result in results) == 50
    async with await open_store(home) as again:
        assert await again.last_seq() == len(written)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_store_that_was_closed_leaves_one_database_file(home: Path) -> None:
    async with await open_store(home) as store:
        await store.append(NewEvent(kind=Kind.FAILED))
        await store.since(0)
    assert names_in(home) == {"homarus.db", "events.head", "reserve"}


async def test_nobody_else_can_read_the_files(store: SqliteStore) -> None:
    await store.append(NewEvent(kind=Kind.FAILED))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.iterdir() if path.is_file()}
    assert set(modes.values()) == {0o600}, modes


async def test_every_table_knows_its_owner(store: SqliteStore) -> None:
    def tables(sql: Sql) -> list[str]:
        query = (
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%fts5%' AND name NOT LIKE '%\\_%' "
        )
        return [row[0] for row in sql.execute(query + "ESCAPE '\\' OR name LIKE 'memory_notes'")]

    for table in await store.read(tables):
        columns = await store.read(lambda sql, table=table: sql.execute(f"PRAGMA table_info({table})").fetchall())
        assert "owner_id" in [column[1] for column in columns], table


async def test_reading_cannot_write(store: SqliteStore) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await store.read(lambda sql: sql.execute("DELETE FROM sessions"))


async def test_nothing_new_is_accepted_while_room_is_short(store: SqliteStore, ask: Write, reply: Write) -> None:
    await ask("t1")
    store.writer.is_low = True
    with pytest.raises(DiskFullError) as refused:
        await ask("t2")
    assert refused.value.hint
    assert not store.health().is_well
    await reply("t1")
    assert await store.unfinished_turns() == ()


async def test_an_answer_that_nobody_waits_for_any_more_is_written(store: SqliteStore) -> None:
    task = asyncio.create_task(store.append(NewEvent(kind=Kind.FAILED, dedupe="a")))
    await asyncio.sleep(0)
    task.cancel()
    (found,) = await store.append(NewEvent(kind=Kind.FAILED, dedupe="a"))
    assert found.seq == 1


async def test_the_database_can_be_looked_at_by_others_while_it_is_used(store: SqliteStore, ask: Write) -> None:
    await ask("t1")
    with closing(sqlite3.connect(f"{store.path.as_uri()}?mode=ro", uri=True)) as sql:
        assert sql.execute("SELECT count(*) FROM events").fetchone() == (1,)


async def test_the_first_event_of_a_day_is_found_by_time(home: Path) -> None:
    async with await open_store(home) as store:
        written = [(await store.append(NewEvent(kind=Kind.GATEWAY_STARTED)))[0] for _ in range(5)]

        assert await seq_before(store, written[0].at) == 0
        assert await seq_before(store, written[3].at) in {written[2].seq, written[1].seq, written[0].seq, 0}
        assert await seq_before(store, written[-1].at + timedelta(seconds=1)) == written[-1].seq
