"""One message in, one reply out, and everything a watcher sees between."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from homarus.domain.acts import Approval, Receipt
from homarus.domain.content import JsonObject, Part
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.inference import ModelRef, Timings, Usage
from homarus.domain.labels import OWNER, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A turn that is part of a run, or given by another agent: nobody waits, and it knows only what it gets."""

    run: str
    """The run that it belongs to; of a sub-agent in a chat, the turn."""
    step: str
    depth: int = 0
    """How many agents are above it."""
    role: str = ""
    """Who it is, in place of the workspace files; a sub-agent gets a minimal prompt."""
    shape: JsonObject | None = None
    """JSON Schema that the answer must follow."""
    tools: tuple[str, ...] = ()
    """All that it may use; never more than whoever gave it."""
    labels: tuple[Label, ...] = ()
    """Of what whoever gave it had read."""
    max_tokens: int | None = None
    """What is left of the budget."""
    seed: int | None = None
    """For the dice of the model: of a run that is done again, the same step throws the same ones."""
    is_headless: bool = True
    """Whether nobody can be asked; a sub-agent in a chat may ask whoever sits there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message as it came in, before anything is done with it."""

    channel: str
    """`web`, `cli`, `api`, `telegram` ..."""
    external_id: str
    """The sender's id of this message; (channel, external_id) is accepted once."""
    session: SessionKey
    agent: AgentId
    text: str
    """What the sender typed."""
    label: Label = OWNER
    attachments: tuple[Part, ...] = ()
    """Pipes, files, pictures; always untrusted."""
    model: ModelRef | None = None
    """The sender's own choice; strict, no fallback."""
    reply_to: str = ""
    """Where the channel sends the reply: a chat id; empty for web, cli and api."""
    retry_of: TurnId | None = None
    priority: str = "person"
    """How soon its model calls come: `person`, or `job`, `heartbeat`, `swarm` for what nobody sits and waits for."""
    sender: str = ""
    """The id by which the channel knows who wrote, one that nobody can choose or change; never a name that is shown."""
    sender_name: str = ""
    """What the sender calls itself; shown to the owner, and never compared with anything."""
    errand: Errand | None = None
    """Of turns that no person began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A candidate that was not asked, or did not answer, and why."""

    model: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which model answers and why."""

    model: ModelRef
    because: str
    place: str
    """`this machine`, `your network` or the host name of whoever else sees the prompt."""
    instead_of: str = ""
    """The owner's first choice, when another one answers: `provider/id`, or a name that nobody knows."""
    fallbacks: tuple[ModelRef, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a person gets. It has no field for reasoning, so reasoning cannot leak."""

    turn_id: TurnId
    session: SessionKey
    text: str
    route: Route | None
    usage: Usage = field(default_factory=Usage)
    timings: Timings = field(default_factory=Timings)
    receipts: tuple[Receipt, ...] = ()
    notices: tuple[str, ...] = ()
    """Said by the house, not the model: a fallback answered, the answer was cut, quotes only."""
    is_error: bool = False
    hint: str = ""
    """The next step, when something went wrong."""
    failure: str = ""
    """How a model server failed, for programs: a `Failure`; empty when it was something else, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Moment: some more of the answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """Moment: some more of the reasoning, for faces that fold it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted:
    """Moment: what was said so far does not count, another model starts over."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Moment: why nothing is said yet."""

    phase: str
    """`queued`, `loading`, `reading`, `tool`, `approval`."""
    detail: str = ""
    done: int = 0
    total: int = 0
    is_estimated: bool = False
    """Whether `done` and `total` are reckoned and not told by the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Moment: which model answers."""

    route: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Moment: a tool was run, refused or failed."""

    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Moment: a person must decide."""

    approval: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Moment: a sentence of the house."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Moment: the reply is written; always the last one."""

    reply: Reply


Moment: TypeAlias = Said | Thought | Retracted | Waiting | Routed | Acted | Asked | Noticed | Ended
"""What happens during a turn, held in memory only; the facts are in the event log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Something to say to the owner at a time."""

    reminder_id: str
    session: SessionKey
    text: str
    due_at: datetime
    """With a time zone."""
    zone: str
    """IANA name, for showing the time as the owner reads clocks."""
