"""What an agent wants to do, what the house says to it, and what was really done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from homarus.domain.content import Json, JsonObject, ToolCall
from homarus.domain.ids import ApprovalId, CallId, SessionKey, TurnId
from homarus.domain.labels import Label


class Risk(StrEnum):
    """The worst a tool can do, from harmless to anything."""

    READ = "read"
    """Reads what the owner already holds here; changes nothing, tells nobody."""
    REACH = "reach"
    """Asks a machine elsewhere; the address itself can carry something out."""
    WRITE = "write"
    """Changes the owner's own files, memory or reminders; can be undone."""
    ACT = "act"
    """Has an effect elsewhere that cannot be taken back: a mail, a post, an order."""
    RUN = "run"
    """Runs a program."""


class Ruling(StrEnum):
    """The three answers of the house."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the house says to a call, and why."""

    ruling: Ruling
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolTraits:
    """What the policy must know of a tool."""

    name: str
    risk: Risk
    key_arguments: frozenset[str] = frozenset()
    """Arguments that decide where an effect goes: recipient, path, amount, URL, command."""
    is_repeatable: bool = True
    """Whether running it twice with the same idempotency key is the same as once."""
    look_up: str = ""
    """The tool that tells whether a call with some idempotency key has happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCall:
    """A call as the policy sees it: what, by whose words, on whose behalf."""

    call: ToolCall
    traits: ToolTraits
    labels: tuple[Label, ...]
    """Of everything that the context held when the model asked for this."""
    owner_words: str
    """What the owner typed in this turn, and nothing else."""
    is_headless: bool = False
    """Whether nobody waits for an answer: schedules, hooks."""
    fingerprint: str = ""
    """Hash of exactly what will run; an approval is bound to it."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Hashes of the workspace's files that a command names; it runs only while they are the same."""
    most_risk: Risk | None = Risk.RUN
    """The most that the model who asks is trusted with by its driving test; `None`: with nothing, unasked."""


class Decision(StrEnum):
    """What a person said to an approval."""

    ONCE = "once"
    SESSION = "session"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A question to a person that holds a turn."""

    approval_id: ApprovalId
    turn_id: TurnId
    session: SessionKey
    call_id: CallId
    tool: str
    arguments: JsonObject
    """Exactly what will run."""
    fingerprint: str
    because: str
    sources: tuple[str, ...]
    """The untrusted places that the context has read, in words."""
    asked_at: datetime
    expires_at: datetime


class Outcome(StrEnum):
    """What became of a tool call."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """In flight when the house went down, and the receiver knows no keys: shown, never silently repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a tool really did."""

    call_id: CallId
    tool: str
    outcome: Outcome
    summary: str
    """One line in plain words: `Saved a reminder for Fri 20 Nov 2026 12:00 CET`."""
    arguments: JsonObject
    facts: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """What can be checked: bytes written, address asked, due time."""
    elapsed_ms: float = 0.0
    risk: Risk | None = None
    """The worst that the tool can do; only of calls that ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutput:
    """What a tool returns: text for the model with its label, and the facts for the receipt."""

    text: str
    label: Label
    summary: str
    facts: Mapping[str, Json] = field(default_factory=dict[str, Json])
