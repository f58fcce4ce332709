"""The books conform in memory and on the disk, and are there after a restart."""

from pathlib import Path

import pytest

from homarus.domain.books import Entry
from homarus.domain.findings import Fact
from homarus.state.books.stored import StoredBooks
from homarus.state.store import SqliteStore, open_store
from homarus.testing import books_suite
from homarus.testing.books import FakeBooks

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("claim", books_suite.CLAIMS, ids=lambda claim: claim.__name__)
async def test_stored_books_conform(claim: books_suite.BooksClaim, store: SqliteStore) -> None:
    await claim(StoredBooks(store))


@pytest.mark.parametrize("claim", books_suite.CLAIMS, ids=lambda claim: claim.__name__)
async def test_fake_books_conform(claim: books_suite.BooksClaim) -> None:
    await claim(FakeBooks())


async def test_facts_are_there_after_a_restart(home: Path) -> None:
    entry = Entry(fact=Fact(fact_id="f1", name="a", value=1))
    async with await open_store(home) as store:
        await StoredBooks(store).findings.put_facts("run", (entry,))
    async with await open_store(home) as store:
        assert await StoredBooks(store).findings.facts("run") == (entry,)
