"""What goes into the queues and comes out: what was seen of an engine, what its owner wants, what is told."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from homarus.models.forecast import Expected
from homarus.models.queueing import Request

SMALLEST = "smallest"
"""In place of a name: the smallest model of each engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """An answer has to wait: for a slot, or for its model."""

    position: int
    """One is next; zero when the slot is there and the model is still loading."""
    expected_wait_s: float | None = None
    """From what answers and loads took so far; `None` while nothing was measured."""
    phase: str = "queued"
    """`queued`, or `loading` while the model is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of an engine; `None` and nothing where it does not say."""

    slots: int | None = None
    """How many requests it takes at once."""
    model_slots: Mapping[str, int] = field(default_factory=dict[str, int])
    loaded: frozenset[str] | None = None
    """The models that can answer at once."""
    max_loaded: int | None = None
    memory_bytes: int | None = None
    """For models, those that are loaded included."""
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    """How much memory models take, bytes."""
    loads_itself: bool = True
    """Whether a request makes it load the model."""
    load: Callable[[str], Awaitable[None]] | None = None
    """Loads a model and returns when it can answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the owner wants of the queues."""

    ageing_s: float = 600.0
    pinned: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Models that stay loaded, by engine."""
    pins_smallest: bool = False
    """Whether the smallest model of each engine stays loaded."""

    def pinned_on(self, engine: str, sizes: Mapping[str, int]) -> frozenset[str]:
        """Return the models that stay loaded on an engine."""
        named = self.pinned.get(engine, frozenset[str]())
        smallest = min(sizes, key=lambda model: sizes[model]) if self.pins_smallest and len(sizes) > 1 else None
        return named if smallest is None else named | {smallest}


@dataclass(frozen=True, slots=True, kw_only=True)
class InLine:
    """Somebody who holds a slot or waits for one."""

    model: str
    priority: str
    since_s: float
    """For how long."""
    position: int = 0
    """Of those who wait; one is next."""
    expected_wait_s: float | None = None

    @classmethod
    def of(cls, request: Request, now: float, expected: Expected | None = None) -> "InLine":
        """Return a request as it is shown."""
        return cls(
            model=request.model,
            priority=request.priority.word,
            since_s=round(max(0.0, now - request.since), 3),
            position=expected.position if expected is not None else 0,
            expected_wait_s=expected.wait_s if expected is not None else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """One engine's queue as it is now."""

    engine: str
    slots: int = 1
    loaded: tuple[str, ...] = ()
    """As far as the queue knows; a look at the server knows better."""
    loading: tuple[str, ...] = ()
    held: tuple[InLine, ...] = ()
    waiting: tuple[InLine, ...] = ()
    """Whoever is next first."""


def plain(model_id: str) -> str:
    """Return a model's id without the tag that means nothing: `name` and `name:latest` are the same to Ollama."""
    return model_id.removesuffix(":latest")
