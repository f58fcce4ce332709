"""Which queue a model stands in, and what the queue is told of the engine behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from homarus.domain.engines import Ability, Adapter, Engine, EngineKind, LoadState
from homarus.domain.errors import NotFoundError
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Door, Endpoint
from homarus.domain.settings import DispatchSettings
from homarus.models.catalog import Candidate, Catalog
from homarus.models.compat import Compat
from homarus.models.dispatch import Dispatch
from homarus.models.engines.changes import Change
from homarus.models.providers import EMBEDDED
from homarus.models.queue_views import SMALLEST, QueueView, Seen, Wishes, plain

_MANY_SLOTS = 64
_SWAPPING = frozenset({"lmstudio", "llamacpp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A model, and the queue that stands before its engine."""

    candidate: Candidate
    engine: str
    slots: int
    is_swapping: bool
    """Whether its server is of a kind that unloads one model for another."""

    @classmethod
    def of(cls, candidate: Candidate) -> "Lane":
        """Return the lane of a model."""
        at = candidate.endpoint
        is_ollama = candidate.api == "ollama" or candidate.ref.provider == "ollama"
        return cls(
            candidate=candidate,
            engine=queue_key(candidate.ref.provider, at.base_url if at is not None else ""),
            slots=_slots(candidate),
            is_swapping=at is not None and at.is_local and (is_ollama or candidate.ref.provider in _SWAPPING),
        )


def queue_key(provider: str, base_url: str) -> str:
    """Return the name of an engine's queue: one server has one, under whatever provider or protocol it is asked."""
    return (urlsplit(base_url).netloc if provider != EMBEDDED else "") or provider


def queue_of(dispatch: Dispatch, engine: Engine) -> QueueView:
    """Return the queue before an engine, as it is now."""
    return dispatch.view(queue_key(engine.provider, engine.base_url))


def wishes_of(settings: DispatchSettings, models: Catalog) -> Wishes:
    """Return what the owner wants of the queues; a name that nobody knows pins nothing."""
    pinned: dict[str, frozenset[str]] = {}
    for name in settings.keep_loaded:
        if name == SMALLEST:
            continue
        try:
            lane = Lane.of(models.find(name))
        except NotFoundError:
            continue
        model = plain(lane.candidate.ref.model_id)
        pinned[lane.engine] = pinned.get(lane.engine, frozenset[str]()) | {model}
    return Wishes(ageing_s=settings.ageing_s, pinned=pinned, pins_smallest=SMALLEST in settings.keep_loaded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Tells the queues what a look at an engine has shown."""

    dispatch: Dispatch
    endpoint: Callable[[str], Endpoint | None]
    """Where a provider is reached."""
    adapter_for: Callable[[EngineKind], Adapter]
    door: Door
    context: Callable[[ModelRef], Awaitable[int | None]]
    """With which context a model is loaded, where that is chosen by who loads it."""

    def __call__(self, change: Change) -> None:
        """Follow a change."""
        engine = change.engine
        at = self.endpoint(engine.provider)
        if engine.kind is EngineKind.EMBEDDED or at is None or not at.is_local:
            return
        load: Callable[[str], Awaitable[None]] | None = None
        if Ability.LOAD in engine.abilities and len(engine.models) > 1:
            load = partial(self._load, engine.kind, at)
        key = queue_key(engine.provider, engine.base_url)
        self.dispatch.sees(key, seen(engine, slots=_said_slots(at), load=load))

    async def _load(self, kind: EngineKind, at: Endpoint, model_id: str) -> None:
        """Load a model with the context that requests for it will ask for, so that none of them loads it again."""
        window_tokens = await self.context(ModelRef(provider=at.provider, model_id=model_id))
        await self.adapter_for(kind).load(at, self.door, model_id, window_tokens=window_tokens)


def seen(engine: Engine, *, slots: int | None = None, load: Callable[[str], Awaitable[None]] | None = None) -> Seen:
    """Return what a queue needs to know of an engine; `slots` is what its owner says."""
    is_told = slots is None and engine.kind is not EngineKind.OLLAMA  # which never says how many it has
    states = {model.state for model in engine.models}
    loaded = frozenset(plain(model.model_id) for model in engine.loaded)
    knows = not engine.is_up or bool(states - {LoadState.UNKNOWN})
    is_one = len(engine.models) <= 1  # by whatever name it is asked
    sizes = {plain(model.model_id): model.size_bytes for model in engine.models if model.size_bytes}
    in_use = sum(sizes.get(model, 0) for model in loaded)
    free = engine.memory_free_bytes
    return Seen(
        slots=slots or (engine.slots if is_told else None),
        model_slots={plain(model.model_id): model.slots for model in engine.models if model.slots and is_told},
        loaded=loaded if knows and not is_one else None,
        max_loaded=None if is_one else engine.max_loaded,
        memory_bytes=None if is_one or not sizes else in_use + free if free is not None else engine.memory_total_bytes,
        sizes=sizes,
        load=load,
    )


def _slots(candidate: Candidate) -> int:
    """Return how many requests an engine can take at once: what the owner says, else what is usual for its kind."""
    said = _said_slots(candidate.endpoint)
    if said is not None:
        return said
    if candidate.is_embedded or candidate.api == "ollama" or candidate.ref.provider == "llamacpp":
        return 1
    if candidate.ref.provider == "lmstudio":
        return 4
    return _MANY_SLOTS


def _said_slots(at: Endpoint | None) -> int | None:
    said = Compat.of(at).raw.get("slots") if at is not None else None
    return said if isinstance(said, int) and said > 0 else None
