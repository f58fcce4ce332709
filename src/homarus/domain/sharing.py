"""What processes that share one house ask of what they share: who does what, so that nothing is done twice."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from homarus.domain.events import Event
from homarus.domain.ids import SessionKey


class Leases(Protocol):
    """What one process holds among the others, for as long as it lives: a session, a channel, a reply to send."""

    async def take(self, name: str) -> bool:
        """Hold something, unless another living process does; tell whether it is held."""
        ...

    async def release(self, name: str) -> None:
        """Let go of something."""
        ...

    async def take_session(self, session: SessionKey) -> tuple[Event, ...] | None:
        """Hold a session and return what is to be done in it, `None` when another living process has it.

        These are the `inbound.accepted` events of turns that wait or were left in the middle, oldest first.
        """
        ...

    async def release_session(self, session: SessionKey) -> tuple[Event, ...]:
        """Let go of a session unless something is to be done in it, and return that."""
        ...

    async def left_turns(self) -> tuple[Event, ...]:
        """Return the `inbound.accepted` events of turns that nobody has, although something is to be done."""
        ...


class EnginePlace(Protocol):
    """A place in the line before a model server that several processes ask."""

    def wait(self) -> AsyncIterator[int]:
        """Line up, and yield how many come before, again when that changes, until a slot is held."""
        ...

    def leave(self) -> None:
        """Give the slot or the place back; does not wait until the others know."""
        ...


class EnginePlaces(Protocol):
    """The lines before model servers: all processes of the house together ask no more than there are slots."""

    def place(self, engine: str, *, slots: int, priority: int, model: str, is_swapping: bool) -> EnginePlace | None:
        """Return a place before an engine, `None` where each process has one of its own or there is no end of slots.

        The smaller the priority, the sooner. `is_swapping` says that the engine keeps one model loaded.
        """
        ...


class Neighbourhood(Protocol):
    """The other processes of the house."""

    @property
    def leases(self) -> Leases:
        """What this process holds."""
        ...

    def wrote(self, seq: int) -> bool:
        """Whether an event was written by this process, in this life of it."""
        ...

    def on_news(self, tell: Callable[[], None]) -> None:
        """Have something called whenever somebody has written events."""
        ...

    def on_reborn(self, tell: Callable[[], None]) -> None:
        """Have something called when the others have taken over what this process held."""
        ...
