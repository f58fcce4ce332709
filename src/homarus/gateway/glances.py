"""Look at model servers one by one, and remember the last look."""

from typing import TYPE_CHECKING

from homarus.domain.engines import Adapter, Engine, EngineKind
from homarus.domain.ports import Door, Endpoint
from homarus.models.engines.adapters import adapter_for
from homarus.models.engines.embedded import Child, EmbeddedAdapter
from homarus.models.engines.recognise import recognise

if TYPE_CHECKING:
    from homarus.models.desk import Desk

EMBEDDED = "embedded"


class Glances:
    """Implements `engines.Watching` without a background."""

    def __init__(self, desk: "Desk", door: Door, child: Child | None, *, window_tokens: int = 4096) -> None:
        """Take the catalog, the way out, and the built-in engine if there is one."""
        self._desk = desk
        self._door = door
        self._child = child
        self._window_tokens = window_tokens
        self._seen: dict[str, Engine] = {}

    def engines(self) -> tuple[Engine, ...]:
        """Return every engine as it was found last."""
        return tuple(self._seen.values())

    async def look(self, provider: str) -> Engine:
        """Return an engine as it is now."""
        if provider == EMBEDDED and self._child is not None:
            at = Endpoint(provider=EMBEDDED, base_url="")
            self._seen[provider] = await self.adapter(EngineKind.EMBEDDED).look(at, self._door)
            return self._seen[provider]
        known = self._desk.catalog().providers.get(provider)
        if known is None or known.endpoint is None:
            raise self._desk.catalog().unknown(provider)
        kind = await recognise(known.endpoint, self._door) or EngineKind.GENERIC
        self._seen[provider] = await self.adapter(kind).look(known.endpoint, self._door)
        return self._seen[provider]

    def adapter(self, kind: EngineKind) -> Adapter:
        """Return how a kind of server is told what to do."""
        if kind is EngineKind.EMBEDDED and self._child is not None:
            return EmbeddedAdapter(self._child, window_tokens=lambda: self._window_tokens)
        return adapter_for(kind)
