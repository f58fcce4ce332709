"""The event log on SQLite: one writer thread, a few readers, found again after `kill -9`."""

import asyncio
import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from homarus.domain.errors import StateError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import THE_OWNER, OwnerId
from homarus.domain.ports import Health
from homarus.state import backups, recovery
from homarus.state.batches import Work
from homarus.state.chain import HEAD_FILE, Anchor, ChainReport, check, compare, head_of, parse_head
from homarus.state.database import Database
from homarus.state.ledger import full, to_us
from homarus.state.log import EventLog
from homarus.state.migrations import Migration, migrate, shipped, version
from homarus.state.reserve import Reserve
from homarus.state.statements import Sql
from homarus.state.views import project
from homarus.state.wording import SQLITE
from homarus.state.writer import Writer

T = TypeVar("T")
DATABASE = "homarus.db"
RESERVE = "reserve"
_QUICKLY_CHECKED_BYTES = 256 * 1024 * 1024
"""Above this, a database that was closed properly is not read through at the start: it would take seconds."""


class SqliteStore(EventLog):
    """The event log in a file, with what only a file has."""

    def __init__(
        self, path: Path, writer: Writer, *, notices: tuple[str, ...] = (), owner_id: OwnerId = THE_OWNER
    ) -> None:
        super().__init__(
            writer,
            _Connections(path),
            wording=SQLITE,
            anchored=path.parent / HEAD_FILE,
            notices=notices,
            owner_id=owner_id,
        )
        self.path = path
        self.writer = writer

    def health(self) -> Health:
        """Say whether there is room to accept anything."""
        if not self.writer.is_low:
            return Health(is_well=True, sentence=_("The event log is written."))
        error = full()
        return Health(is_well=False, sentence=error.message, hint=error.hint)


class _Connections:
    """Connections that only read, one for each thread that asks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []

    def run(self, query: Callable[[Sql], T]) -> T:
        """Run a query in this thread."""
        return query(self._connection())

    def close(self) -> None:
        """Close them all."""
        while self._open:
            self._open.pop().close()

    def _connection(self) -> sqlite3.Connection:
        sql: sqlite3.Connection | None = getattr(self._local, "sql", None)
        if sql is None:
            sql = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            sql.execute("PRAGMA query_only = ON")
            sql.execute("PRAGMA busy_timeout = 5000")
            self._local.sql = sql
            self._open.append(sql)
        return sql


async def open_store(
    home: Path, *, owner_id: OwnerId = THE_OWNER, migrations: Sequence[Migration] | None = None
) -> SqliteStore:
    """Open the database of a state folder, made, migrated and checked; the caller holds the folder's lock.

    Raises:
        StateError: when the database was written by a newer version or cannot be used.
        DiskFullError: when there is no room to open it.
    """
    return await asyncio.to_thread(_open_store, home, owner_id, shipped() if migrations is None else migrations)


def _open_store(home: Path, owner_id: OwnerId, migrations: Sequence[Migration]) -> SqliteStore:
    path, reserve = home / DATABASE, Reserve(home / RESERVE)
    try:
        opened = _open(path, migrations)
    except (sqlite3.Error, OSError) as error:
        if not reserve.spend():
            raise _unusable(path, error) from error
        try:
            opened = _open(path, migrations)
        except (sqlite3.Error, OSError) as again:
            raise _unusable(path, again) from again
    anchor = Anchor(home / HEAD_FILE)
    anchored = anchor.read()
    problem = compare(opened.sql, anchored)
    least_seq = anchored.seq if anchored is not None else 0
    writer = Writer(opened.sql, anchor=anchor, reserve=reserve, project=project, least_seq=least_seq)
    if problem:
        writer.post(_telling(problem))
    notices = (*opened.notices, problem) if problem else opened.notices
    return SqliteStore(path, writer, notices=notices, owner_id=owner_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    sql: sqlite3.Connection
    notices: tuple[str, ...] = ()


def _open(path: Path, migrations: Sequence[Migration]) -> _Opened:
    try:
        is_trusted = _is_large(path) and not path.with_name(path.name + "-wal").exists()
        sql = _connect(path)
        problem = "" if is_trusted else recovery.damage(sql)
        if problem == "":
            _migrate(sql, path, migrations)
            return _Opened(sql=sql)
        sql.close()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter: SQLite quotes a damaged schema
        if not recovery.is_damage(error):
            raise
        problem = ascii(str(error))
    return _recover(path, migrations, problem)


def _is_large(path: Path) -> bool:
    return path.exists() and path.stat().st_size > _QUICKLY_CHECKED_BYTES


def _recover(path: Path, migrations: Sequence[Migration], problem: str) -> _Opened:
    anchor_file = path.parent / HEAD_FILE
    anchored = parse_head(anchor_file.read_bytes()) if anchor_file.exists() else None
    kept = recovery.set_aside(path)
    restored = recovery.restore_newest(path)
    sql = _connect(path)
    _migrate(sql, path, migrations)
    after_seq = head_of(sql).seq
    writer = Writer(
        sql,
        anchor=Anchor(anchor_file),
        reserve=Reserve(path.parent / RESERVE),
        project=project,
        least_seq=0 if anchored is None else anchored.seq,
    )
    rescued = 0
    for event in recovery.readable(kept, after_seq=after_seq):
        writer.post(_copying(event))
        rescued += 1
    told = recovery.sentence(kept, restored, problem=problem, rescued=rescued)
    writer.post(_telling(told))
    writer.close()
    return _Opened(sql=_connect(path), notices=(told,))


def _telling(sentence: str) -> Work[object]:
    return lambda pen: pen.append(NewEvent(kind=Kind.FAILED, body={"where": "state", "error": sentence}))


def _copying(event: Event) -> Work[object]:
    return lambda pen: pen.copy(event)


def _connect(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite would make it readable for others
    sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        for pragma in (
            "busy_timeout = 5000",
            "journal_mode = WAL",
            "journal_size_limit = 67108864",
            "fullfsync = ON",  # macOS: without it, a power cut loses what was flushed
            "checkpoint_fullfsync = ON",
            "foreign_keys = ON",
        ):
            sql.execute(f"PRAGMA {pragma}")
    except (sqlite3.Error, UnicodeDecodeError):
        sql.close()
        raise
    return sql


def _migrate(sql: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    try:
        because = f"schema{version(sql)}"
        migrate(sql, migrations, before_first=lambda: backups.make(path, because=because))
    except (StateError, sqlite3.Error, UnicodeDecodeError):
        sql.close()
        raise


def _unusable(path: Path, error: sqlite3.Error | OSError) -> StateError:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(error, "errno", 0) == errno.ENOSPC:
        return full()
    return StateError(
        _("The database {path!r} cannot be used: {error}.").format(path=str(path), error=error),
        hint=_("Check that the folder belongs to you, that the disk has room, and that no other program has it open."),
    )


async def verify(store: Database) -> ChainReport:
    """Check that no event was changed and that the tail of the log is there."""
    anchor = store.anchored

    def walk(sql: Sql) -> ChainReport:
        # The head first: rows that are written meanwhile come after it.
        anchored = parse_head(anchor.read_bytes()) if anchor.exists() else None
        return check(sql, anchored)

    return await store.read(walk)


async def back_up(store: SqliteStore) -> Path:
    """Copy the database while it is in use and return the copy."""
    return await asyncio.to_thread(backups.make, store.path, because="daily")


async def seq_before(store: Database, when: datetime) -> int:
    """Return the number of the last event that was written before a time; zero when there is none."""
    at_us, last_seq = to_us(when), await store.last_seq()

    def query(sql: Sql) -> int:
        low, high = 0, last_seq
        while low < high:  # events stand in the order of their times, give or take a clock that was set back
            middle = (low + high + 1) // 2
            row = sql.execute("SELECT at_us FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT 1", (middle,))
            found = row.fetchone()
            if found is None or found[0] < at_us:
                low = middle
            else:
                high = middle - 1
        return low

    return await store.read(query)
