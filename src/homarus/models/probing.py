"""Look whether local servers are there before a job begins that nobody watches: better skipped than failed for minutes.

A look counts for five minutes per endpoint, as in OpenClaw's later generation; servers that are started on demand and
hosted ones are not probed.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Protocol

from homarus.domain.engines import Engine
from homarus.domain.i18n import _
from homarus.models.providers import Provider

FRESH_S = 300.0


class Eyes(Protocol):
    """Whoever can look at a server."""

    async def look(self, provider: str, *, max_age_s: float = 0.0) -> Engine:
        """Return an engine as it was at most so long ago."""
        ...


async def down(
    providers: Mapping[str, Provider],
    eyes: Eyes,
    *,
    startable: Collection[str],
) -> Mapping[str, str]:
    """Return why configured servers in reach cannot be asked now, by provider."""
    near = [
        provider.name
        for provider in providers.values()
        if provider.is_configured and provider.endpoint is not None and provider.endpoint.is_local
    ]
    found: dict[str, str] = {}

    async def look(name: str) -> None:
        engine = await eyes.look(name, max_age_s=FRESH_S)
        if not engine.is_up:
            found[name] = engine.because or _("its server does not answer")

    async with asyncio.TaskGroup() as group:
        for name in near:
            if name not in startable:
                group.create_task(look(name))
    return found
