"""What a tool gets besides its arguments, in memory: notes, reminders, a sandbox, and a context of them all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from homarus.domain.content import Json
from homarus.domain.errors import NotFoundError
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.labels import Label, Reach
from homarus.domain.ports import Clock, Found, Ran
from homarus.domain.tooling import ToolContext
from homarus.domain.turns import Reminder
from homarus.testing.clock import FakeClock
from homarus.testing.door import FakeDoor


class FakeMemory:
    """A `domain.ports.Memory` that holds its entries in a list and finds by shared words."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin with nothing remembered."""
        self._clock = clock or FakeClock()
        self.entries: list[Found] = []

    async def save(self, text: str, *, label: Label) -> str:
        """Add an entry to today's file and return where it stands."""
        file = f"memory/{self._clock.now():%Y-%m-%d}.md"
        line = 1 + sum(entry.file == file for entry in self.entries)
        self.entries.append(Found(file=file, line=line, text=text, label=label))
        return f"{file}:{line}"

    async def search(self, query: str, *, limit: int = 8) -> tuple[Found, ...]:
        """Return the entries that share the most words with the question."""
        words = set(query.lower().split())
        scored = [(len(words & set(entry.text.lower().split())), entry) for entry in self.entries]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
        return tuple(entry for _, entry in best[:limit])

    async def of_day(self, day: date) -> tuple[Found, ...]:
        """Return what was noted on a day."""
        return tuple(entry for entry in self.entries if entry.file == f"memory/{day:%Y-%m-%d}.md")


class FakeReminders:
    """A `domain.ports.Reminders`; the same key gives the same reminder."""

    def __init__(self) -> None:
        """Begin with none."""
        self.by_key: dict[str, Reminder] = {}
        self.cancelled: set[str] = set()

    async def add(self, text: str, *, due_at: datetime, session: SessionKey, idempotency_key: str) -> Reminder:
        """Keep a reminder, once per key."""
        if idempotency_key not in self.by_key:
            self.by_key[idempotency_key] = Reminder(
                reminder_id=f"reminder_{len(self.by_key) + 1}",
                session=session,
                text=text,
                due_at=due_at,
                zone=str(due_at.tzinfo),
            )
        return self.by_key[idempotency_key]

    async def upcoming(self, limit: int = 50) -> tuple[Reminder, ...]:
        """Return those that were not cancelled, the next one first."""
        waiting = [one for one in self.by_key.values() if one.reminder_id not in self.cancelled]
        return tuple(sorted(waiting, key=lambda one: one.due_at)[:limit])

    async def cancel(self, reminder_id: str) -> Reminder:
        """Take one back; once more gives the same."""
        found = next((one for one in self.by_key.values() if one.reminder_id == reminder_id), None)
        if found is None:
            raise NotFoundError(f"No reminder {reminder_id!r} is waiting.", hint="Ask which reminders there are.")
        self.cancelled.add(reminder_id)
        return found


DONE = Ran(exit_code=0, stdout="", stderr="", is_cut=False, is_timed_out=False, elapsed_ms=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that was given to the sandbox."""

    argv: tuple[str, ...]
    workspace: Path
    timeout_s: float


class FakeSandbox:
    """A `domain.ports.Sandbox` that runs nothing: a function of the command says what it did."""

    def __init__(self, react: Callable[[Sequence[str]], Ran] | None = None, *, level: str = "bubblewrap") -> None:
        """Answer with `react`, or with success and no output."""
        self._react = react
        self._level = level
        self.commands: list[Command] = []

    @property
    def level(self) -> str:
        """The level that the test claims."""
        return self._level

    async def run(self, argv: Sequence[str], *, workspace: Path, timeout_s: float) -> Ran:
        """Note the command and return what the script says of it."""
        self.commands.append(Command(argv=tuple(argv), workspace=workspace, timeout_s=timeout_s))
        return self._react(argv) if self._react else DONE


@dataclass(slots=True, kw_only=True)
class FakeRooms:
    """One of each, and a `ToolContext` made of them."""

    workspace: Path
    clock: FakeClock
    door: FakeDoor
    memory: FakeMemory
    reminders: FakeReminders
    sandbox: FakeSandbox

    def context(
        self,
        *,
        key: str = "turn_1:call_1",
        reach: Reach = Reach.ANYWHERE,
        settings: Mapping[str, Json] | None = None,
    ) -> ToolContext:
        """Return what a tool would get in a turn of `agent:main:main`."""
        return ToolContext(
            session=SessionKey("agent:main:main"),
            turn=TurnId("turn_1"),
            agent=AgentId("main"),
            workspace=self.workspace,
            idempotency_key=key,
            reach=reach,
            clock=self.clock,
            door=self.door,
            memory=self.memory,
            reminders=self.reminders,
            sandbox=self.sandbox,
            settings=settings or {},
        )


def fake_rooms(workspace: Path, *, door: FakeDoor | None = None) -> FakeRooms:
    """Return fakes around a workspace folder; pass a door with scripted answers for tools that go out."""
    clock = FakeClock()
    return FakeRooms(
        workspace=workspace,
        clock=clock,
        door=door or FakeDoor(),
        memory=FakeMemory(clock),
        reminders=FakeReminders(),
        sandbox=FakeSandbox(),
    )
