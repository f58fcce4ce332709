"""What servers in reach say of their models, as the catalog needs it: the watcher's last look, or a new one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from homarus.domain.errors import EgressRefusedError, NotFoundError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.labels import Bounds
from homarus.domain.ports import Endpoint, ModelInfo
from homarus.models.catalog import Candidate, Catalog, Silent, live
from homarus.models.engines.infos import infos
from homarus.models.engines.watch import Watch
from homarus.models.router import goes_too_far

_FRESH_S = 60.0
_DOWN_S = 2.0
"""A server that did not answer is asked again this soon: its owner may be starting it right now."""


class Listings:
    """Brings the catalog together with what the servers say."""

    def __init__(self, watch: Watch, catalog: Callable[[], Catalog]) -> None:
        """Take who looks at servers, and the catalog as it is whenever somebody wants to know."""
        self._watch = watch
        self._catalog = catalog

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
        engine = self._watch.engine(name)
        has_answered = engine is not None and engine.is_up
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

    async def check_reach(self, candidate: Candidate, bounds: Bounds) -> None:
        """Look whether something may go where a model is; only its server knows whether it hands prompts on.

        Raises:
            RefusedError, EgressRefusedError: when it may not.
        """
        now = await self.live(candidate)
        if bounds.allow(is_local=now.is_local, region=now.region):
            return
        if candidate.is_local:
            raise EgressRefusedError(
                _("{model} is not asked: it hands the conversation on to somebody else.").format(model=candidate.ref),
                hint=_("This conversation is private; choose a model that runs here."),
            )
        raise goes_too_far(candidate.ref, now.region, bounds)

    async def ask(self, name: str) -> None:
        """Look at a server: once a minute at the most, after two seconds when it was not there."""
        engine = self._watch.engine(name)
        try:
            await self._watch.look(name, max_age_s=_DOWN_S if engine is not None and not engine.is_up else _FRESH_S)
        except NotFoundError:
            return  # it was taken out of the configuration meanwhile

    def has_answered(self, name: str) -> None:
        """Note that a server answers a prompt: things happen there, and what was not there is."""
        engine = self._watch.engine(name)
        self._watch.stir(name if engine is not None and not engine.is_up else None)

    def _said_by(self, name: str) -> Mapping[str, ModelInfo]:
        engine = self._watch.engine(name)
        return infos(engine) if engine is not None else {}
