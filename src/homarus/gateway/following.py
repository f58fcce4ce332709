"""What other gateways write into a shared log, handed on to the parts of this one that keep something in memory."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from homarus.domain.events import Event, Kind
from homarus.domain.ports import Store
from homarus.domain.sharing import Neighbourhood

_LOOK_S = 2.0
"""How often to look without being told: a notice can be lost with a connection."""


class Taker(Protocol):
    """Takes up what is left to do."""

    async def __call__(self) -> object:
        """Look, and do what nobody does."""
        ...


class Following:
    """Reads the log behind everybody who writes it."""

    def __init__(self, store: Store, neighbours: Neighbourhood) -> None:
        self._store = store
        self._neighbours = neighbours
        self._hears: dict[Kind, list[Callable[[Event], object]]] = defaultdict(list)
        self._sweeps: list[Taker] = []
        self._news = asyncio.Event()

    def hear(self, *kinds: Kind, tell: Callable[[Event], object]) -> None:
        """Have something told of each event of these kinds that another process writes."""
        for kind in kinds:
            self._hears[kind].append(tell)

    def sweep(self, take: Taker) -> None:
        """Have something look now and then for what nobody does."""
        self._sweeps.append(take)

    async def run(self) -> None:
        """Follow, until cancelled."""
        self._neighbours.on_news(self._news.set)
        seen, swept_at = await self._store.last_seq(), 0.0
        loop = asyncio.get_running_loop()
        while True:
            self._news.clear()
            while events := await self._store.since(seen, kinds=tuple(self._hears)):
                for event in events:
                    self._tell(event)
                seen = events[-1].seq
            if loop.time() - swept_at > _LOOK_S:
                for take in self._sweeps:
                    await take()
                swept_at = loop.time()
            await self._wait()

    def _tell(self, event: Event) -> None:
        if not self._neighbours.wrote(event.seq):
            for tell in self._hears[event.kind]:
                tell(event)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_S):
                await self._news.wait()
        except TimeoutError:
            return
