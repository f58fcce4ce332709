"""Look for model servers that already run on this machine, quickly and without waking anything up."""

import asyncio
from collections.abc import Iterable

from homarus.domain.errors import NotFoundError
from homarus.domain.marks import ProviderMark
from homarus.models.catalog import Found
from homarus.models.engines.infos import infos
from homarus.models.engines.watch import Watch
from homarus.net.addresses import Zone, place_of

_FRESH_S = 2.0
_AT_MOST_S = 4.0


async def look_around(
    known: Iterable[ProviderMark],
    watch: Watch,
    *,
    taken_addresses: frozenset[str] = frozenset(),
    max_age_s: float = _FRESH_S,
) -> tuple[Found, ...]:
    """Ask the usual addresses on loopback which models they have; what does not answer at once is not there."""
    marks = [
        mark
        for mark in known
        if not mark.is_hosted and place_of(mark.base_url) is Zone.LOOPBACK and mark.base_url not in taken_addresses
    ]

    async def glance(mark: ProviderMark) -> Found | None:
        try:
            async with asyncio.timeout(_AT_MOST_S):
                engine = await watch.look(mark.name, max_age_s=max(max_age_s, _FRESH_S))
        except (NotFoundError, TimeoutError):
            return None
        models = tuple(infos(engine).values())
        return Found(provider=mark.name, models=models) if engine.is_up and models else None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(glance(mark)) for mark in marks]
    return tuple(found for task in tasks if (found := task.result()) is not None)
