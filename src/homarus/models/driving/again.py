"""Try a model anew when its server serves another build of it: in the background, when the engine is idle.

Only where that costs nothing but an idle half minute: never what somebody else computes, and no model has to leave
memory for it.
"""

import asyncio
import logging
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from homarus.domain.errors import HomarusError
from homarus.domain.inference import ModelRef
from homarus.domain.settings import Settings
from homarus.models.engine_lanes import queue_key
from homarus.models.engines.changes import Change
from homarus.models.knowledge import card_key, ref_of

if TYPE_CHECKING:
    from homarus.models.desk import Desk

_LOOK_AGAIN_S = 300.0
_BUSY_S = 20.0
_log = logging.getLogger(__name__)


class Again:
    """Watches the builds of models that have a card."""

    def __init__(self, desk: "Desk", settings: Callable[[], Settings]) -> None:
        """Hear of every engine that is another than it was."""
        self._desk = desk
        self._settings = settings
        self._changed = asyncio.Event()
        self._tried: set[str] = set()
        desk.watch.on_change(self._noticed)

    async def run(self) -> None:
        """Look whenever an engine has changed, and every few minutes, for as long as the house stands."""
        while True:
            is_done = await self.look()
            try:
                async with asyncio.timeout(_LOOK_AGAIN_S if is_done else _BUSY_S):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()

    async def look(self) -> bool:
        """Try what is due and idle, one after another; tell whether nothing is left that waits for an idle engine."""
        if self._settings().models.driving_test != "auto":
            return True
        is_done = True
        for card in self._desk.knowledge.cards():
            ref = ref_of(card.subject)
            if not await self._is_due(ref):
                continue
            if self._is_idle(ref):
                await self._try(ref)
            else:
                is_done = False
        return is_done

    def _noticed(self, _change: Change) -> None:
        self._changed.set()

    async def _is_due(self, ref: ModelRef) -> bool:
        """Whether another build is served than the one that was tried; each new one is tried once."""
        candidate = self._desk.catalog().get(ref)
        if candidate is None or not candidate.is_local:
            return False
        try:
            carded = await self._desk.identity.card(ref)
        except HomarusError:
            return False
        if carded is None or not carded.is_stale or card_key(carded.now) in self._tried:
            return False
        engine = self._desk.watch.engine_of(ref)
        served = engine.served(ref.model_id) if engine is not None else None
        return served is None or not served.is_remote

    def _is_idle(self, ref: ModelRef) -> bool:
        candidate = self._desk.catalog().get(ref)
        at = candidate.endpoint if candidate is not None else None
        key = queue_key(ref.provider, at.base_url if at is not None else "")
        queue = self._desk.dispatch.view(key)
        return not queue.held and not queue.waiting and not self._would_push_out(ref)

    def _would_push_out(self, ref: ModelRef) -> bool:
        """Whether another model is in memory where this one would be loaded."""
        engine = self._desk.watch.engine_of(ref)
        loaded = {model.model_id for model in engine.loaded} if engine is not None else set[str]()
        return bool(engine and loaded and engine.served(ref.model_id) not in engine.loaded)

    async def _try(self, ref: ModelRef) -> None:
        self._tried.add(card_key(await self._desk.identity.subject(ref)))
        await asyncio.to_thread(import_module, "homarus.models.driving.run")  # hardly ever is a model another build
        from homarus.models.driving.run import drive

        try:
            card = await drive(self._desk, ref, quick=True)
        except HomarusError as error:
            _log.warning("%s is another build than the one that was tried, and could not be tried: %s", ref, error)
        else:
            _log.info("%s is another build and was tried anew: %s", ref, card.tool_protocol)
