"""Jobs over a real store and the real engine in a folder, with work that tests make up."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from homarus.domain.ids import RunId
from homarus.domain.job_settings import JobSettings
from homarus.domain.jobs import JobRun, RunState, Trigger, Work, WorkKind
from homarus.domain.ports import Clock, Run
from homarus.domain.running import Purse, RunOutcome
from homarus.gateway.jobs.house import Jobs
from homarus.gateway.jobs.wiring import Needed, jobs_of
from homarus.state.blobs import Blobs
from homarus.state.jobs.engine import in_file
from homarus.state.store import SqliteStore, open_store
from homarus.testing.clock import FakeClock

Script = Callable[[JobRun, Run, Purse, Callable[[str, int, int], None]], Awaitable[RunOutcome]]
MESSAGE = Work(kind=WorkKind.MESSAGE, text="count the lobsters")


async def done(run: JobRun, journal: Run, purse: Purse, say: Callable[[str, int, int], None]) -> RunOutcome:
    """Do one step, and be done."""
    del run, purse, say

    async def look() -> dict[str, str]:
        return {"said": "looked"}

    await journal.step("look", look)
    return RunOutcome(state=RunState.DONE, summary="All counted.")


@dataclass(kw_only=True)
class JobHouse:
    """Jobs, what they stand on, and what a test may change."""

    jobs: Jobs
    store: SqliteStore
    clock: Clock
    ended: list[JobRun] = field(default_factory=list[JobRun])
    is_idle: bool = True

    def performs(self, script: Script) -> None:
        """Have work done this way from now on."""
        self.jobs.runs.performers[WorkKind.MESSAGE] = lambda: script

    async def start(self, **more: object) -> JobRun:
        """Start a run by hand."""
        return await self.jobs.runs.start(MESSAGE, name="count", trigger=Trigger.HAND, **more)  # pyright: ignore[reportArgumentType] - named as `start` names them

    async def until(self, run_id: RunId, *states: RunState) -> JobRun:
        """Return a run once it is in one of these states, or over."""
        async with asyncio.timeout(30):
            while True:
                run = await self.jobs.runs.get(run_id)
                if run.state in states or (not states and run.state.has_ended):
                    return run
                await asyncio.sleep(0.01)


@asynccontextmanager
async def open_jobs(home: Path, *, clock: Clock | None = None, script: Script = done) -> AsyncGenerator[JobHouse]:
    """Open the jobs of a folder; leaving ends them as a gateway ends."""
    known = clock or FakeClock()
    async with await open_store(home) as store, asyncio.TaskGroup() as tasks:
        loops: list[asyncio.Task[None]] = []

        def background(name: str, work: Callable[[], Awaitable[None]]) -> None:
            async def awaited() -> None:
                await work()

            loops.append(tasks.create_task(awaited(), name=name))

        jobs = jobs_of(
            Needed(
                home=home,
                store=store,
                clock=known,
                blobs=Blobs(home / "blobs"),
                settings=JobSettings,
                background=background,
                redacted=str,
                queue=in_file(home),
                executor="gateway",
                is_idle=lambda: house.is_idle,
            )
        )
        house = JobHouse(jobs=jobs, store=store, clock=known)
        house.performs(script)

        async def note(run: JobRun) -> None:
            house.ended.append(run)

        jobs.runs.on_ended(note)
        try:
            yield house
        finally:
            for loop in loops:
                loop.cancel()
            await jobs.close()
