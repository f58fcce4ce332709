"""The engine that carries legs of runs: DBOS, with its traps covered.

It queues, orders, hands out and hands out again; what a run did stands in the event log, never here. One workflow is
one leg of one run, and its id is `<run>:<leg>`, so that the same leg cannot be queued twice.

What is covered: our own SQLAlchemy engine, because DBOS would open SQLite without WAL and with `synchronous=NORMAL`'s
rules unset; an executor id and a version that we give, because DBOS would take `local` and a hash of the source; JSON
instead of pickle; calls from threads of our own, because DBOS replaces the default executor of a loop that calls it;
work handed over to the gateway's loop, because DBOS would run it on a loop of its own; no console handler, no telemetry
and none of its environment variables; and an end that cannot hang, because DBOS tries a lost database for ever.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.domain.ids import RunId
from homarus.state.jobs.connecting import connect
from homarus.state.jobs.quiet import from_json, quieten, to_json
from homarus.state.jobs.runs import SCHEMA

if TYPE_CHECKING:
    import sqlalchemy
    from dbos import Queue, Serializer
    from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")
DATABASE = "jobs.db"
QUEUE = "runs"
LEAST_POLLING_S = 0.25
_APPLICATION = "homarus"
_TABLES = "homarus_jobs"
"""The schema in Postgres."""
_THREADS = 4
_LAST_WORDS_S = 5.0
"""How long legs that are interrupted have to write down that they were."""

Leg = Callable[[RunId, int], Awaitable[None]]
"""Works one leg of a run to its end; raises nothing but cancellation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the engine keeps its queue, and who this process is."""

    url: str
    """`sqlite:///<file>` or `postgresql+psycopg://...`"""
    executor: str
    """Unique among living processes, and the same when this one comes back."""
    at_once: int = 2
    """How many legs work here at a time."""
    polling_s: float = LEAST_POLLING_S

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work on the same queue."""
        return not self.url.startswith("sqlite")


def in_file(home: Path) -> str:
    """Return the address of the queue of a state folder."""
    return f"sqlite:///{home / DATABASE}"


def on_server(url: str) -> str:
    """Return the address of a Postgres server as SQLAlchemy wants it.

    Raises:
        StateError: when it is of another kind.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise StateError(
            _("{scheme!r} is no database that several processes can share.").format(scheme=scheme),
            hint=_("Give an address like `postgresql://user@host:5432/homarus` for `jobs.database`."),
        )
    return f"postgresql+psycopg://{rest}"


class Engine:
    """Carries legs; at most one in a process lives at a time, because DBOS is one per process."""

    def __init__(self, place: Place, work: Leg) -> None:
        """Know where the queue is and who works a leg."""
        self.place = place
        self._work = work
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="homarus-jobs")
        self._is_closed = threading.Event()
        self._working: set[asyncio.Task[None]] = set()
        self._database: sqlalchemy.Engine | None = None
        self._queue: Queue | None = None
        self._workflow: Callable[[str, str, int], Awaitable[None]] | None = None

    async def open(self) -> None:
        """Load DBOS, bring its tables up to date and begin to hand out legs.

        Raises:
            StateError: when the database cannot be used.
        """
        self._loop = asyncio.get_running_loop()
        await self._in_thread(self._launch)

    async def enqueue(self, run_id: RunId, leg: int, *, priority: int) -> None:
        """Queue a leg; one that was queued before is not queued again. Lower priorities come first.

        Raises:
            StateError: when the queue cannot be written.
        """
        await self._in_thread(lambda: self._enqueue(run_id, leg, priority))

    async def left_by(self, executors: Sequence[str]) -> tuple[str, ...]:
        """Return the legs that these processes had when they died, as `<run>:<leg>`."""
        from dbos import DBOS

        if not executors:
            return ()
        found = await self._in_thread(
            lambda: DBOS.list_workflows(
                status="PENDING", executor_id=list(executors), load_input=False, load_output=False
            )
        )
        return tuple(status.workflow_id for status in found)

    async def hand_out_again(self, legs: Sequence[str]) -> None:
        """Queue legs again that nobody works any more."""
        from dbos import DBOS

        if legs:
            await self._in_thread(lambda: DBOS.resume_workflows(list(legs), queue_name=QUEUE))

    async def forget(self, before: datetime, *, limit: int = 1000) -> int:
        """Delete legs that ended before a time; tell how many."""
        from dbos import DBOS

        def delete() -> int:
            found = DBOS.list_workflows(
                status=["SUCCESS", "ERROR", "CANCELLED"],
                completed_before=before.isoformat(),
                limit=limit,
                load_input=False,
                load_output=False,
            )
            DBOS.delete_workflows([status.workflow_id for status in found])
            return len(found)

        return await self._in_thread(delete)

    async def close(self) -> None:
        """Stop handing out, interrupt the legs that work here, and let go of the database; they go on at next start."""
        if self._is_closed.is_set():
            return
        self._is_closed.set()
        working = tuple(self._working)
        for task in working:
            task.cancel()
        if working:
            await asyncio.wait(working, timeout=_LAST_WORDS_S)
        if self._queue is not None:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._destroy)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _launch(self) -> None:
        quieten()
        from dbos import DBOS, DBOSConfig
        from sqlalchemy.exc import SQLAlchemyError

        database = self._database = connect(self.place.url, is_closed=self._is_closed)
        config: DBOSConfig = {
            "name": _APPLICATION,
            "system_database_engine": database,
            "dbos_system_schema": _TABLES,
            "application_version": str(SCHEMA),
            "executor_id": self.place.executor,
            "serializer": _serializer(),
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": LEAST_POLLING_S,
            "scheduler_polling_interval_sec": 3600.0,
            "enable_otlp": False,
            "log_level": "WARNING",
            "max_executor_threads": 16,
        }

        async def carry(kind: str, run_id: str, leg: int) -> None:
            del kind  # so far there are only runs
            await self._carry(RunId(run_id), leg)

        try:
            DBOS(config=config)
            self._workflow = DBOS.workflow(name="leg", max_recovery_attempts=None)(carry)
            DBOS.launch()
            self._queue = DBOS.register_queue(
                QUEUE,
                worker_concurrency=self.place.at_once,
                polling_interval_sec=max(self.place.polling_s, LEAST_POLLING_S),
                on_conflict="always_update",
            )
        except SQLAlchemyError as error:
            self._destroy()
            raise _unusable(error) from error

    def _enqueue(self, run_id: RunId, leg: int, priority: int) -> None:
        from dbos import SetEnqueueOptions, SetWorkflowID

        assert self._queue is not None
        assert self._workflow is not None
        with SetWorkflowID(f"{run_id}:{leg}"), SetEnqueueOptions(priority=priority):
            self._queue.enqueue(self._workflow, "run", run_id, leg)

    async def _carry(self, run_id: RunId, leg: int) -> None:
        """Run a leg on the gateway's loop; DBOS calls this on a loop of its own, in a thread of its own."""
        assert self._loop is not None
        if self._is_closed.is_set():
            raise asyncio.CancelledError
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._worked(run_id, leg), self._loop))

    async def _worked(self, run_id: RunId, leg: int) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._working.add(task)
        try:
            await self._work(run_id, leg)
        finally:
            self._working.discard(task)

    def _destroy(self) -> None:
        from dbos import DBOS

        DBOS.destroy(destroy_registry=True)
        if self._database is not None:
            self._database.dispose()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        # Not `asyncio.to_thread`, and never DBOS's own async calls: they put DBOS's threads under our loop, and those
        # are gone when the engine is closed.
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except SQLAlchemyError as error:
            raise _unusable(error) from error


def _serializer() -> "Serializer":
    from dbos import Serializer

    class Json(Serializer):
        """What stands in the queue, as JSON."""

        def serialize(self, data: object) -> str:
            return to_json(data)

        def deserialize(self, serialized_data: str) -> object:
            return from_json(serialized_data)

        def name(self) -> str:
            return "homarus_json"

    return Json()


def _unusable(error: "SQLAlchemyError") -> StateError:
    return StateError(
        _("The queue of jobs cannot be used: {error}.").format(error=str(error.__cause__ or error)[:200]),
        hint=_("Check that the disk has room, or that the database server answers; then start homarus again."),
    )
