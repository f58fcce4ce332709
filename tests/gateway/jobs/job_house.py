"""Jobs over a real store, with work that tests make up, carried by tasks or by the real engine."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import cast

from homarus.domain.content import JsonObject
from homarus.domain.ids import RunId
from homarus.domain.job_settings import JobSettings
from homarus.domain.jobs import JobRun, RunState, Trigger, Work, WorkKind
from homarus.domain.ports import Clock, Run
from homarus.domain.running import Purse, RunOutcome
from homarus.gateway.jobs.house import Carrier, Jobs
from homarus.gateway.jobs.wiring import Needed, jobs_of
from homarus.state.blobs import Blobs
from homarus.state.database import Database
from homarus.state.jobs.engine import Leg, Place, in_file, on_server
from homarus.state.store import SqliteStore, open_store
from homarus.testing.clock import FakeClock

MESSAGE = Work(kind=WorkKind.MESSAGE, text="count the lobsters")


@dataclass(frozen=True, kw_only=True)
class Doing:
    """What work is done with."""

    run: JobRun
    journal: Run
    purse: Purse
    say: Callable[[str, int, int], None]


Script = Callable[[Doing], Awaitable[RunOutcome]]


async def done(doing: Doing) -> RunOutcome:
    """Do one step, and be done."""

    async def look() -> JsonObject:
        return {"said": "looked"}

    await doing.journal.step("look", look)
    return RunOutcome(state=RunState.DONE, summary="All counted.")


@dataclass(kw_only=True)
class JobHouse:
    """Jobs, what they stand on, and what a test may change."""

    jobs: Jobs
    store: Database
    clock: Clock
    ended: list[JobRun] = field(default_factory=list[JobRun])
    is_idle: bool = True

    def performs(self, script: Script) -> None:
        """Have work done this way from now on."""

        async def perform(run: JobRun, journal: Run, purse: Purse, say: Callable[[str, int, int], None]) -> RunOutcome:
            return await script(Doing(run=run, journal=journal, purse=purse, say=say))

        self.jobs.runs.performers[WorkKind.MESSAGE] = lambda: perform

    async def start(self, **more: object) -> JobRun:
        """Start a run by hand."""
        started = self.jobs.runs.start
        return await started(MESSAGE, name="count", trigger=Trigger.HAND, **more)  # pyright: ignore[reportArgumentType] - as `start` names them

    def dies(self) -> None:
        """Write nothing more, as after `kill -9`."""
        cast("SqliteStore", self.store).writer.close()

    async def until(self, run_id: RunId, *states: RunState) -> JobRun:
        """Return a run once it is in one of these states, or over."""
        async with asyncio.timeout(30):
            while True:
                run = await self.jobs.runs.get(run_id)
                if run.state in states or (not states and run.state.has_ended):
                    return run
                await asyncio.sleep(0.01)


class Direct:
    """Carries legs at once, in tasks of this process; what it had is lost with it, as if the queue were, too."""

    def __init__(self, place: Place, work: Leg) -> None:
        self._place = place
        self._work = work
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: set[str] = set()

    async def open(self) -> None:
        pass

    async def enqueue(self, run_id: RunId, leg: int, *, priority: int) -> None:
        del priority
        if f"{run_id}:{leg}" not in self._seen:
            self._seen.add(f"{run_id}:{leg}")
            task = asyncio.create_task(self._awaited(run_id, leg))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def left_by(self, executors: Sequence[str]) -> tuple[str, ...]:
        del executors
        return ()

    async def hand_out_again(self, legs: Sequence[str]) -> None:
        del legs

    async def forget(self, before: datetime, *, limit: int = 1000) -> int:
        del before, limit
        return 0

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _awaited(self, run_id: RunId, leg: int) -> None:
        await self._work(run_id, leg)


class Loops:
    """What runs in the background, until it is cancelled."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._running: list[asyncio.Task[None]] = []

    def __call__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        async def awaited() -> None:
            await work()

        self._running.append(self._tasks.create_task(awaited(), name=name))

    def cancel(self) -> None:
        for task in self._running:
            task.cancel()


def _needed(home: Path, store: Database, clock: Clock, loops: Loops) -> Needed:
    return Needed(
        home=home,
        store=store,
        clock=clock,
        blobs=Blobs(home / "blobs"),
        settings=JobSettings,
        background=loops,
        redacted=str,
        queue=in_file(home),
        executor="gateway",
        beat_s=0.02,
        again_s=0.02,
    )


@asynccontextmanager
async def open_jobs(
    home: Path,
    *,
    clock: Clock | None = None,
    script: Script = done,
    carrier: Callable[[Place, Leg], Carrier] = Direct,
    database: Database | None = None,
    executor: str = "",
    dead_after_s: float = 0.2,
) -> AsyncGenerator[JobHouse]:
    """Open the jobs of a folder, or of a database that is open; leaving ends them as a gateway ends.

    With `executor`, it is one of several that share a database, or would be.
    """
    known = clock or FakeClock()
    async with AsyncExitStack() as stack:
        store = database or await stack.enter_async_context(await open_store(home))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        loops = Loops(tasks)
        needed = replace(
            _needed(home, store, known, loops),
            dead_after_s=dead_after_s,
            is_idle=lambda: house.is_idle,
            carrier=carrier,
        )
        if executor:
            needed = replace(needed, queue=on_server("postgresql://nobody@nowhere/none"), executor=executor)
        jobs = jobs_of(needed)
        house = JobHouse(jobs=jobs, store=store, clock=known)
        house.performs(script)

        async def note(run: JobRun) -> None:
            house.ended.append(run)

        jobs.runs.on_ended(note)
        try:
            yield house
        finally:
            loops.cancel()
            await jobs.close()
