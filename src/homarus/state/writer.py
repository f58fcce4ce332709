"""The one thread that writes: it gathers what waits, writes it in one transaction and tells everybody at once.

What is promised: after `write` returns, the change survives `kill -9`. With `synced`, it survives a power cut as well
(the transaction is committed with `synchronous=FULL`, which flushes the write-ahead log). Without, it does so from the
next synced commit or checkpoint on, because flushing the log flushes everything before it: the order of the log is
kept in every case, only its unsynced tail can be missing.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeVar, cast

from homarus.domain.errors import StateError
from homarus.domain.events import Event
from homarus.domain.i18n import _
from homarus.state.chain import Anchor, Head, head_of
from homarus.state.ledger import Pen, full
from homarus.state.reserve import Reserve

T = TypeVar("T")
Work = Callable[[Pen], T]
_BATCH = 512
_RETRY_S = 1.0
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Job:
    """A piece of work, who waits for it, and what came of it."""

    work: Work[object]
    is_synced: bool
    future: "asyncio.Future[object] | None" = None
    result: object = None
    error: BaseException | None = field(default=None)


class _Savepoint:
    """Undo a piece of work that fails, without touching the others of the batch, and keep its error for its caller."""

    def __init__(self, sql: sqlite3.Connection, job: _Job) -> None:
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
        project: Callable[[sqlite3.Connection, Event], None],
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
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._is_closed = False
        if self.head.seq == 0:
            self._keep(self.head)
        self._thread = threading.Thread(target=self._run, name="homarus-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Work[T], *, synced: bool = True) -> T:
        """Run `work` in the writer's transaction and return its result when that is committed.

        Raises:
            DiskFullError: when there is no room; nothing of this work was written.
            StateError: when the database cannot be written.
        """
        self.refuse_when_closed()
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work=work, is_synced=synced, future=future))
        return cast("T", await future)

    def post(self, work: Work[object]) -> None:
        """Leave work that nobody waits for; a failure is logged."""
        if not self._is_closed:
            self._jobs.put(_Job(work=work, is_synced=False))

    def close(self) -> None:
        """Write what waits, empty the write-ahead log and end the thread."""
        if not self._is_closed:
            self._is_closed = True
            self._jobs.put(None)
            self._thread.join()

    def refuse_when_closed(self) -> None:
        """Raise a StateError when nothing is written any more."""
        if self._is_closed:
            raise _closed()

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                batch.append(job)
                if len(batch) >= _BATCH or self._jobs.empty():
                    break
                job = self._jobs.get()
            is_open = job is not None
            if batch:
                self._commit(batch)
                _tell(batch)
        self._finish()

    def _commit(self, batch: Sequence[_Job]) -> None:
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

    def _again(self, batch: Sequence[_Job]) -> None:
        self.is_low = True
        self._tried_at = time.monotonic()
        _log.warning("The disk is full; the reserve was given up so that running work can be finished.")
        try:
            self._attempt(batch)
        except sqlite3.Error as error:
            self._undo()
            self._fail(batch, error)

    def _attempt(self, batch: Sequence[_Job]) -> None:
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

    def _fail(self, batch: Sequence[_Job], error: sqlite3.Error) -> None:
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
        late: list[_Job] = []
        while not self._jobs.empty():  # came between the decision to close and the end
            job = self._jobs.get()
            if job is not None:
                job.error = _closed()
                late.append(job)
        _tell(late)


def _tell(batch: Sequence[_Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in batch:
        if job.future is not None:
            by_loop.setdefault(job.future.get_loop(), []).append(job)
        elif job.error is not None:
            _log.error("A write that nobody waits for failed: %s", job.error)
    for loop, jobs in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, jobs)


def _resolve(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.future is None or job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _closed() -> StateError:
    return StateError(_("The database is closed."), hint=_("Start the gateway again: `homarus up`."))


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
