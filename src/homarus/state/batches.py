"""Work for the one thread that writes: what waits is gathered, done in one go, and everybody is told at once."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar, cast

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.state.ledger import Pen

T = TypeVar("T")
Work = Callable[[Pen], T]
_BATCH = 512
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Job:
    """A piece of work, who waits for it, and what came of it."""

    work: Work[object]
    is_synced: bool
    future: "asyncio.Future[object] | None" = None
    result: object = None
    error: BaseException | None = field(default=None)


class Batches:
    """Gathers what is to be written, and has one thread write it in the order in which it came."""

    def __init__(self, *, commit: Callable[[Sequence[Job]], None], finish: Callable[[], None]) -> None:
        """Take what writes a batch, and sets each job's result or error, and what is done at the end."""
        self._commit = commit
        self._finish = finish
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="homarus-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    async def write(self, work: Work[T], *, synced: bool = True) -> T:
        """Run `work` in the thread and return its result when that is committed."""
        self.refuse_when_closed()
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._jobs.put(Job(work=work, is_synced=synced, future=future))
        return cast("T", await future)

    def post(self, work: Work[object]) -> None:
        """Leave work that nobody waits for; a failure is logged."""
        if not self._is_closed:
            self._jobs.put(Job(work=work, is_synced=False))

    def close(self) -> None:
        """Write what waits and end the thread."""
        if not self._is_closed:
            self._is_closed = True
            self._jobs.put(None)
            self._thread.join()

    @property
    def is_closed(self) -> bool:
        """Whether nothing new is taken any more."""
        return self._is_closed

    def refuse_when_closed(self) -> None:
        """Raise a StateError when nothing is written any more."""
        if self._is_closed:
            raise _closed()

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch: list[Job] = []
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
        late: list[Job] = []
        while not self._jobs.empty():  # came between the decision to close and the end
            job = self._jobs.get()
            if job is not None:
                job.error = _closed()
                late.append(job)
        _tell(late)


def _tell(batch: Sequence[Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in batch:
        if job.future is not None:
            by_loop.setdefault(job.future.get_loop(), []).append(job)
        elif job.error is not None:
            _log.error("A write that nobody waits for failed: %s", job.error)
    for loop, jobs in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, jobs)


def _resolve(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if job.future is None or job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _closed() -> StateError:
    return StateError(_("The database is closed."), hint=_("Start the gateway again: `homarus up`."))
