"""Put the rooms of jobs together; loaded when there is a job, a run or a request for one."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
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
    return _Making(needed).jobs()


class _Making:
    """Makes the parts of jobs in an order in which each finds those that it needs."""

    def __init__(self, needed: Needed) -> None:
        self._needed = needed
        self._stored = StoredRuns(needed.store)
        self._me = Executor(name=needed.executor, boot=secrets.token_hex(8))
        self._place = Place(
            url=needed.queue,
            executor=needed.executor,
            at_once=needed.settings().at_once,
            polling_s=needed.polling_s,
        )
        self._motor = Motor(make=self._carrier, background=needed.background, on_open=self._greet)
        records = StoredRecords(needed.store)
        self._ends = Ends(store=needed.store, stored=self._stored, records=records, reader=needed.executor)
        self._legs = Legs(stored=self._stored, enqueue=self._motor.enqueue, ends=self._ends)
        self._deadlines = Deadlines(self._stored, self._legs, needed.clock)
        self._working = Working(self._around(), ended=self._ends.tell, look_again=self._deadlines.look_again)
        self._leading = Leading(self._watched())

    def jobs(self) -> Jobs:
        """Return them all."""
        needed, stored, legs = self._needed, self._stored, self._legs
        forgetting = Forgetting(self._motor.forget, needed.clock, keep_days=lambda: needed.settings().keep_days)
        self._motor.loops = {
            "deadlines": self._deadlines.run,
            "leading": self._leading.run,
            "ends": self._ends.run,
            "forgetting": forgetting.run,
        }
        rooms = Rooms(store=needed.store, stored=stored, clock=needed.clock, working=self._working, legs=legs)
        runs = Runs(rooms, needed.performers)
        planned, slots = StoredJobs(needed.store), RunSlots(runs, stored, legs, needed.clock)
        records = StoredRecords(needed.store)
        return Jobs(
            runs=runs,
            stored=planned,
            slots=slots,
            scheduling=Scheduling(planned, slots, records, needed.clock, is_on=lambda: needed.settings().enabled),
            motor=self._motor,
            leading=self._leading,
            deadlines=self._deadlines,
            legs=legs,
            ends=self._ends,
        )

    def _around(self) -> Surroundings:
        needed = self._needed
        return Surroundings(
            store=needed.store,
            stored=self._stored,
            clock=needed.clock,
            blobs=needed.blobs,
            me=self._me,
            performers=needed.performers,
            is_idle=needed.is_idle,
            redacted=needed.redacted,
            again_s=needed.again_s,
        )

    def _watched(self) -> Watched:
        needed = self._needed
        return Watched(
            store=needed.store,
            stored=self._stored,
            executors=StoredExecutors(needed.store),
            clock=needed.clock,
            me=self._me,
            legs=self._legs,
            working=self._working,
            hand_out=self._motor.hand_out,
            work_here=self._work_here,
            is_shared=self._place.is_shared,
            beat_s=needed.beat_s,
            dead_after_s=needed.dead_after_s,
        )

    def _carrier(self) -> Carrier:
        return self._needed.carrier(self._place, self._working.work)

    def _work_here(self, run_id: RunId, leg: int) -> None:
        self._needed.background(f"leg of {run_id}", partial(self._working.work, run_id, leg))

    async def _greet(self) -> None:
        await self._ends.begin()
        await self._leading.greet()
