"""The contract of every edge: what a room asks of another without knowing it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from homarus.domain.content import Json, JsonObject
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.inference import ModelRequest, StreamEvent
from homarus.domain.labels import Label, Reach
from homarus.domain.turns import Inbound, Moment, Reminder, Reply

if TYPE_CHECKING:
    import socket


class Clock(Protocol):
    """What time it is for the owner."""

    def now(self) -> datetime:
        """Return the time with the owner's zone."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """The owner's zone."""
        ...


# --- the log and the journal -------------------------------------------------------------------------------------


class Store(Protocol):
    """The event log: append only, one writer, and found again after `kill -9`."""

    async def append(self, *events: NewEvent, synced: bool = True) -> tuple[Event, ...]:
        """Write facts in one transaction and return them as they stand in the log.

        An event whose `dedupe` is taken is not written; the one that has it is returned in its place.
        `synced` waits until the disk has it (acknowledged, intended, sent); without it the write joins a later commit.

        Raises:
            DiskFullError: when there is no room; nothing was written.
        """
        ...

    async def of_turn(self, turn: TurnId) -> tuple[Event, ...]:
        """Return the events of a turn, oldest first."""
        ...

    async def of_session(
        self, session: SessionKey, *, after_seq: int = 0, kinds: Sequence[Kind] = ()
    ) -> tuple[Event, ...]:
        """Return the events of a session after a point, oldest first; all kinds when none is named."""
        ...

    async def since(self, after_seq: int, *, limit: int = 500, kinds: Sequence[Kind] = ()) -> tuple[Event, ...]:
        """Return events of the whole log after a point, oldest first."""
        ...

    async def find(self, dedupe: str) -> Event | None:
        """Return the event that has this key, if any."""
        ...

    async def unfinished_turns(self) -> tuple[Event, ...]:
        """Return the `inbound.accepted` events of turns without a reply, in the order they were accepted."""
        ...

    async def last_seq(self) -> int:
        """Return the number of the newest event, zero when there is none."""
        ...


class Records(Protocol):
    """Small facts that outlive the process, by kind and key: score cards, pins, measured speeds, learned windows."""

    async def get(self, kind: str, key: str) -> JsonObject | None:
        """Return a fact, if it is known."""
        ...

    async def put(self, kind: str, key: str, body: JsonObject) -> None:
        """Write a fact down, in place of what was known."""
        ...

    async def drop(self, kind: str, key: str) -> bool:
        """Forget a fact; tell whether it was known."""
        ...

    async def all(self, kind: str) -> Mapping[str, JsonObject]:
        """Return every fact of a kind, by key."""
        ...


class Parked(Exception):  # noqa: N818 - control flow between a run and its runner, not an error
    """A run waits: nothing more of it happens until there is a decision for the topic, or the deadline has passed.

    It passes through everything untouched; only the runner of turns and jobs catches it.
    """

    def __init__(self, topic: str, deadline: datetime | None = None) -> None:
        """Keep what is waited for, and until when."""
        super().__init__(topic)
        self.topic = topic
        self.deadline = deadline


class Run(Protocol):
    """A durable run, be it a turn or a job: each step happens once, whatever happens to the process."""

    @property
    def run_id(self) -> str:
        """The turn's or the job's id; idempotency keys derive from it."""
        ...

    async def step(
        self,
        key: str,
        fn: Callable[[], Awaitable[JsonObject]],
        *,
        kind: Kind = Kind.STEP_FINISHED,
        intent: JsonObject | None = None,
        is_repeatable: bool = True,
    ) -> JsonObject:
        """Return the outcome that the log has for this key; else run `fn` and write its outcome down.

        With `intent`, that is written and synced before `fn` runs. A step that has an intent and no outcome was cut
        off; it runs again when it is repeatable.

        Raises:
            InterruptedEffectError: when it was cut off and is not repeatable.
        """
        ...

    async def wait(self, topic: str, *, deadline: datetime | None = None) -> JsonObject | None:
        """Return what was decided for a topic, or `None` when the deadline has passed; parks the run until then.

        A parked run holds no slot, no lane and no memory; it is replayed from the log when the decision is there.
        """
        ...

    async def sleep_until(self, when: datetime) -> None:
        """Go on at a time, parked until then."""
        ...

    async def emit(self, kind: Kind, body: JsonObject) -> None:
        """Append a fact once: on a replay the same call writes nothing."""
        ...


Watcher: TypeAlias = Callable[[Moment], None]
"""Gets every moment of a turn as it happens; must not block or raise."""


# --- the door -----------------------------------------------------------------------------------------------------


class Purpose(StrEnum):
    """Why a connection is opened."""

    MODEL = "model"
    TOOL = "tool"
    CHANNEL = "channel"
    HOUSE = "house"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait for each stage of a call, seconds."""

    connect_s: float = 10.0
    first_byte_s: float = 120.0
    idle_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One call to somewhere else."""

    method: str
    url: str
    purpose: Purpose
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    reach: Reach = Reach.ANYWHERE
    """Of what is sent: `LOCAL_ONLY` never leaves this machine or the owner's network."""
    within: str | None = None
    """With `REGION`: the region that it must stay in."""
    region: str | None = None
    """Where the owner says that the address is; an address of which nobody said it is in no region."""
    is_guarded: bool = False
    """Whether a model or a page named the address; private, loopback and metadata addresses are refused then."""
    timeouts: Timeouts = Timeouts()
    max_redirects: int = 0
    turn: TurnId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """A connection to a server that speaks something else than HTTP: IMAP, SMTP."""

    host: str
    port: int
    purpose: Purpose
    is_tls: bool = True
    """Whether TLS begins at once; STARTTLS is the protocol's business, with `tls_context()` of the door's room."""
    reach: Reach = Reach.ANYWHERE
    is_guarded: bool = False
    timeout_s: float = 30.0
    run: str = ""
    """The turn or the run that it is for."""


class Inlet(Protocol):
    """An answer that is coming in."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Case-insensitive headers."""
        ...

    @property
    def url(self) -> str:
        """The address that answered, after redirects."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes, decompressed, in pieces of at most 64 KiB.

        Raises:
            ConnectionFailedError: at `Stage.IDLE` when nothing came for the idle limit, at `Stage.CUT` when it broke.
        """
        ...

    async def read(self, limit_bytes: int) -> bytes:
        """Return the whole body, cut at the limit."""
        ...


class Door(Protocol):
    """The one way out."""

    def open(self, outbound: Outbound) -> AbstractAsyncContextManager[Inlet]:
        """Call out; leaving the context closes the connection, so the other side stops working.

        Raises:
            EgressRefusedError: when a rule keeps the door shut; nothing was looked up or sent.
            ConnectionFailedError: when the other side cannot be reached or does not answer in time.
        """
        ...

    def dial(self, dial: Dial) -> AbstractAsyncContextManager["socket.socket"]:
        """Open a connection for a protocol that is not HTTP; judged, measured and written down like every call.

        The socket is connected and blocking, with `dial.timeout_s`; with TLS it is an `ssl.SSLSocket` whose
        certificate was checked for the host. Leaving the context closes it.

        Raises:
            EgressRefusedError: when a rule keeps the door shut; nothing was looked up or sent.
            ConnectionFailedError: when the other side cannot be reached, or its certificate does not hold.
        """
        ...


class Blobs(Protocol):
    """Bytes by their SHA-256: the same content is kept once."""

    async def put(self, content: bytes) -> str:
        """Keep content and return its SHA-256, hexadecimal."""
        ...

    async def get(self, digest: str, /) -> bytes:
        """Return what was kept.

        Raises:
            NotFoundError: when it is not here.
            StateError: when what is here is not what was kept.
        """
        ...


# --- models -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a provider is reached, with everything resolved."""

    provider: str
    base_url: str
    """Without a slash at the end; with `/v1` where the protocol has it there."""
    api_key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    compat: JsonObject = field(default_factory=dict[str, Json])
    """The owner's `compat` settings for this provider and model."""
    timeouts: Timeouts = Timeouts()
    place: str = "this machine"
    is_local: bool = True
    """Whether the prompt stays on this machine or in the owner's network."""
    region: str | None = None
    """Where the owner says that it is."""
    within: str | None = None
    """For one call: the region that what is sent must stay in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model as its server or the configuration describes it."""

    model_id: str
    name: str = ""
    window_tokens: int | None = None
    max_output_tokens: int | None = None
    inputs: tuple[str, ...] = ("text",)
    has_tools: bool | None = None
    has_reasoning: bool | None = None
    is_loaded: bool | None = None
    is_remote: bool = False
    """Whether the server hands the prompt on to somebody else, as Ollama does for its cloud models."""


class Wire(Protocol):
    """A protocol that model servers speak."""

    def stream(
        self, request: ModelRequest, at: Endpoint, door: Door, *, reach: Reach, turn: TurnId | None = None
    ) -> AsyncIterator[StreamEvent]:
        """Yield the answer as it comes; `Finished` is the last thing. Closing the iterator cancels on the server.

        Raises:
            ModelCallError: in the failure grammar, also in the middle of a stream.
        """
        ...

    async def list_models(self, at: Endpoint, door: Door) -> tuple[ModelInfo, ...]:
        """Return the models that the server names.

        Raises:
            ModelCallError: when it cannot be asked.
        """
        ...


# --- people -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How something is, in one sentence with a next step when it is not well."""

    is_well: bool
    sentence: str
    hint: str = ""


class Channel(Protocol):
    """A place where people talk to agents."""

    @property
    def has_keys(self) -> bool:
        """Whether the other side drops a second message with the same idempotency key."""
        ...

    def receive(self) -> AsyncIterator[Inbound]:
        """Yield messages as they come in; the next one is asked for when the last is written down."""
        ...

    async def send(self, reply: Reply, *, to: str, idempotency_key: str) -> str:
        """Send a reply and return the other side's id of it.

        Raises:
            ConnectionFailedError: at `Stage.CONNECT` or before when it surely did not arrive; later, nobody knows.
        """
        ...

    async def probe(self) -> Health:
        """Say whether the channel works, without sending anything to anybody."""
        ...


# --- tools --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A piece of memory that fits a question."""

    file: str
    line: int
    text: str
    label: Label


class Memory(Protocol):
    """What the agent keeps: Markdown files are the truth, an index finds in them."""

    async def save(self, text: str, *, label: Label) -> str:
        """Add an entry to today's file and return where it stands (`memory/2026-11-20.md:7`)."""
        ...

    async def search(self, query: str, *, limit: int = 8) -> tuple[Found, ...]:
        """Return the entries that fit best, best first."""
        ...

    async def of_day(self, day: date) -> tuple[Found, ...]:
        """Return what was noted on a day, in its order."""
        ...


class Reminders(Protocol):
    """What will be said at a time."""

    async def add(self, text: str, *, due_at: datetime, session: SessionKey, idempotency_key: str) -> Reminder:
        """Write a reminder down and return it; the same key gives the same reminder."""
        ...

    async def upcoming(self, limit: int = 50) -> tuple[Reminder, ...]:
        """Return what was not said yet, the next one first."""
        ...

    async def cancel(self, reminder_id: str) -> Reminder:
        """Take back what was not said yet, and return it; once more gives the same.

        Raises:
            NotFoundError: when no such reminder waits.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a sandboxed command did."""

    exit_code: int
    stdout: str
    stderr: str
    is_cut: bool
    """Whether output was left out because it was too long."""
    is_timed_out: bool
    elapsed_ms: float
    put_back: tuple[str, ...] = ()
    """Files that steer the agent, which the command changed and which are as they were again."""


class Sandbox(Protocol):
    """A place where commands cannot hurt."""

    @property
    def level(self) -> str:
        """`bubblewrap`, `landlock`, `seatbelt` or `off`."""
        ...

    async def run(self, argv: Sequence[str], *, workspace: Path, timeout_s: float) -> Ran:
        """Run a command with the workspace as its only writable folder and no network.

        Raises:
            ToolFailedError: when no sandbox works here; nothing was run.
        """
        ...
