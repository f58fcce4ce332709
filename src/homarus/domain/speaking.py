"""What a run asks of models, tools and files: each of it is named by a step, and done once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from homarus.domain.acts import Receipt
from homarus.domain.content import JsonObject
from homarus.domain.inference import Usage
from homarus.domain.jobs import Spent
from homarus.domain.labels import HOUSE, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Text that a model is given to work on; never an order, whatever it says."""

    name: str
    """How the model is told to call it: `mail 3`, `page 2`, `table sales`."""
    text: str
    label: Label
    """Where it comes from and where it may go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question to a model, with everything that it gets."""

    run: str
    step: str
    """Names the turn together with the run: the same two are the same turn, however often the house goes down."""
    text: str
    """What is to be done, in the words of the playbook."""
    role: str = ""
    """Who it is."""
    material: tuple[Material, ...] = ()
    shape: JsonObject | None = None
    """JSON Schema of the answer."""
    model: str | None = None
    """`provider/id`, asked first."""
    tools: tuple[str, ...] = ()
    priority: str = "job"
    max_tokens: int | None = None
    """What is left of the budget."""
    seed: int | None = None
    """For the dice of the model: the same step of a run that is done again throws the same ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a model said."""

    text: str
    model: str
    """`provider/id`"""
    turn: str
    usage: Usage = field(default_factory=Usage)
    spent: Spent = field(default_factory=Spent)
    label: Label = HOUSE
    """Of everything that it had read."""
    receipts: tuple[Receipt, ...] = ()


class Speaking(Protocol):
    """Gets questions to models. A question is a turn whose id derives from run and step."""

    async def __call__(self, ask: Ask) -> Spoken:
        """Return the answer; the same run and step give the same answer, without a second call.

        Raises:
            ModelCallError: when no model answers.
            Parked: while a tool that it wants to use waits for the owner.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a tool by a playbook."""

    run: str
    step: str
    tool: str
    arguments: JsonObject
    idempotency_key: str = ""
    """Handed to the tool in place of `<run>:<step>`."""
    permit: str = ""
    """Why exactly this call may run unasked: `approval ap_12`, `rule r_3`, `self`; empty: it is judged as headless."""
    labels: tuple[Label, ...] = ()
    """Of what the arguments were made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """What a tool did for a playbook."""

    text: str
    label: Label
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolNature:
    """What an effect must know of the tool that makes it."""

    is_known: bool
    keys: frozenset[str] = frozenset()
    """Arguments that decide where an effect goes."""
    is_repeatable: bool = True
    """Whether the other side drops a second call with the same idempotency key."""
    look_up: str = ""
    """The tool that tells whether a call with some idempotency key has happened."""


class Acting(Protocol):
    """Runs tools for playbooks, through the one place where tools run."""

    async def __call__(self, use: Use) -> Did:
        """Use a tool once; a refusal and a failure are in the receipt.

        Raises:
            Parked: while the owner must decide.
        """
        ...

    def nature(self, tool: str) -> ToolNature:
        """Return what kind of tool it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file of the owner, as it was."""

    path: str
    """Absolute."""
    content: bytes
    label: Label


class Files(Protocol):
    """The owner's files."""

    async def read(self, path: str) -> FileRead:
        """Return a file.

        Raises:
            NoDataError: when there is none, it may not be read, or it is too large.
        """
        ...


Progress = Callable[[str, int, int], None]
"""Gets a sentence, how much is done, and of how much."""
