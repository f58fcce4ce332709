"""How sure a difference is: intervals for rates and their differences, and days that fall out of their row."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

Z = 1.96
"""Of 95 percent."""
_FEWEST_DAYS = 6
_FAR = 3.5
"""Robust z from which a day is out of its row: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993."""
_MAD = 0.6745
_SMALLEST_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share, with its interval."""

    hits: float
    of: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much a share moved, in points, with its interval."""

    points: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether nought is outside of the interval."""
        return self.low > 0 or self.high < 0


def rate(hits: float, of: float) -> Rate | None:
    """Return a share with its Wilson interval; `None` when there is nothing to divide by or more hits than tries.

    Source: Wilson, JASA 22 (1927) 209-212.
    """
    if of <= 0 or hits < 0 or hits > of:
        return None
    share = hits / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z * sqrt(share * (1 - share) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    return Rate(hits=hits, of=of, share=share, low=max(middle - half, 0.0), high=min(middle + half, 1.0))


def difference(now: Rate, before: Rate) -> Difference:
    """Return how a share moved. Source: Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10."""
    points = now.share - before.share
    low = points - sqrt((now.share - now.low) ** 2 + (before.high - before.share) ** 2)
    high = points + sqrt((now.high - now.share) ** 2 + (before.share - before.low) ** 2)
    return Difference(points=points, low=low, high=high)


def outliers(values: Sequence[float]) -> tuple[int, ...]:
    """Return the places of values that fall out of their row; none when there are too few to say."""
    if len(values) < _FEWEST_DAYS:
        return ()
    middle = median(values)
    spread = median(abs(value - middle) for value in values)
    floor = max(spread, abs(middle) * _SMALLEST_SHARE)
    if not floor:
        return ()
    return tuple(at for at, value in enumerate(values) if abs(_MAD * (value - middle) / floor) > _FAR)
