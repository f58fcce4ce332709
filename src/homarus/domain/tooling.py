"""What a tool gets besides its arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from homarus.domain.content import Json
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.labels import Label, Reach
from homarus.domain.ports import Blobs, Clock, Door, Memory, Reminders, Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A place that the owner configured: a mailbox, a calendar, a social account."""

    name: str
    kind: str
    """`imap`, `caldav`, `mastodon` ..."""
    settings: object
    """An instance of the kind's `Settings`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawned:
    """What came back from a sub-agent."""

    task: str
    text: str
    is_done: bool
    label: Label
    """Of everything that it had read."""
    turn: str = ""
    model: str = ""
    did: tuple[str, ...] = ()
    """A line for each tool that it used."""
    tokens: int = 0


class Spawning(Protocol):
    """Gives tasks to sub-agents."""

    async def __call__(
        self, tasks: Sequence[str], *, role: str = "", tools: Sequence[str] | None = None, model: str | None = None
    ) -> tuple[Spawned, ...]:
        """Return what came back, in the order of the tasks; one that failed says so in its place."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """A job as an agent sees it."""

    job_id: str
    name: str
    when: str
    """Its schedule in words, with the zone."""
    next: tuple[str, ...]
    """The next three times, in words."""
    was_there: bool = False
    """Whether the same one was planned before."""


class PlannedJobs(Protocol):
    """Jobs, as far as an agent may plan them: messages to itself, and reminders that come again."""

    async def add(self, when: str, text: str, *, agent: AgentId, session: SessionKey, is_reminder: bool) -> PlannedJob:
        """Plan a message to the agent, or a reminder, which needs no model.

        Raises:
            UsageError: when the words do not say when.
        """
        ...

    async def all(self) -> tuple[PlannedJob, ...]:
        """Return all jobs, those that come next first."""
        ...

    async def cancel(self, job: str, *, agent: AgentId) -> PlannedJob:
        """Remove a job by its id or its name.

        Raises:
            NotFoundError: when there is none.
            RefusedError: when the owner planned it, and no agent.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """What a tool gets besides its arguments."""

    session: SessionKey
    turn: TurnId
    agent: AgentId
    workspace: Path
    idempotency_key: str
    """Stable over a replay: a tool that passes it on is run once, however often the house goes down."""
    reach: Reach
    """How far what this context knows may go."""
    clock: Clock
    door: Door
    memory: Memory
    reminders: Reminders
    sandbox: Sandbox
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """The tool's own section of the configuration."""
    accounts: Mapping[str, Account] = field(default_factory=dict[str, "Account"])
    """What the owner configured under `sources`, by name: tools write to the places that are read there."""
    blobs: Blobs | None = None
    run: str = ""
    """The run that the turn is part of, or that the tool is used by."""
    spawn: Spawning | None = None
    """Gives work to sub-agents, where there can be any."""
    jobs: PlannedJobs | None = None
    """Plans work, where there can be any."""
