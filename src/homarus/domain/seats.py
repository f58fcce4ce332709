"""What a channel of ours gets from the house besides its settings, and what it may offer beyond the contract."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from homarus.domain.acts import Approval, Decision
from homarus.domain.ids import ApprovalId
from homarus.domain.ports import Blobs, Door
from homarus.domain.turns import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Somebody pressed a button under a question."""

    sender: str
    """By the immutable id; only the owner's counts."""
    approval_id: ApprovalId
    fingerprint: str
    """As much of it as the button carries: the answer holds for that call alone."""
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """What came of a press."""

    sentence: str
    """For whoever pressed."""
    is_settled: bool
    """Whether nothing is left to press there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What the house lends a channel; a class whose `__init__` takes a `seat` besides its settings gets one."""

    name: str
    door: Door
    blobs: Blobs
    press: Callable[[Pressed], Awaitable[Pressing]]
    """Carry out what a button says, and say what came of it."""
    knows: Callable[[str, bool], Awaitable[bool]]
    """Whether a sender, in a group (true) or directly, is anybody's business here; nothing is fetched for strangers."""


@runtime_checkable
class Asking(Protocol):
    """A channel that can show a question with buttons."""

    async def ask(self, question: Reply, approval: Approval, *, to: str, idempotency_key: str) -> str:
        """Show a question and return the other side's id of it; errors are as of `Channel.send`."""
        ...


@runtime_checkable
class Lively(Protocol):
    """A channel that can show that an answer is being worked on."""

    async def working(self, to: str) -> None:
        """Show it for some seconds; called again while the work goes on."""
        ...


@runtime_checkable
class Greeting(Protocol):
    """A channel where a stranger can be told how to be let in."""

    @property
    def greets_strangers(self) -> bool:
        """Whether a stranger who writes is told a code; never where that would answer anybody's mail."""
        ...
