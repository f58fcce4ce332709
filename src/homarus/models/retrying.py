"""How often the same model is asked again before the next one gets its turn, and how long is waited in between.

The figures are those of OpenClaw's later generation: ten attempts at a rate limit with at most thirty seconds between
them, eight at other things that pass by themselves. While another model stands ready there is one quick try and no
more: a person would rather be answered by that one.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from homarus.domain.errors import Failure, HomarusError, ModelCallError

_BROKEN = frozenset({Failure.CUT_OFF, Failure.BAD_ANSWER, Failure.SERVER_ERROR})
"""Asked again at once; the same words three times in a row are no accident."""
_BUSY = frozenset({Failure.OVERLOADED, Failure.FIRST_TOKEN_TIMEOUT, Failure.STALLED, Failure.CONNECT_TIMEOUT})
_GONE = frozenset({Failure.SERVER_DOWN})
_STEPS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 16.0)
_RATE_ATTEMPTS = 10
_RATE_CAP_S = 30.0
_SAME_WORDS = 3
_QUICK_S = 4.0
_LOADING_S = 2.0
_LOADING_FOR_S = 75.0
"""A model is loaded within this or its server says so for ever; some read tens of gigabytes from a disk."""
PERSON_PATIENCE_S = 60.0
JOB_PATIENCE_S = 90.0


def _spread(pause_s: float) -> float:
    """Return a pause that is not the same for everybody who was turned away in the same moment."""
    return pause_s * random.uniform(0.75, 1.0)  # noqa: S311 - nobody gains anything by guessing it


@dataclass(slots=True, kw_only=True)
class Retries:
    """What is known of one model in one turn."""

    has_next: bool
    """Whether another model stands ready."""
    patience_s: float = PERSON_PATIENCE_S
    """How long may be waited altogether."""
    is_watched: bool = True
    """Whether a person waits: a server that is not there is told at once then, and a job waits for it to come back."""
    spread: Callable[[float], float] = _spread
    waited_s: float = 0.0
    rate_limited: int = 0
    loading_s: float = 0.0
    retries: int = 0
    words: list[str] = field(default_factory=list[str])

    def pause_s(self, error: HomarusError) -> float | None:
        """Return how long to wait before the same model is asked again; `None` when it is not."""
        failure = error.failure if isinstance(error, ModelCallError) else None
        if failure is Failure.LOADING:
            return self._loading()
        if failure is Failure.RATE_LIMITED and isinstance(error, ModelCallError):
            return self._within(self._rate_limited(error.retry_after_s))
        if failure is Failure.OVERLOADED and isinstance(error, ModelCallError):
            return self._within(self._transient(error.retry_after_s))
        if failure in _BROKEN:
            return self._within(self._broken(error.message))
        may_wait = failure in _BUSY or (failure in _GONE and not self.is_watched)
        return self._within(self._transient(None)) if may_wait and not self.has_next else None

    def took(self, elapsed_s: float) -> None:
        """Note how long an attempt took before it failed: that was waiting, too."""
        self.waited_s += elapsed_s

    def _loading(self) -> float | None:
        self.loading_s += _LOADING_S
        limit_s = min(_LOADING_FOR_S, max(self.patience_s, _LOADING_S))
        return _LOADING_S if self.loading_s <= (limit_s / 2 if self.has_next else limit_s) else None

    def _rate_limited(self, asked_for_s: float | None) -> float | None:
        self.rate_limited += 1
        if self.has_next:
            quick = asked_for_s if asked_for_s is not None else 1.0
            return quick if self.rate_limited == 1 and quick <= _QUICK_S else None
        if self.rate_limited >= _RATE_ATTEMPTS:
            return None
        if asked_for_s is not None:
            return asked_for_s  # what the server asks for is not shortened: asking sooner only makes it longer
        return self.spread(min(2.0 ** (self.rate_limited - 1), _RATE_CAP_S))

    def _transient(self, asked_for_s: float | None) -> float | None:
        if self.has_next:
            quick = asked_for_s if asked_for_s is not None else 1.0
            self.retries += 1
            return quick if self.retries == 1 and quick <= _QUICK_S else None
        if self.retries >= len(_STEPS_S):
            return None
        self.retries += 1
        return max(self.spread(_STEPS_S[self.retries - 1]), asked_for_s or 0.0)

    def _broken(self, words: str) -> float | None:
        self.words.append(words)
        is_stubborn = len(self.words) >= _SAME_WORDS and len(set(self.words[-_SAME_WORDS:])) == 1
        if self.has_next:
            return 0.0 if len(self.words) == 1 else None
        if is_stubborn or self.retries >= len(_STEPS_S):
            return None
        self.retries += 1
        return 0.0 if self.retries == 1 else self.spread(_STEPS_S[self.retries - 2])

    def _within(self, pause_s: float | None) -> float | None:
        """Return a pause that the patience has room for, and note it."""
        if pause_s is None or self.waited_s + pause_s > self.patience_s:
            return None
        self.waited_s += pause_s
        return pause_s
