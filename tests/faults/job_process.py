"""A process that works runs whose steps write into a file, so that tests can see what happened after killing it.

`python job_process.py FOLDER [--database URL] [--start N] [--hang KEY] [--executor NAME]`: `--start` begins so many
runs, `--hang` stops for ever inside the step of that name, the first time that it is done at all.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from homarus.domain.content import JsonObject
from homarus.domain.errors import InterruptedEffectError
from homarus.domain.events import Kind
from homarus.domain.job_settings import JobSettings
from homarus.domain.jobs import Budget, JobRun, RunState, Spent, Trigger, Work, WorkKind
from homarus.domain.ports import Run
from homarus.domain.running import Purse, RunOutcome
from homarus.gateway.clock import HouseClock
from homarus.gateway.jobs.wiring import Needed, jobs_of
from homarus.state.blobs import Blobs
from homarus.state.database import Database
from homarus.state.jobs.engine import in_file, on_server
from homarus.state.jobs.naming import ONLY, executor_of
from homarus.state.opening import open_state

STEPS = ("read", "think", "send", "write")


class Work4:
    """Four steps; the third is an effect that must not happen twice."""

    def __init__(self, folder: Path, hang: str) -> None:
        self._log = folder / "worked"
        self._hung = folder / f"hung {hang}"
        self._hang = hang

    async def __call__(
        self, run: JobRun, journal: Run, purse: Purse, say: Callable[[str, int, int], None]
    ) -> RunOutcome:
        missing = ""
        for number, key in enumerate(STEPS):
            say(key, number, len(STEPS))
            is_effect = key == "send"
            try:
                await journal.step(
                    key,
                    lambda key=key: self._do(run, key),
                    kind=Kind.TOOL_FINISHED if is_effect else Kind.STEP_FINISHED,
                    intent={"call": key} if is_effect else None,
                    is_repeatable=not is_effect,
                )
            except InterruptedEffectError as error:
                missing = error.message
            await purse.spend(key, Spent(tokens=10))
        return RunOutcome(state=RunState.DONE, summary=missing or "all done")

    async def _do(self, run: JobRun, key: str) -> JsonObject:
        self.note(run, key, "began")
        if key == self._hang and self._is_first():
            await asyncio.Event().wait()
        self.note(run, key, "ended")
        return {"said": key}

    def note(self, run: JobRun, key: str, what: str) -> None:
        """Write into the file that tests read."""
        with self._log.open("a") as log:
            log.write(json.dumps([run.run_id, key, what, os.getpid()]) + "\n")

    def _is_first(self) -> bool:
        try:
            self._hung.open("x").close()
        except FileExistsError:
            return False
        return True


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", default="")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--hang", default="")
    return parser.parse_args()


def needed(told: argparse.Namespace, store: Database, performer: Work4, tasks: asyncio.TaskGroup) -> Needed:
    home: Path = told.home or told.folder

    def background(name: str, work: Callable[[], Awaitable[None]]) -> None:
        async def awaited() -> None:
            await work()

        tasks.create_task(awaited(), name=name)

    return Needed(
        home=home,
        store=store,
        clock=HouseClock(lambda: "UTC"),
        blobs=Blobs(home / "blobs"),
        settings=JobSettings,
        background=background,
        redacted=str,
        queue=on_server(told.database) if told.database else in_file(home),
        executor=executor_of(home) if told.database else ONLY,
        performers={WorkKind.MESSAGE: lambda: performer},
    )


async def main() -> None:
    told = arguments()
    performer = Work4(told.folder, told.hang)
    opened = await open_state(told.home or told.folder, told.database or None, kind="worker")

    async def note(run: JobRun) -> None:
        performer.note(run, run.state.value, "over")

    async with asyncio.TaskGroup() as tasks:
        jobs = jobs_of(needed(told, opened.store, performer, tasks))
        jobs.runs.on_ended(note)
        await jobs.take_up()
        work = Work(kind=WorkKind.MESSAGE, text="four steps")
        for _run in range(told.start):
            await jobs.runs.start(work, name="four", trigger=Trigger.HAND, budget=Budget(tokens=1000))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
