"""The tools that agents can use here, and the sandbox they run in: found once, offered anew when settings change."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from homarus.domain.ports import Sandbox
from homarus.domain.settings import Settings
from homarus.gateway.discover import Discovery
from homarus.tools.offer import Offer, ToolFunction, offered, own_tools, without_account

if TYPE_CHECKING:
    from homarus.tools.sandbox import FoundSandbox


class Toolbox:
    """Knows the tools of this house."""

    def __init__(self, discovery: Discovery, settings: Callable[[], Settings]) -> None:
        self._discovery = discovery
        self._settings = settings
        self._finding: asyncio.Task[FoundSandbox] | None = None
        self._functions: dict[frozenset[str], tuple[ToolFunction, ...]] = {}
        """By what is left out because it has no account."""
        self._made: tuple[Settings, Offer] | None = None

    async def sandbox(self) -> Sandbox:
        """Return the strictest sandbox that works here; it is looked for once."""
        return (await self.found()).sandbox

    async def found(self) -> "FoundSandbox":
        """Return the sandbox and what was tried before it was taken."""
        if self._finding is None:
            self._finding = asyncio.create_task(_look())
        return await asyncio.shield(self._finding)

    async def warm(self) -> None:
        """Look for the sandbox before somebody waits for it."""
        await self.offer()

    async def offer(self) -> Offer:
        """Return the tools for the settings as they are now, and why others are left out."""
        settings = self._settings()
        if self._made is None or self._made[0] is not settings:
            sandbox = await self.sandbox()
            self._made = (settings, offered(self._all(settings), settings, sandbox_level=sandbox.level))
        return self._made[1]

    def _all(self, settings: Settings) -> tuple[ToolFunction, ...]:
        without = without_account(settings)
        if without not in self._functions:
            own = own_tools()
            names = {tool.spec.name: tool.function for tool in self._discovery.tools(without=without).values()}
            further = [function for function in names.values() if function not in own]
            self._functions[without] = (*own, *further)
        return self._functions[without]


async def _look() -> "FoundSandbox":
    from homarus.tools.sandbox import find_sandbox

    return await find_sandbox()
