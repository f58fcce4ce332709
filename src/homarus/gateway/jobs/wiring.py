"""Put the rooms of jobs together; loaded when there is a job, a run or a request for one."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from homarus.domain.ids import RunId
from homarus.domain.job_settings import JobSettings
from homarus.domain.jobs import WorkKind
from homarus.domain.ports import Blobs, Clock
from homarus.domain.running import Performer
from homarus.gateway.jobs.deadlines import Deadlines
from homarus.gateway.jobs.ended import Ends
from homarus.gateway.jobs.forgetting import Forgetting
from homarus.gateway.jobs.ground import Ground
from homarus.gateway.jobs.house import Background, Carrier, Jobs, Motor
from homarus.gateway.jobs.leading import BEAT_S, DEAD_AFTER_S, Leading, Watched
from homarus.gateway.jobs.legs import Legs
from homarus.gateway.jobs.runs import Rooms, Runs
from homarus.gateway.jobs.scheduling import Scheduling
from homarus.gateway.jobs.slots import RunSlots
from homarus.gateway.jobs.working import Surroundings, Working
from homarus.state.blobs import Blobs as StoredBlobs
from homarus.state.database import Database
from homarus.state.jobs.engine import LEAST_POLLING_S, Engine, Leg, Place, in_file, on_server
from homarus.state.jobs.executors import Executor, StoredExecutors
from homarus.state.jobs.naming import ONLY, executor_of
from homarus.state.jobs.runs import StoredRuns
from homarus.state.jobs.stored import StoredJobs
from homarus.state.records import StoredRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What jobs stand on."""

    home: Path
    store: Database
    clock: Clock
    blobs: Blobs
    settings: Callable[[], JobSettings]
    background: Background
    redacted: Callable[[str], str]
    queue: str
    """Where the engine keeps its queue: an address of SQLAlchemy."""
    executor: str
    """The name of this process among those that work here."""
    is_idle: Callable[[], bool] = lambda: True
    performers: dict[WorkKind, Callable[[], Performer]] = field(default_factory=dict[WorkKind, Callable[[], Performer]])
    polling_s: float = LEAST_POLLING_S
    carrier: Callable[[Place, Leg], Carrier] = Engine
    again_s: float = 5.0
    """How long to wait before what could not be written down is tried again."""
    beat_s: float = BEAT_S
    dead_after_s: float = DEAD_AFTER_S


def jobs_in(
    ground: Ground,
    performers: dict[WorkKind, Callable[[], Performer]],
    *,
    is_idle: Callable[[], bool],
    background: Background,
) -> Jobs:
    """Return the jobs of a gateway."""
    return jobs_of(
        Needed(
            home=ground.home,
            store=ground.store,
            clock=ground.clock,
            blobs=StoredBlobs(ground.home / "blobs"),
            settings=lambda: ground.settings().jobs,
            background=background,
            redacted=ground.redacted,
            queue=on_server(ground.database) if ground.database else in_file(ground.home),
            executor=executor_of(ground.home) if ground.database else ONLY,
            is_idle=is_idle,
            performers=performers,
        )
    )


def jobs_of(needed: Needed) -> Jobs:
    """Return the jobs of a house; nothing runs until the first leg is queued, or `take_up` is called."""
    stored, executors = StoredRuns(needed.store), StoredExecutors(needed.store)
    me = Executor(name=needed.executor, boot=secrets.token_hex(8))

    async def enqueue(run_id: RunId, leg: int, priority: int) -> None:
        await motor.enqueue(run_id, leg, priority)

    ends = Ends(store=needed.store, stored=stored, records=StoredRecords(needed.store), reader=needed.executor)
    legs = Legs(stored=stored, enqueue=enqueue, ends=ends)
    deadlines = Deadlines(stored, legs, needed.clock)
    around = Surroundings(
        store=needed.store,
        stored=stored,
        clock=needed.clock,
        blobs=needed.blobs,
        me=me,
        performers=needed.performers,
        is_idle=needed.is_idle,
        redacted=needed.redacted,
        again_s=needed.again_s,
    )
    working = Working(around, ended=ends.tell, look_again=deadlines.look_again)
    place = Place(
        url=needed.queue,
        executor=needed.executor,
        at_once=needed.settings().at_once,
        polling_s=needed.polling_s,
    )

    def work_here(run_id: RunId, leg: int) -> None:
        needed.background(f"leg of {run_id}", partial(working.work, run_id, leg))

    async def hand_out(names: tuple[str, ...]) -> None:
        await motor.hand_out(names)

    leading = Leading(
        Watched(
            store=needed.store,
            stored=stored,
            executors=executors,
            clock=needed.clock,
            me=me,
            legs=legs,
            working=working,
            hand_out=hand_out,
            work_here=work_here,
            is_shared=place.is_shared,
            beat_s=needed.beat_s,
            dead_after_s=needed.dead_after_s,
        )
    )

    async def forget(before: datetime, limit: int) -> int:
        return await motor.forget(before, limit)

    forgetting = Forgetting(forget, needed.clock, keep_days=lambda: needed.settings().keep_days)

    async def greet() -> None:
        await ends.begin()
        await leading.greet()

    motor = Motor(
        make=lambda: needed.carrier(place, working.work),
        background=needed.background,
        on_open=greet,
        loops={"deadlines": deadlines.run, "leading": leading.run, "ends": ends.run, "forgetting": forgetting.run},
    )
    rooms = Rooms(store=needed.store, stored=stored, clock=needed.clock, working=working, legs=legs)
    runs = Runs(rooms, needed.performers)
    planned = StoredJobs(needed.store)
    slots = RunSlots(runs, stored, legs, needed.clock)
    return Jobs(
        runs=runs,
        stored=planned,
        slots=slots,
        scheduling=Scheduling(
            planned, slots, StoredRecords(needed.store), needed.clock, is_on=lambda: needed.settings().enabled
        ),
        motor=motor,
        leading=leading,
        deadlines=deadlines,
        legs=legs,
        ends=ends,
    )
