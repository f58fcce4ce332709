"""The schema goes forward step by step, with a copy of the database first."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from homarus.domain.errors import StateError
from homarus.domain.events import Kind, NewEvent
from homarus.state.migrations import Migration, migrate, shipped, statements, version
from homarus.state.store import DATABASE, open_store

pytestmark = pytest.mark.anyio
ONE = Migration(number=1, name="one", sql="CREATE TABLE a (x);")
TWO = Migration(number=2, name="two", sql="ALTER TABLE a ADD COLUMN y;\nUPDATE a SET y = x + 1;")
BROKEN = Migration(number=3, name="broken", sql="CREATE TABLE b (x);\nINSERT INTO nowhere VALUES (1);")


@pytest.fixture
def sql() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def test_only_missing_steps_are_run(sql: sqlite3.Connection) -> None:
    assert migrate(sql, [ONE]) == 1
    sql.execute("INSERT INTO a VALUES (1)")
    assert migrate(sql, [ONE, TWO]) == 1
    assert sql.execute("SELECT x, y FROM a").fetchall() == [(1, 2)]
    assert migrate(sql, [ONE, TWO]) == 0


def test_a_step_that_fails_leaves_the_schema_before_it(sql: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError):
        migrate(sql, [ONE, TWO, BROKEN])
    assert version(sql) == 2
    assert sql.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'b'").fetchone() == (0,)


def test_a_backup_is_made_before_something_is_changed(sql: sqlite3.Connection) -> None:
    seen: list[int] = []
    migrate(sql, [ONE], before_first=lambda: seen.append(0))
    migrate(sql, [ONE, TWO], before_first=lambda: seen.append(version(sql)))
    assert seen == [1]


async def test_a_newer_database_is_refused_and_left_alone(home: Path) -> None:
    newer = [*shipped(), Migration(number=999, name="future", sql="CREATE TABLE future (x);")]
    await (await open_store(home, migrations=newer)).close()
    with pytest.raises(StateError, match="999") as refused:
        await open_store(home)
    assert "backup" in refused.value.hint
    with closing(sqlite3.connect(home / DATABASE)) as sql:
        assert version(sql) == 999


async def test_an_older_database_is_kept_as_a_backup(home: Path) -> None:
    async with await open_store(home) as store:
        await store.append(NewEvent(kind=Kind.FAILED, dedupe="before"))
    later = [*shipped(), Migration(number=999, name="later", sql="DELETE FROM sessions;")]
    async with await open_store(home, migrations=later) as store:
        assert await store.find("before") is not None
    (backup,) = (home / "backups").glob(f"homarus-schema{len(shipped())}-*.db")
    with closing(sqlite3.connect(backup)) as sql:
        assert sql.execute("SELECT dedupe FROM events").fetchall() == [("before",)]


def test_the_shipped_steps_are_numbered_without_a_gap() -> None:
    assert [step.number for step in shipped()] == list(range(1, len(shipped()) + 1))


def test_a_trigger_is_one_statement() -> None:
    script = "CREATE TABLE a (x);\nCREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\n"
    assert len(list(statements(script))) == 2
