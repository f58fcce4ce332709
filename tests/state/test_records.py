"""Small facts are kept on the disk, without secrets, and found again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from homarus.domain.errors import StateError
from homarus.state.records import StoredRecords
from homarus.state.store import SqliteStore, open_store

pytestmark = pytest.mark.anyio


async def test_a_fact_is_there_after_a_restart(home: Path) -> None:
    async with await open_store(home) as store:
        await StoredRecords(store).put("pin", "ollama/qwen3:8b", {"n": 1})
    async with await open_store(home) as store:
        assert await StoredRecords(store).all("pin") == {"ollama/qwen3:8b": {"n": 1}}


async def test_a_secret_is_not_written_down(store: SqliteStore) -> None:
    store.writer.redacted = lambda text: text.replace("sk-secret", "[removed]")
    await StoredRecords(store).put("card", "a", {"said": "the key is sk-secret"})
    assert await StoredRecords(store).get("card", "a") == {"said": "the key is [removed]"}


async def test_a_damaged_row_is_said_in_words(home: Path) -> None:
    async with await open_store(home) as store:
        await StoredRecords(store).put("card", "a", {})
        with closing(sqlite3.connect(store.path)) as other:
            other.execute("UPDATE records SET body = '{'")
            other.commit()
        with pytest.raises(StateError, match="cannot be read"):
            await StoredRecords(store).get("card", "a")


async def test_facts_write_nothing_into_the_log(store: SqliteStore) -> None:
    await StoredRecords(store).put("card", "a", {})
    assert await store.last_seq() == 0
