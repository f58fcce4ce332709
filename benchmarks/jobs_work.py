"""One process of `benchmarks.jobs`: works jobs of three steps, with the house's engine or with DBOS alone.

`python -m benchmarks.jobs_work {ours|bare} --queue URL --folder PATH [--store URL] [--jobs N] [--worker]` says that it
is ready as a line of JSON, waits for a line, starts the jobs unless it is a worker, says how long all of them took,
and ends after another line.
"""

import argparse
import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.content import JsonObject
from homarus.domain.job_settings import JobSettings
from homarus.domain.jobs import JobRun, RunState, Trigger, Work, WorkKind
from homarus.domain.ports import Run
from homarus.domain.running import Purse, RunOutcome
from homarus.gateway.clock import HouseClock
from homarus.gateway.jobs.house import Jobs
from homarus.gateway.jobs.wiring import Needed, jobs_of
from homarus.state.blobs import Blobs
from homarus.state.database import Database
from homarus.state.jobs.connecting import connect
from homarus.state.jobs.quiet import quieten
from homarus.state.opening import open_state
from homarus.state.statements import Sql

if TYPE_CHECKING:
    from dbos import Queue

AT_ONCE = 100
"""Legs, or workflows, that a process works at a time; with a poll each 0.25 s, that is at most 400 a second."""
POLLING_S = 0.25
LOOK_S = 0.05
"""How often whoever waits looks whether all are done."""
STARTERS = 16
WORK = Work(kind=WorkKind.MESSAGE, text="three steps")
STEPS = ("read", "think", "write")


def say(**words: object) -> None:
    """Tell the parent something."""
    sys.stdout.write(f"{json.dumps(words)}\n")
    sys.stdout.flush()


# --- DBOS alone -----------------------------------------------------------------------------------------------------


def bare(queue_url: str, jobs: int, *, executor: str, is_worker: bool) -> None:
    """Work jobs with DBOS and nothing else, on an engine with the same settings."""
    from dbos import DBOS

    quieten()
    DBOS(
        config={
            "name": "bare",
            "system_database_engine": connect(queue_url, is_closed=threading.Event()),
            "application_version": "1",
            "executor_id": executor,
            "use_listen_notify": False,
            "log_level": "WARNING",
            "dbos_system_schema": "bare",
        }
    )

    @DBOS.step()
    def step(key: str) -> JsonObject:
        return {"said": key}

    @DBOS.workflow()
    def three(number: int) -> str:
        for key in STEPS:
            step(f"{key} {number}")
        return "done"

    DBOS.launch()
    queue = DBOS.register_queue("bare", worker_concurrency=AT_ONCE, polling_interval_sec=POLLING_S)
    time.sleep(1.5)  # until the queue is listened to
    say(ready=True)
    sys.stdin.readline()
    if not is_worker:
        say(seconds=_all_bare(queue, three, jobs))
        sys.stdin.readline()
    DBOS.destroy()


def _all_bare(queue: "Queue", three: Callable[[int], str], jobs: int) -> float:
    from dbos import SetWorkflowID, WorkflowHandle

    began = time.perf_counter()
    handles: list[WorkflowHandle[str]] = []
    for number in range(jobs):
        with SetWorkflowID(f"bare-{began}-{number}"):
            handles.append(queue.enqueue(three, number))
    for handle in handles:
        handle.get_result(polling_interval_sec=LOOK_S)
    return time.perf_counter() - began


# --- the house's engine ---------------------------------------------------------------------------------------------


async def perform(run: JobRun, journal: Run, purse: Purse, say: Callable[[str, int, int], None]) -> RunOutcome:
    """Do three steps."""
    del run, purse, say
    for key in STEPS:

        async def step(said: str = key) -> JsonObject:
            return {"said": said}

        await journal.step(key, step)
    return RunOutcome(state=RunState.DONE, summary="done")


async def ours(queue_url: str, folder: Path, jobs: int, *, executor: str, is_worker: bool, store_url: str) -> None:
    """Work jobs as the house does: each run in the log, each leg in the queue."""
    async with (
        (await open_state(folder, store_url or None, kind="worker")).store as store,
        asyncio.TaskGroup() as tasks,
    ):
        loops: list[asyncio.Task[None]] = []

        def background(name: str, work: Callable[[], Awaitable[None]]) -> None:
            async def awaited() -> None:
                await work()

            loops.append(tasks.create_task(awaited(), name=name))

        made = jobs_of(
            Needed(
                home=folder,
                store=store,
                clock=HouseClock(lambda: "UTC"),
                blobs=Blobs(folder / "blobs"),
                settings=lambda: JobSettings.model_construct(at_once=AT_ONCE),
                background=background,
                redacted=str,
                queue=queue_url,
                executor=executor,
                performers={WorkKind.MESSAGE: lambda: perform},
                polling_s=POLLING_S,
            )
        )
        await made.take_up()
        await asyncio.sleep(1.5)
        say(ready=True)
        await asyncio.to_thread(sys.stdin.readline)
        if not is_worker:
            say(seconds=await _all(made, store, jobs))
            await asyncio.to_thread(sys.stdin.readline)
        for loop in loops:
            loop.cancel()
        await made.close()


async def _all(made: Jobs, store: Database, jobs: int) -> float:
    numbers = iter(range(jobs))

    async def start() -> None:
        for _number in numbers:
            await made.runs.start(WORK, name="three", trigger=Trigger.HAND)

    def open_runs(sql: Sql) -> int:
        return int(sql.execute("SELECT COUNT(*) FROM runs WHERE ended_at IS NULL").fetchone()[0])

    began = time.perf_counter()
    async with asyncio.TaskGroup() as starters:
        for _starter in range(STARTERS):
            starters.create_task(start())
    while await store.read(open_runs):  # noqa: ASYNC110 - other processes end runs, too
        await asyncio.sleep(LOOK_S)
    return time.perf_counter() - began


def main() -> None:
    """Work as told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=("ours", "bare"))
    parser.add_argument("--queue", required=True)
    parser.add_argument("--store", default="")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--executor", default="gateway")
    parser.add_argument("--worker", action="store_true")
    told = parser.parse_args()
    if told.who == "bare":
        bare(told.queue, told.jobs, executor=told.executor, is_worker=told.worker)
        return
    import uvloop

    work = ours(told.queue, told.folder, told.jobs, executor=told.executor, is_worker=told.worker, store_url=told.store)
    uvloop.run(work)


if __name__ == "__main__":
    main()
