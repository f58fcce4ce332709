"""Let agents talk to the desk: the same questions in the words of two rooms that do not know each other's types."""

from collections.abc import AsyncGenerator, Callable

from homarus.agent.rooms import Build, Held, Replaced, Turn
from homarus.domain.inference import ModelRef, StreamEvent
from homarus.domain.labels import Reach
from homarus.domain.settings import Settings
from homarus.domain.turns import Route
from homarus.models.closing import closing
from homarus.models.desk import Desk
from homarus.models.dispatch import Priority, Queued
from homarus.models.failover import Switched
from homarus.models.profile import Profile
from homarus.models.router import RouteAsk


class AgentModels:
    """Implements `agent.rooms.Models` over the desk."""

    def __init__(self, desk: Desk, settings: Callable[[], Settings]) -> None:
        self._desk = desk
        self._settings = settings

    async def choose(self, turn: Turn, *, needs_images: bool, reach: Reach, prompt_tokens: int) -> Route:
        """Return the model for a turn, and why.

        Raises:
            HomarusError: with a hint, when none can be used.
        """
        return await self._desk.choose(
            RouteAsk(
                choice=turn.agent.model,
                image_choice=self._settings().agents.defaults.image_model,
                selected=turn.selected,
                explicit=turn.inbound.model,
                needs_images=needs_images,
                reach=reach,
                prompt_tokens=prompt_tokens,
            )
        )

    async def profile(self, ref: ModelRef) -> Profile:
        """Return what is known of a model."""
        return await self._desk.profile(ref)

    async def answer(
        self, route: Route, build: Build, *, turn: Turn, reach: Reach
    ) -> AsyncGenerator[StreamEvent | Held | Replaced]:
        """Ask the route's model, then its fallbacks.

        Raises:
            ModelCallError: when nobody answered; context overflow at once.
        """
        priority = Priority.of(turn.priority)
        events = self._desk.answer(route, build, reach=reach, turn=turn.turn_id, priority=priority)
        async with closing(events) as told:
            async for event in told:
                if isinstance(event, Queued):
                    yield Held(position=event.position, expected_wait_s=event.expected_wait_s, phase=event.phase)
                elif isinstance(event, Switched):
                    yield Replaced(failed=event.failed, to=event.to, because=event.because, failure=event.failure)
                else:
                    yield event


class KnownModels:
    """Names of models for slash commands."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def names(self) -> tuple[str, ...]:
        """Return `provider/id` of every model that can be used."""
        return tuple(str(candidate.ref) for candidate in await self._desk.listing() if candidate.unusable is None)

    async def resolve(self, name: str) -> ModelRef:
        """Return the model that a name or an alias stands for.

        Raises:
            NotFoundError: with the nearest names, when there is none.
        """
        return self._desk.catalog().find(name).ref
