"""Have the beginning of every prompt read before somebody waits for it: after a load, a restart, a change of it.

Only on engines of this machine and network, with the lowest priority, and given up as soon as somebody comes. A model
that is not loaded is left alone, unless it is the owner's and he wants that (`agents.defaults.warm: "load"`). Servers
that can keep their slots write down what they read, so that after a restart nothing has to be read at all.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from homarus.domain.engines import Ability, Engine, LoadState
from homarus.domain.errors import HomarusError
from homarus.domain.inference import ModelRef, ModelRequest
from homarus.domain.labels import Reach
from homarus.domain.ports import Endpoint
from homarus.models.closing import closing
from homarus.models.dispatch import Priority
from homarus.models.engine_lanes import queue_key
from homarus.models.providers import EMBEDDED
from homarus.models.queue_views import QueueView
from homarus.models.slots import Slots, slot_name, standing_name

LOOK_S = 10.0
_YIELD_S = 0.1


class Desk(Protocol):
    """What warming needs of the desk."""

    def stream(
        self, ref: ModelRef, request: ModelRequest, *, reach: Reach, priority: Priority = Priority.PERSON
    ) -> AsyncIterator[object]:
        """Ask one model."""
        ...

    async def endpoint(self, ref: ModelRef) -> Endpoint:
        """Return where a model is reached."""
        ...


class Engines(Protocol):
    """What was seen of engines."""

    def engine_of(self, ref: ModelRef) -> Engine | None:
        """Return the engine that runs a model, as it was last seen."""
        ...


class Queues(Protocol):
    """Who else wants an engine."""

    def view(self, engine: str) -> QueueView:
        """Return one engine's queue as it is now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """What became of a look."""

    ref: ModelRef
    how: str
    """`read`, `restored` or `given up`."""


class Warmup:
    """Warms the beginning of prompts; `run` is kept alive by the gateway."""

    def __init__(
        self,
        desk: Desk,
        *,
        engines: Engines,
        queues: Queues,
        slots: Slots,
        beginning: Callable[[], Awaitable[ModelRequest | None]],
        mode: Callable[[], str],
    ) -> None:
        """Take the desk and what it sees, and whoever knows how the next prompt begins."""
        self._desk = desk
        self._engines = engines
        self._queues = queues
        self._slots = slots
        self._beginning = beginning
        self._mode = mode
        self._warm: dict[ModelRef, str] = {}

    async def run(self) -> None:
        """Look every now and then."""
        while True:
            await asyncio.sleep(LOOK_S)
            with suppress(HomarusError):
                await self.look()

    async def look(self) -> Warmth | None:
        """Warm the next prompt's beginning when it is cold, its engine is ready and nobody else wants it.

        Raises:
            HomarusError: when the model cannot be asked.
        """
        request = await self._beginning() if self._mode() != "off" else None
        engine = self._engines.engine_of(request.model) if request is not None else None
        if request is None or engine is None or not engine.is_local or not self._may(engine, request.model):
            if request is not None:
                self._warm.pop(request.model, None)
            return None
        served = engine.served(request.model.model_id)
        name = slot_name(request, (served.digest if served is not None else "") + engine.version)
        mark = f"{name} {engine.base_url}"
        queue = self._queue(engine)
        if self._warm.get(request.model) == mark or queue.held or queue.waiting:
            return None
        how = await self._heat(request, engine, name)
        if how != "given up":
            self._warm[request.model] = mark
        return Warmth(ref=request.model, how=how)

    def _may(self, engine: Engine, ref: ModelRef) -> bool:
        served = engine.served(ref.model_id)
        if not engine.is_up or (served is not None and served.is_remote):
            return False
        is_loaded = served is not None and served.state is LoadState.LOADED
        return is_loaded or self._mode() == "load"

    def _queue(self, engine: Engine) -> QueueView:
        return self._queues.view(queue_key(engine.provider, engine.base_url))

    async def _heat(self, request: ModelRequest, engine: Engine, name: str) -> str:
        is_ours = request.model.provider == EMBEDDED
        keeps = Ability.KEEP_SLOTS in engine.abilities or is_ours
        at = await self._desk.endpoint(request.model) if keeps else None
        file = name if is_ours else standing_name(request.model)
        is_restored = at is not None and await self._slots.restore(at, file) > 0
        if is_restored and is_ours:
            return "restored"
        # What another server gave back may be an older beginning: having it read costs only what is new since then.
        if not await self._read(request, engine):
            return "given up"
        if at is not None and await self._slots.save(at, file) and is_ours:
            self._slots.tidy([file])
        return "restored" if is_restored else "read"

    async def _read(self, request: ModelRequest, engine: Engine) -> bool:
        """Have it read; tell whether that came to its end before somebody else wanted the engine."""
        reading = asyncio.ensure_future(self._ask(request))
        try:
            while not (await asyncio.wait({reading}, timeout=_YIELD_S))[0]:
                if self._queue(engine).waiting:
                    return False
            reading.result()
        finally:
            if not reading.done():
                reading.cancel()
                with suppress(asyncio.CancelledError):
                    await reading
        return True

    async def _ask(self, request: ModelRequest) -> None:
        answer = self._desk.stream(request.model, request, reach=Reach.LOCAL_ONLY, priority=Priority.SWARM)
        async with closing(answer) as events:
            async for _event in events:
                pass


def restoring(slots: Slots) -> Callable[[Endpoint], Awaitable[None]]:
    """Return what gives a fresh child of ours back what it had read, before its first request."""

    async def restore(at: Endpoint) -> None:
        for file in slots.ready().glob("homarus-*.slot"):
            await slots.restore(at, file.name)

    return restore
