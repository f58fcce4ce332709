"""How the house is: `status` in one look, `doctor` with every check and its next step."""

import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from homarus import __version__
from homarus.domain.times import in_words
from homarus.gateway.approvals import Approvals
from homarus.gateway.crossings import Crossings, LeftToday
from homarus.gateway.lanes import Lanes
from homarus.gateway.reminding import Notice, Reminding


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check and what came of it."""

    topic: str
    """`configuration`, `models`, `sandbox` ..."""
    is_well: bool
    sentence: str
    hint: str = ""
    """The next step, when it is not well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """Every check."""

    is_well: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentModel:
    """The model that answers the next message."""

    ref: str
    place: str
    because: str
    state: str = ""
    """Of the engine, where it is ours: `off`, `starting`, `ready`, `asleep`, `failed`."""
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCounts:
    """Turns under way."""

    running: int
    queued: int

    @property
    def beside(self) -> int:
        """How many run besides the one that asks."""
        return max(self.running - 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextReminder:
    """The reminder that comes next."""

    text: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """A channel that the configuration switches on."""

    name: str
    is_running: bool
    """Whether somebody waits for its messages."""
    is_well: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingProcess:
    """A gateway or a worker that shares the house."""

    kind: str
    """`gateway` or `worker`."""
    place: str
    """Its machine and its process id there."""
    since: datetime
    is_me: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDatabase:
    """A Postgres database that several processes may share."""

    place: str
    """Database, host and port, without user and password."""
    processes: tuple[SharingProcess, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the gateway is, in one look."""

    version: str
    pid: int
    port: int
    home: str
    config: str
    """The owner's configuration file that it reads."""
    uptime_s: float
    model: CurrentModel | None
    turns: TurnCounts
    needs_you: int
    next_reminder: NextReminder | None
    left_machine_today: LeftToday
    problems: tuple[Finding, ...] = ()
    """What is not well, from what is known without asking anybody."""
    notices: tuple[Notice, ...] = ()
    """Reminders that came due and that no page has shown yet."""
    channels: tuple[ChannelState, ...] = ()
    """From what is known without asking them; `doctor` asks."""
    database: SharedDatabase | None = None
    """Nothing where the state is a file in the folder."""


Check: TypeAlias = Callable[[], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the facts come from."""

    home: Path
    config: Path
    lanes: Lanes
    approvals: Approvals
    reminders: Reminding
    crossings: Crossings
    model: Callable[[], Awaitable[CurrentModel | None]]
    channels: Callable[[], tuple[ChannelState, ...]] = lambda: ()
    database: Callable[[], Awaitable[SharedDatabase | None]] | None = None
    quick: tuple[Check, ...] = ()
    """Checks that cost nothing and ask nobody: part of `status`."""
    thorough: tuple[Check, ...] = ()
    """Checks that ask servers or start something: part of `doctor` alone."""


@dataclass(slots=True)
class Facts:
    """Says how the house is."""

    sources: Sources
    port: int = 0
    _started: float = field(default_factory=time.monotonic)

    async def status(self) -> Status:
        """Return how the house is, without asking anybody outside."""
        sources = self.sources
        coming = await sources.reminders.next()
        return Status(
            version=__version__,
            pid=os.getpid(),
            port=self.port,
            home=str(sources.home),
            config=str(sources.config),
            uptime_s=round(time.monotonic() - self._started, 1),
            model=await sources.model(),
            turns=TurnCounts(running=sources.lanes.running, queued=sources.lanes.queued),
            needs_you=len(await sources.approvals.pending()),
            next_reminder=NextReminder(text=coming.text, when=in_words(coming.due_at)) if coming else None,
            left_machine_today=await sources.crossings.left_today(),
            problems=tuple(finding for finding in await _all(sources.quick) if not finding.is_well),
            notices=await sources.reminders.unseen("web"),
            channels=sources.channels(),
            database=await sources.database() if sources.database is not None else None,
        )

    async def doctor(self) -> Doctor:
        """Return every check, what is not well first."""
        found = await _all((*self.sources.quick, *self.sources.thorough))
        findings = tuple(sorted(found, key=lambda finding: finding.is_well))
        return Doctor(is_well=all(finding.is_well for finding in findings), findings=findings)


async def _all(checks: Sequence[Check]) -> list[Finding]:
    return [finding for check in checks for finding in await check()]
