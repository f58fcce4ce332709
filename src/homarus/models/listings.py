"""What servers in reach say of their models: asked once a minute, and sooner when they did not answer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from homarus.domain.inference import ModelRef
from homarus.domain.ports import Door, Endpoint, ModelInfo, Wire
from homarus.models.catalog import Candidate, Catalog, Silent, live
from homarus.models.found import ask, quick

_FRESH_S = 60.0
_DOWN_S = 2.0
"""A server that did not answer is asked again this soon: its owner may be starting it right now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    models: Mapping[str, ModelInfo]
    at: float
    has_answered: bool


class Listings:
    """Asks servers for their models, and remembers what they said."""

    def __init__(
        self, wires: Mapping[str, Wire], door: Door, catalog: Callable[[], Catalog], clock: Callable[[], float]
    ) -> None:
        """Take the ways to ask, and the catalog as it is whenever somebody wants to know."""
        self._wires = wires
        self._door = door
        self._catalog = catalog
        self._clock = clock
        self._listed: dict[str, _Listed] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def stocked(self, models: Catalog) -> Catalog:
        """Return a catalog with the models of configured servers in reach for which the owner wrote none down."""
        added: list[Candidate] = []
        silent: list[Silent] = []
        for provider in models.providers.values():
            if not provider.is_configured or provider.models or provider.endpoint is None:
                continue
            if not provider.endpoint.is_local:
                continue
            await self.ask(provider.name)
            said = sorted(self._said_by(provider.name).values(), key=lambda info: info.is_loaded is False)
            if not said:
                silent.append(self._silent(provider.name, provider.endpoint))
            for ref in (ModelRef(provider=provider.name, model_id=info.model_id) for info in said):
                candidate = models.get(ref)
                if candidate is not None and not candidate.is_listed:
                    added.append(await self.live(replace(candidate, is_listed=True)))
        if not added and not silent:
            return models
        return replace(models, candidates=(*models.candidates, *added), silent=tuple(silent))

    def _silent(self, name: str, at: Endpoint) -> Silent:
        kept = self._listed.get(name)
        has_answered = kept is not None and kept.has_answered
        return Silent(provider=name, place=urlsplit(at.base_url).netloc, has_answered=has_answered)

    async def live(self, candidate: Candidate) -> Candidate:
        """Return a candidate with what its server says, where a server in reach can be asked."""
        at = candidate.endpoint
        if at is None or not at.is_local:
            return candidate
        await self.ask(candidate.ref.provider)
        said = self._said_by(candidate.ref.provider)
        info = said.get(candidate.ref.model_id) or said.get(f"{candidate.ref.model_id}:latest")
        return candidate if info is None else live(candidate, info)

    async def ask(self, name: str) -> None:
        """Ask a server what it has: once a minute, after two seconds when it was not there, only once at a time."""
        lock = self._asking.setdefault(name, asyncio.Lock())  # held while one listing is under way
        async with lock:
            kept = self._listed.get(name)
            if kept is not None and self._clock() - kept.at < (_FRESH_S if kept.has_answered else _DOWN_S):
                return
            provider = self._catalog().providers.get(name)
            models: tuple[ModelInfo, ...] | None = ()
            if provider is not None and provider.endpoint is not None:
                models = await ask(self._wires[provider.api], quick(provider.endpoint), self._door)
            self._listed[name] = _Listed(
                models={info.model_id: info for info in models or ()},
                at=self._clock(),
                has_answered=models is not None,
            )

    def has_answered(self, name: str) -> None:
        """Forget that a server did not answer."""
        kept = self._listed.get(name)
        if kept is not None and not kept.has_answered:
            del self._listed[name]

    def _said_by(self, name: str) -> Mapping[str, ModelInfo]:
        kept = self._listed.get(name)
        return kept.models if kept is not None else {}
