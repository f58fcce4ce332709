"""How fast each model reads on this machine, out of what its server says with every answer."""

from homarus.domain.inference import Finished, ModelRef

_LEAST_TOKENS = 200
"""Fewer say more about the round trip than about reading."""
_NEW_SHARE = 0.3


class Pace:
    """Moving averages of prompt tokens read per second; held in memory, they are there again after an answer or two."""

    def __init__(self) -> None:
        self._rates: dict[ModelRef, float] = {}

    def saw(self, ref: ModelRef, end: Finished) -> None:
        """Learn from an answer whose server told how long it read; what came from a cache was not read."""
        read = end.usage.prompt_tokens - end.usage.cached_tokens
        if not end.prefill_ms or read < _LEAST_TOKENS:
            return
        rate = read / end.prefill_ms * 1000
        before = self._rates.get(ref)
        self._rates[ref] = rate if before is None else (1 - _NEW_SHARE) * before + _NEW_SHARE * rate

    def of(self, ref: ModelRef) -> float | None:
        """Return how many prompt tokens a second a model reads, `None` before it was measured."""
        return self._rates.get(ref)
