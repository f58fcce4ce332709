"""Which build of a model its server says that it serves: names stay when files are exchanged, digests do not."""

from collections.abc import Callable
from dataclasses import dataclass

from homarus.domain.engines import Engine, ServedModel
from homarus.domain.inference import ModelRef


@dataclass(frozen=True, slots=True)
class Builds:
    """Models as their servers told of them at the last look; nobody is asked for it."""

    engine_of: Callable[[ModelRef], Engine | None]

    def served(self, ref: ModelRef) -> ServedModel | None:
        """Return a model as its server tells it."""
        engine = self.engine_of(ref)
        return engine.served(ref.model_id) if engine is not None else None

    def digest(self, ref: ModelRef) -> str:
        """Return the digest of a model; empty when nobody knows."""
        served = self.served(ref)
        return served.digest if served is not None else ""
