"""How fast each model reads and writes on this machine, out of what its server says with every answer.

It is kept between starts, so that the first turn of a fresh gateway already knows how long its prompt will be read.
"""

from dataclasses import replace

from homarus.domain.inference import Finished, ModelRef
from homarus.models.knowledge import Knowledge, Speed

_LEAST_TOKENS = 200
"""Fewer say more about the round trip than about reading."""
_LEAST_WORDS = 16
_NEW_SHARE = 0.3
_SLOWEST, _FASTEST = 0.1, 1_000_000.0


class Pace:
    """Moving averages of tokens read and written per second."""

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        """Take where they are kept; without it they are forgotten with the process."""
        self._knowledge = knowledge or Knowledge()

    async def saw(self, ref: ModelRef, end: Finished) -> None:
        """Learn from an answer whose server told how long it took; what came from a cache was not read."""
        known = self._knowledge.pace(ref) or Speed()
        speed = replace(
            known,
            prefill_tokens_s=_averaged(known.prefill_tokens_s, _read(end)),
            generation_tokens_s=_averaged(known.generation_tokens_s, _written(end)),
        )
        if speed != known:
            await self._knowledge.keep_pace(ref, speed)

    def of(self, ref: ModelRef) -> float | None:
        """Return how many prompt tokens a second a model reads, `None` before it was measured."""
        known = self._knowledge.pace(ref)
        return known.prefill_tokens_s if known is not None else None


def _read(end: Finished) -> float | None:
    read = end.usage.prompt_tokens - end.usage.cached_tokens
    return _believed(read, end.prefill_ms) if read >= _LEAST_TOKENS else None


def _written(end: Finished) -> float | None:
    written = end.usage.completion_tokens
    return _believed(written, end.generation_ms) if written >= _LEAST_WORDS else None


def _believed(tokens: int, in_ms: float | None) -> float | None:
    """Return tokens per second; what no machine does is not believed, because patience is reckoned from it."""
    rate = tokens / in_ms * 1000 if in_ms else 0.0
    return rate if _SLOWEST <= rate <= _FASTEST else None


def _averaged(before: float | None, now: float | None) -> float | None:
    if before is None or now is None:
        return now if before is None else before
    return (1 - _NEW_SHARE) * before + _NEW_SHARE * now
