"""Work that starts without a message: what is to be done, when, within which limits, and what became of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from homarus.domain.content import Json, JsonObject
from homarus.domain.ids import AgentId, JobId, RunId, SessionKey


class Clockwork(StrEnum):
    """The three ways in which a time is given."""

    AT = "at"
    EVERY = "every"
    CRON = "cron"


class Missed(StrEnum):
    """What happens to times that passed while the house was down."""

    SKIP = "skip"
    """None of them is made up for; the next time is the next one to come."""
    ONCE = "once"
    """The newest one is made up for, the others are written down as skipped."""
    ALL = "all"
    """Each of them is made up for, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of the day in which a run may work; over midnight when the end is before the start."""

    start: str
    """`22:00`, in the schedule's zone."""
    end: str
    """`07:00`"""
    only_idle: bool = False
    """Whether it also waits until no person has been answered for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a job runs, in one time zone, whatever the machine's is."""

    kind: Clockwork
    zone: str
    """IANA name: clocks are read there, also when they are put forward or back."""
    at: datetime | None = None
    """Of `at`, with its zone."""
    every_s: float | None = None
    """Of `every`, counted from `anchor`."""
    anchor: datetime | None = None
    cron: str | None = None
    """Of `cron`: five fields, or six with seconds first."""
    words: str = ""
    """As the owner said it: `every weekday 07:30`."""
    missed: Missed = Missed.ONCE
    window: Window | None = None
    stagger_s: float = 0.0
    """At most this much later, the same for each job, so that not all start on the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a run may use; `None` sets no limit. A run that goes on after a crash has what is left, never all again."""

    tokens: int | None = None
    """Read and written, of all model calls."""
    seconds: float | None = None
    """Of its own work; waiting for people and for a window does not count."""
    cost_usd: float | None = None
    joules: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run has used so far."""

    tokens: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0
    joules: float = 0.0
    is_joules_estimated: bool = True
    """Whether the energy is reckoned from rated power; no sensor was read."""

    def __add__(self, other: "Spent") -> "Spent":
        """Add up."""
        return Spent(
            tokens=self.tokens + other.tokens,
            seconds=self.seconds + other.seconds,
            cost_usd=self.cost_usd + other.cost_usd,
            joules=self.joules + other.joules,
            is_joules_estimated=self.is_joules_estimated or other.is_joules_estimated,
        )


class WorkKind(StrEnum):
    """What a job does."""

    PLAYBOOK = "playbook"
    MESSAGE = "message"
    """A turn of an agent: in a session of the run's own, or in a conversation."""
    NOTE = "note"
    """A sentence to the owner's main conversation; read with the next heartbeat, or now."""
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done."""

    kind: WorkKind
    playbook: str = ""
    settings: JsonObject = field(default_factory=dict[str, Json])
    """Of the playbook, by the names of its schema."""
    text: str = ""
    """Of a message or a note."""
    agent: AgentId | None = None
    session: SessionKey | None = None
    """Where a message is said; `None`: in a session of the run's own."""
    model: str | None = None
    """`provider/id`: asked first."""
    fallbacks: tuple[str, ...] | None = None
    """`()` is strict; `None` leaves it to the agent."""
    tools: tuple[str, ...] | None = None
    """No others may be used; `None` leaves it to the agent."""
    seed: int | None = None
    """Where the dice of a playbook's models begin; `None`: the run has its own. Doing one again has the same."""


class DeliveryMode(StrEnum):
    """How an outcome reaches somebody."""

    ANNOUNCE = "announce"
    WEBHOOK = "webhook"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where the outcome of a run is told."""

    mode: DeliveryMode = DeliveryMode.ANNOUNCE
    channel: str = "last"
    """A channel's name; `last`: where the owner wrote last; `web` always has it."""
    to: str = ""
    is_best_effort: bool = True
    """Whether the run counts as done when this fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that is planned."""

    job_id: JobId
    name: str
    work: Work
    schedule: Schedule | None = None
    """Without one it starts by hand or by a hook."""
    is_enabled: bool = True
    delivery: Delivery = Delivery()
    budget: Budget = Budget()
    deadline: str | None = None
    """`06:30` in the schedule's zone, or `PT2H` from the start: then it hands over what it has."""
    priority: str = "job"
    """`job`, `heartbeat` or `swarm`, in the queue of a model server."""
    window: Window | None = None
    """`only between 22:00 and 07:00`: it waits for that, and pauses outside."""
    deletes_itself: bool = False
    """Whether it is removed after it went well."""
    made_at: datetime
    made_by: str = "owner"
    """`owner`, `openclaw` (imported), `agent:<id>`."""
    paused_because: str = ""


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    WAITING = "waiting"
    """For its window, or for a pause to end."""
    RUNNING = "running"
    PARKED = "parked"
    """A person must decide."""
    PAUSED = "paused"
    DONE = "done"
    PARTIAL = "partial"
    """A limit was reached; what there is was handed over and says what is missing."""
    NO_DATA = "no-data"
    """There was nothing to work with, and nothing was made up."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    """Its time passed while the house was down, or no model could be reached."""
    INTERRUPTED = "interrupted"
    """It belongs to an older version of the house and is not gone on with by itself."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self not in (RunState.QUEUED, RunState.WAITING, RunState.RUNNING, RunState.PARKED, RunState.PAUSED)


class Trigger(StrEnum):
    """Why a run started."""

    CLOCK = "clock"
    HAND = "hand"
    HOOK = "hook"
    RETRY = "retry"
    AGENT = "agent"
    EVENT = "event"

    @property
    def again(self) -> "Trigger":
        """What starts such a run once more: what others began may not do more because it failed."""
        return self if self in (Trigger.HOOK, Trigger.AGENT) else Trigger.RETRY


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One time that work was done. There is exactly one per slot of a schedule, also for a slot that was skipped."""

    run_id: RunId
    name: str
    work: Work
    trigger: Trigger
    state: RunState
    job_id: JobId | None = None
    slot: datetime | None = None
    """The time that the schedule meant, UTC."""
    queued_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    deadline_at: datetime | None = None
    budget: Budget = Budget()
    spent: Spent = Spent()
    delivery: Delivery = Delivery()
    priority: str = "job"
    window: Window | None = None
    zone: str = "UTC"
    is_dry: bool = False
    """Whether nothing may leave a trace elsewhere: effects are shown and not made."""
    retry_of: RunId | None = None
    from_step: str = ""
    """Of a retry: outcomes of earlier steps are taken over from `retry_of`, this one and later ones are done anew."""
    attempt: int = 1
    executor: str = ""
    """The process that has it, or had it last."""
    waits_for: str = ""
    """Of a parked run: `approval:<id>`, a question, a time."""
    models: tuple[str, ...] = ()
    """Which ones answered in it."""
    report: str = ""
    """Hash of the report's artifact, once there is one."""
    summary: str = ""
    """One sentence: what came of it."""
    error: str = ""
    hint: str = ""
    told_at: datetime | None = None
    """When its outcome reached the owner."""

    @property
    def seed(self) -> int:
        """Where the dice of its models begin: those of the run that it does again, else its own."""
        if self.work.seed is not None:
            return self.work.seed
        return int(hashlib.sha256(self.run_id.encode()).hexdigest()[:8], 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of a run as faces show it."""

    key: str
    state: str
    """`running`, `done`, `failed`, `unknown`, `taken over`."""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    model: str = ""
    spent: Spent = Spent()
    attempt: int = 1
    said: str = ""
    """What it is doing or did, in words."""
    turn: str = ""
    """The turn that a model's step is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTaken:
    """Whether a slot of a schedule got its record now, or had it already."""

    run: JobRun
    is_new: bool


Counts = Mapping[str, int]
"""How many of each, by name."""
