"""Edits of the log are found, and so is a tail that was cut off."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from homarus.domain.events import Kind, NewEvent
from homarus.state.chain import HEAD_FILE, ChainReport, Head, check, parse_head
from homarus.state.store import DATABASE, open_store, verify

pytestmark = pytest.mark.anyio


@pytest.fixture
async def written(home: Path) -> Path:
    """A database with ten events that nobody has open."""
    async with await open_store(home) as store:
        await store.append(*(NewEvent(kind=Kind.FAILED, body={"n": n}) for n in range(10)))
    return home / DATABASE


def verify_file(database: Path) -> ChainReport:
    """Check it as it lies there: opening it would write to it."""
    anchor = database.parent / HEAD_FILE
    with closing(sqlite3.connect(database, isolation_level=None)) as sql:
        return check(sql, parse_head(anchor.read_bytes()) if anchor.exists() else None)


def tamper(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as sql, sql:
        sql.execute("DROP TRIGGER events_are_not_changed")
        sql.execute("DROP TRIGGER events_are_not_removed")
        for statement in statements:
            sql.execute(statement)


async def test_an_untouched_log_is_whole(written: Path) -> None:
    report = verify_file(written)
    assert (report.is_whole, report.rows) == (True, 10)


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE events SET body = '{\"n\":99}' WHERE seq = 4",
        "UPDATE events SET at_us = at_us + 1 WHERE seq = 4",
        "UPDATE events SET turn = 'other' WHERE seq = 4",
        "UPDATE events SET hash = zeroblob(32) WHERE seq = 4",
    ],
)
async def test_an_edited_row_is_found(written: Path, edit: str) -> None:
    tamper(written, edit)
    report = verify_file(written)
    assert (report.is_whole, report.broken_at_seq) == (False, 4)


async def test_a_removed_row_is_found(written: Path) -> None:
    tamper(written, "DELETE FROM events WHERE seq = 4")
    assert verify_file(written).broken_at_seq == 5


async def test_a_cut_tail_is_found(written: Path) -> None:
    tamper(written, "DELETE FROM events WHERE seq > 7")
    report = verify_file(written)
    assert (report.is_whole, report.broken_at_seq) == (False, 10)
    assert "cut off" in report.sentence


async def test_a_missing_head_is_said(written: Path) -> None:
    written.with_name(HEAD_FILE).unlink()
    report = verify_file(written)
    assert not report.is_whole
    assert HEAD_FILE in report.sentence


async def test_a_log_is_checked_while_it_grows(home: Path) -> None:
    async with await open_store(home) as store:
        await store.append(NewEvent(kind=Kind.FAILED), synced=False)
        assert (await verify(store)).is_whole
        await store.append(NewEvent(kind=Kind.FAILED))
        assert (await verify(store)).is_whole


async def test_a_cut_tail_is_told_and_written_down_at_the_next_start(written: Path) -> None:
    tamper(written, "DELETE FROM events WHERE seq > 7")
    async with await open_store(written.parent) as store:
        (notice,) = store.notices
        assert "event 10" in notice
        await store.append(NewEvent(kind=Kind.GATEWAY_STARTED))
        told = (await store.since(7))[0]
        assert (told.seq, told.kind, told.body["error"]) == (11, Kind.FAILED, notice)


@pytest.mark.parametrize("line", [b"", b"x", b"1", b"1 zz", b"1 00ff", b"\xff\xfe"])
def test_a_head_that_cannot_be_read_is_none(line: bytes) -> None:
    assert parse_head(line) is None


def test_a_head_is_read_as_it_was_written() -> None:
    assert parse_head(b"12 " + b"ab" * 32 + b"   \n") == Head(seq=12, digest=bytes.fromhex("ab" * 32))
