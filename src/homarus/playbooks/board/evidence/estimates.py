"""Intervals of estimates: Wilson for shares, bootstrap for means of few values, the normal one for many."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964
"""Of a 95 % interval."""
_ROUNDS = 500
FEW = 30
"""Fewer rows than that are a small sample, and said to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a value may lie, with 95 % confidence."""

    low: float
    high: float

    def is_apart(self, other: "Interval") -> bool:
        """Whether two estimates surely differ: their intervals share nothing."""
        return self.low > other.high or other.low > self.high


def wilson(hits: float, tries: float) -> Interval:
    """Return the interval of a share; E. B. Wilson, "Probable inference", JASA 22 (1927), 209-212."""
    if tries <= 0:
        return Interval(low=0.0, high=1.0)
    share = min(max(hits / tries, 0.0), 1.0)
    bottom = 1 + _Z**2 / tries
    middle = (share + _Z**2 / (2 * tries)) / bottom
    reach = _Z * math.sqrt(share * (1 - share) / tries + _Z**2 / (4 * tries**2)) / bottom
    return Interval(low=max(middle - reach, 0.0), high=min(middle + reach, 1.0))


def bootstrapped(values: Sequence[float], *, seed: str) -> Interval:
    """Return the interval of a mean by drawing again and again; the same for the same seed."""
    if not values:
        return Interval(low=0.0, high=0.0)
    chance = random.Random(seed)  # noqa: S311 - statistics, no secret
    means = sorted(math.fsum(chance.choices(values, k=len(values))) / len(values) for _round in range(_ROUNDS))
    return Interval(low=means[int(_ROUNDS * 0.025)], high=means[int(_ROUNDS * 0.975)])


def normal(mean: float, deviation: float, count: int) -> Interval:
    """Return the interval of a mean of many values."""
    reach = _Z * deviation / math.sqrt(max(count, 1))
    return Interval(low=mean - reach, high=mean + reach)
