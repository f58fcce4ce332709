"""Keep an eye on the engines in reach: what each has loaded, how, and whether it is there at all.

A look costs a few requests that load nothing and keep nothing awake. Servers of this machine are looked at every 15 s
while something happens, every two minutes else; those of the network only while something happens, because each look
leaves this machine; hosted ones never, unless a person asks.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from homarus.domain.engines import Adapter, Engine, EngineKind
from homarus.domain.errors import EgressRefusedError, HomarusError, ModelCallError, NotFoundError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Door, Endpoint, Wire
from homarus.models.engines.adapters import adapter_for
from homarus.models.engines.believed import believed
from homarus.models.engines.changes import Callback, change
from homarus.models.engines.recognise import kind_of
from homarus.models.engines.talk import down, root_of
from homarus.models.providers import EMBEDDED, Provider
from homarus.net.addresses import Zone, place_of

_LOG = logging.getLogger(__name__)
LOOK_S = 15.0
LAN_LOOK_S = 60.0
IDLE_LOOK_S = 120.0
ACTIVE_FOR_S = 300.0
_FIRST_RETRY_S = 2.0
_LOOK_LIMIT_S = 8.0
_ABSURD = (ArithmeticError, LookupError, TypeError, ValueError)
"""What reading an answer raises that no server should give; one that does must not blind us to the others."""
_EMBEDDED_AT = Endpoint(provider=EMBEDDED, base_url="")


@dataclass(slots=True)
class _Eye:
    """What is known of one provider's server."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while a look is under way
    engine: Engine | None = None
    at: float = -math.inf
    failures: int = 0
    base_url: str = ""
    kind: EngineKind | None = None


class Watch:
    """The last look at every engine, and the next one."""

    def __init__(
        self,
        providers: Callable[[], Mapping[str, Provider]],
        door: Door,
        *,
        wires: Mapping[str, Wire],
        foreign: frozenset[str] = frozenset(),
        watched: Callable[[], frozenset[str]] = frozenset,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the providers as they are now, and the names of those that are looked at without being asked.

        `foreign` are protocols that a plugin brought: they may know how to ask servers that we cannot.
        """
        self._providers = providers
        self._door = door
        self._wires = wires
        self._foreign = foreign
        self._watched = watched
        self._clock = clock
        self._eyes: dict[str, _Eye] = {}
        self._adapters: dict[EngineKind, Adapter] = {}
        self._callbacks: list[Callback] = []
        self._stirred = -math.inf
        self._began = clock()
        self._wake = asyncio.Event()

    # --- what is known ---

    def engines(self) -> tuple[Engine, ...]:
        """Return every engine as it was at the last look; what nobody configured only while it is there."""
        watched = self._watched() | {EMBEDDED}
        seen = (eye.engine for eye in self._eyes.values() if eye.engine is not None)
        return tuple(engine for engine in seen if engine.is_up or engine.provider in watched)

    def engine(self, provider: str) -> Engine | None:
        """Return an engine as it was at the last look, if there was one at this address."""
        eye = self._eyes.get(provider)
        found = self._providers().get(provider)
        if eye is None:
            return None
        is_moved = found is not None and found.endpoint is not None and found.endpoint.base_url != eye.base_url
        return None if is_moved else eye.engine

    def engine_of(self, ref: ModelRef) -> Engine | None:
        """Return the engine that runs a model, as it was at the last look."""
        return self.engine(ref.provider)

    def adapter_for(self, kind: EngineKind) -> Adapter:
        """Return how a kind of engine is told what to do; the built-in one included, once it was added."""
        found = self._adapters.get(kind)
        if found is None:
            found = self._adapters[kind] = adapter_for(kind)
        return found

    # --- looking ---

    async def look(self, provider: str, *, max_age_s: float = 0.0) -> Engine:
        """Return an engine as it is now, or as it was at most so long ago; whoever asks meanwhile gets the same look.

        Raises:
            NotFoundError: when there is no such provider, or it has no address.
        """
        at = self._endpoint(provider)
        eye = self._eyes.setdefault(provider, _Eye())
        asked_at = self._clock()
        async with eye.lock:
            is_same = eye.base_url == at.base_url
            if eye.engine is not None and is_same and eye.at >= asked_at - max_age_s and eye.at > -math.inf:
                return eye.engine
            if not is_same:
                eye.engine, eye.kind, eye.base_url = None, None, at.base_url
            return self._saw(eye, await self._look(eye, at))

    async def look_all(self, *, max_age_s: float = 0.0) -> tuple[Engine, ...]:
        """Look at everything in reach now, or so long ago: what is watched, and the built-in engine."""
        built_in = {EMBEDDED} if EngineKind.EMBEDDED in self._adapters else set[str]()
        async with asyncio.TaskGroup() as group:
            for name in self._watched() | built_in:
                group.create_task(self._look_quietly(name, max_age_s))
        return self.engines()

    def stir(self, provider: str | None = None) -> None:
        """Note that something happens: engines are looked at more often for a while; a named one failed or changed."""
        was_idle = self._clock() - self._stirred > ACTIVE_FOR_S
        self._stirred = self._clock()
        eye = self._eyes.get(provider) if provider is not None else None
        if eye is not None:
            eye.at = -math.inf
        if was_idle or eye is not None:
            self._wake.set()

    # --- living ---

    def add(self, adapter: Adapter) -> None:
        """Take the built-in engine in; it is asked in this process, and never watched in the background."""
        self._adapters[EngineKind.EMBEDDED] = adapter

    def on_change(self, callback: Callback) -> None:
        """Call somebody whenever an engine is another than before; must not block or raise."""
        self._callbacks.append(callback)

    async def run(self) -> None:
        """Look again and again, for as long as the house stands."""
        while True:
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            async with asyncio.TaskGroup() as group:
                for name in self._watched():
                    if self._due_in_s(name) <= 0:
                        group.create_task(self._look_quietly(name))

    # --- inside ---

    def _endpoint(self, name: str) -> Endpoint:
        if name == EMBEDDED and EngineKind.EMBEDDED in self._adapters:
            return _EMBEDDED_AT
        found = self._providers().get(name)
        if found is None or found.endpoint is None:
            unusable = found.unusable if found is not None else None
            because = unusable.because if unusable is not None else _("nobody named it")
            raise NotFoundError(
                _("There is no model server {name!r}: {because}.").format(name=name, because=because),
                hint=_("`homarus models list` shows what there is."),
            )
        return found.endpoint

    async def _look(self, eye: _Eye, at: Endpoint) -> Engine:
        try:
            async with asyncio.timeout(_LOOK_LIMIT_S):
                adapter = await self._adapter(eye, at)
                return believed(await adapter.look(at, self._door))
        except TimeoutError:
            return _silent(at, eye.kind or EngineKind.GENERIC)
        except _ABSURD as error:
            return _babbling(at, eye.kind or EngineKind.GENERIC, error)
        except (ModelCallError, EgressRefusedError) as error:
            return down(at, eye.kind or EngineKind.GENERIC, error)
        except ExceptionGroup as failed:
            first = failed.exceptions[0]
            if isinstance(first, _ABSURD):
                return _babbling(at, eye.kind or EngineKind.GENERIC, first)
            if not isinstance(first, HomarusError):
                raise
            return replace(_silent(at, eye.kind or EngineKind.GENERIC), because=first.message, hint=first.hint)

    async def _adapter(self, eye: _Eye, at: Endpoint) -> Adapter:
        if at.provider == EMBEDDED and EngineKind.EMBEDDED in self._adapters:
            return self._adapters[EngineKind.EMBEDDED]
        api = self._providers()[at.provider].api
        generic = adapter_for(EngineKind.GENERIC, self._wires.get(api))
        if not at.is_local:
            return generic
        if api == "ollama" and api not in self._foreign:
            eye.kind = EngineKind.OLLAMA
        elif eye.kind is None or eye.failures:
            try:
                eye.kind = await kind_of(at, self._door, guess=eye.kind)
            except ModelCallError:
                if api in self._foreign:
                    return generic
                raise
        return generic if eye.kind is EngineKind.GENERIC else self.adapter_for(eye.kind)

    def _saw(self, eye: _Eye, engine: Engine) -> Engine:
        """Keep a look, and tell who wants to know; what changed there is looked at again soon."""
        before, eye.engine, eye.at = eye.engine, engine, self._clock()
        eye.failures = 0 if engine.is_up else eye.failures + 1
        changed = change(engine, before)
        if changed is not None:
            if changed.news:
                self._stirred = self._clock()
            for callback in self._callbacks:
                callback(changed)
        return engine

    async def _look_quietly(self, name: str, max_age_s: float = 0.0) -> None:
        try:
            await self.look(name, max_age_s=max_age_s)
        except NotFoundError:
            self._eyes.pop(name, None)  # it was taken out of the configuration meanwhile

    def _pause_s(self) -> float:
        return max(0.05, min((self._due_in_s(name) for name in self._watched()), default=IDLE_LOOK_S))

    def _due_in_s(self, name: str) -> float:
        provider = self._providers().get(name)
        if provider is None or provider.endpoint is None:
            return IDLE_LOOK_S
        eye = self._eyes.get(name)
        is_active = self._clock() - self._stirred <= ACTIVE_FOR_S
        if is_active and eye is None:
            return 0.0
        is_here = place_of(provider.endpoint.base_url) is Zone.LOOPBACK
        every_s = rhythm_s(is_active=is_active, is_here=is_here, failures=eye.failures if eye is not None else 0)
        if every_s is None:
            return IDLE_LOOK_S
        is_new = eye is None or (eye.at == -math.inf and not is_active)
        return (self._began if is_new or eye is None else eye.at) + every_s - self._clock()


def rhythm_s(*, is_active: bool, is_here: bool, failures: int = 0) -> float | None:
    """Return how long to wait between two looks at a server; nothing when it is not looked at."""
    if not is_active:
        return IDLE_LOOK_S if is_here else None
    usual_s = LOOK_S if is_here else LAN_LOOK_S
    return min(usual_s * 4, _FIRST_RETRY_S * 2 ** min(failures - 1, 5)) if failures else usual_s


def _silent(at: Endpoint, kind: EngineKind) -> Engine:
    return Engine(
        provider=at.provider,
        kind=kind,
        base_url=at.base_url,
        place=at.place,
        is_local=at.is_local,
        is_up=False,
        because=_("{place} takes connections and says nothing.").format(place=root_of(at.base_url)),
        hint=_("It may be busy with a long prompt on one thread, or hang: look into its log."),
    )


def _babbling(at: Endpoint, kind: EngineKind, error: Exception) -> Engine:
    _LOG.warning("what %s says of itself cannot be read: %s: %s", at.provider, type(error).__name__, error)
    return replace(
        _silent(at, kind),
        because=_("What {place} says of itself cannot be understood.").format(place=root_of(at.base_url)),
        hint=_("Is it a model server, and a version that is known? Look into its log."),
    )
