"""Look for model servers that already run on this machine, quickly and without waking anything up."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from homarus.domain.errors import HomarusError
from homarus.domain.marks import ProviderMark
from homarus.domain.ports import Door, Endpoint, ModelInfo, Timeouts, Wire
from homarus.models.catalog import Found
from homarus.net.addresses import Zone, place_of

_GLANCE = Timeouts(connect_s=0.3, first_byte_s=1.5, idle_s=1.5)
_AT_MOST_S = 4.0


async def look_around(
    known: Mapping[str, ProviderMark],
    wires: Mapping[str, Wire],
    door: Door,
    *,
    taken_addresses: frozenset[str] = frozenset(),
) -> tuple[Found, ...]:
    """Ask the usual addresses on loopback which models they have; what does not answer at once is not there."""
    marks = [
        mark
        for mark in known.values()
        if not mark.is_hosted and place_of(mark.base_url) is Zone.LOOPBACK and mark.base_url not in taken_addresses
    ]

    async def glance(mark: ProviderMark) -> Found | None:
        at = Endpoint(provider=mark.name, base_url=mark.base_url, timeouts=_GLANCE)
        models = await ask(wires[mark.api], at, door)
        return Found(provider=mark.name, models=models) if models else None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(glance(mark)) for mark in marks]
    return tuple(found for task in tasks if (found := task.result()) is not None)


async def ask(wire: Wire, at: Endpoint, door: Door, *, limit_s: float = _AT_MOST_S) -> tuple[ModelInfo, ...] | None:
    """Return the models that a server names; `None` when it cannot be asked."""
    try:
        async with asyncio.timeout(limit_s):
            return await wire.list_models(at, door)
    except (HomarusError, ExceptionGroup, TimeoutError):
        return None


def quick(at: Endpoint) -> Endpoint:
    """Return an endpoint with the patience of a glance: a listing is no prompt."""
    return replace(at, timeouts=Timeouts(connect_s=1.0, first_byte_s=3.0, idle_s=3.0))
