"""Ask the desk of the models room in the words of a turn."""

from collections.abc import AsyncGenerator

from homarus.agent.rooms import Build, Held, Profile, Replaced, Turn
from homarus.domain.inference import ModelRef, StreamEvent
from homarus.domain.labels import Reach
from homarus.domain.turns import Route
from homarus.models.announcing import announce
from homarus.models.closing import closing
from homarus.models.desk import Desk
from homarus.models.dispatch import Priority, Takes
from homarus.models.router import RouteAsk


class DeskModels:
    """The `Models` of a gateway: routes, queues and failover are the desk's."""

    def __init__(self, desk: Desk) -> None:
        """Stand before a desk."""
        self._desk = desk

    async def choose(self, turn: Turn, *, needs_images: bool, reach: Reach, prompt_tokens: int) -> Route:
        """Return the model for a turn, and why.

        Raises:
            HomarusError: with a hint, when none can be used.
        """
        wanted = RouteAsk(
            choice=turn.agent.model,
            image_choice=turn.agent.image_model,
            selected=turn.selected,
            explicit=turn.inbound.model,
            needs_images=needs_images,
            reach=reach,
            region=turn.region,
            is_headless=turn.is_headless,
            prompt_tokens=prompt_tokens,
        )
        return await self._desk.choose(wanted)

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
        asked = self._desk.answer(route, build, reach=reach, region=turn.region, turn=turn.turn_id, priority=priority)
        async with closing(asked) as events:
            async for event in events:
                yield event

    def announce(self, ref: ModelRef) -> None:
        """Say that a model will be wanted soon."""
        announce(self._desk, ref, takes=Takes.ROOM)
