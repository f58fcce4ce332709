"""The one thread that writes: it gathers what waits, writes it in one transaction and tells everybody at once.

What is promised: after `write` returns, the change survives `kill -9`. With `synced`, it survives a power cut as well
(the transaction is committed with `synchronous=FULL`, which flushes the write-ahead log). Without, it does so from the
next synced commit or checkpoint on, because flushing the log flushes everything before it: the order of the log is
kept in every case, only its unsynced tail can be missing.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

from homarus.domain.errors import StateError
from homarus.domain.events import Event
from homarus.domain.i18n import _
from homarus.state.batches import Batches, Job, Work
from homarus.state.chain import Anchor, Head, head_of
from homarus.state.ledger import Pen, full
from homarus.state.reserve import Reserve
from homarus.state.statements import Sql

T = TypeVar("T")
_RETRY_S = 1.0
_log = logging.getLogger(__name__)


class _Savepoint:
    """Undo a piece of work that fails, without touching the others of the batch, and keep its error for its caller."""

    def __init__(self, sql: sqlite3.Connection, job: Job) -> None:
        self._sql = sql
        self._job = job

    def __enter__(self) -> None:
        self._sql.execute("SAVEPOINT work")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, sqlite3.Error) and (not self._sql.in_transaction or _is_disk(error)):
            return False  # no room, or a disk that fails: the whole batch is off
        if error is not None:
            self._sql.execute("ROLLBACK TO work")
        self._sql.execute("RELEASE work")
        self._job.error = error
        return True


class Writer:
    """Owns the writing connection; runs until it is closed."""

    def __init__(
        self,
        sql: sqlite3.Connection,
        *,
        anchor: Anchor,
        reserve: Reserve,
        project: Callable[[Sql, Event], None],
        least_seq: int = 0,
    ) -> None:
        newest = head_of(sql)
        self.head = Head(seq=max(newest.seq, least_seq), digest=newest.digest)
        """The newest event; its number is never below `least_seq`, so that no number is used twice."""
        self.is_low = not reserve.make()
        """Whether room is short: accepted work goes on, nothing new is accepted."""
        self.retry_s = _RETRY_S
        """How often to look whether there is room again."""
        self.redacted: Callable[[str], str] | None = None
        """Takes secrets out of the JSON of a body before it is written; called in the writer's thread."""
        self._sql = sql
        self._anchor = anchor
        self._reserve = reserve
        self._project = project
        self._level = ""
        self._tried_at = time.monotonic()
        self._batches = Batches(commit=self._commit, finish=self._finish)
        if self.head.seq == 0:
            self._keep(self.head)
        self._batches.start()

    async def write(self, work: Work[T], *, synced: bool = True) -> T:
        """Run `work` in the writer's transaction and return its result when that is committed.

        Raises:
            DiskFullError: when there is no room; nothing of this work was written.
            StateError: when the database cannot be written.
        """
        return await self._batches.write(work, synced=synced)

    def post(self, work: Work[object]) -> None:
        """Leave work that nobody waits for; a failure is logged."""
        self._batches.post(work)

    def close(self) -> None:
        """Write what waits, empty the write-ahead log and end the thread."""
        self._batches.close()

    def refuse_when_closed(self) -> None:
        """Raise a StateError when nothing is written any more."""
        self._batches.refuse_when_closed()

    def _commit(self, batch: Sequence[Job]) -> None:
        if self.is_low and time.monotonic() - self._tried_at >= self.retry_s:
            self._tried_at = time.monotonic()
            self.is_low = not self._reserve.make()
        try:
            self._attempt(batch)
        except sqlite3.Error as error:
            self._undo()
            if _is_full(error) and self._reserve.spend():
                self._again(batch)
            else:
                self._fail(batch, error)

    def _again(self, batch: Sequence[Job]) -> None:
        self.is_low = True
        self._tried_at = time.monotonic()
        _log.warning("The disk is full; the reserve was given up so that running work can be finished.")
        try:
            self._attempt(batch)
        except sqlite3.Error as error:
            self._undo()
            self._fail(batch, error)

    def _attempt(self, batch: Sequence[Job]) -> None:
        is_synced = any(job.is_synced for job in batch)
        self._set_level("FULL" if is_synced else "NORMAL")
        head = self.head
        self._sql.execute("BEGIN IMMEDIATE")
        for job in batch:
            pen = Pen(self._sql, head, project=self._project, is_low=self.is_low, redacted=self.redacted)
            job.error = None
            with _Savepoint(self._sql, job):
                job.result = job.work(pen)
                head = pen.head
        self._sql.execute("COMMIT")
        if head is not self.head:
            self.head = head
            if is_synced:
                self._keep(head)

    def _keep(self, head: Head) -> None:
        try:
            self._anchor.write(head)
        except OSError as error:
            _log.error("The head of the log could not be kept in %s: %s", self._anchor.path, error)

    def _set_level(self, level: str) -> None:
        # Cannot be changed inside a transaction; costs a microsecond when it differs.
        if level != self._level:
            self._sql.execute(f"PRAGMA synchronous = {level}")
            self._level = level

    def _undo(self) -> None:
        if self._sql.in_transaction:
            with suppress(sqlite3.Error):
                self._sql.execute("ROLLBACK")

    def _fail(self, batch: Sequence[Job], error: sqlite3.Error) -> None:
        self.is_low = self.is_low or _is_full(error)
        for job in batch:
            job.error = full() if _is_full(error) else _broken(error)
            job.error.__cause__ = error

    def _finish(self) -> None:
        with suppress(sqlite3.Error):
            self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._keep(self.head)
        self._anchor.close()
        self._sql.close()


def _is_full(error: sqlite3.Error) -> bool:
    # A write past a quota or a size limit comes as an I/O error, a full disk as FULL.
    name = getattr(error, "sqlite_errorname", "")
    return name in {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"}


def _is_disk(error: sqlite3.Error) -> bool:
    words = ("FULL", "IOERR", "CORRUPT", "NOTADB", "READONLY", "NOMEM", "CANTOPEN", "BUSY")
    return getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").startswith(words)


def _broken(error: sqlite3.Error) -> StateError:
    return StateError(
        _("The database cannot be written: {error}.").format(error=error),
        hint=_("See `homarus doctor`; the disk may be failing or mounted read-only."),
    )
