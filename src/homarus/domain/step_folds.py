"""Which steps of a run are shown as one line: the many that do the same, each to another thing."""

from collections.abc import Sequence
from dataclasses import dataclass

FEW = 3
"""So many of a kind still stand one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFold:
    """Steps that are shown as one line, or a single one."""

    word: str
    """What their names begin with: `claim` of `claim:growth-1`."""
    places: tuple[int, ...]
    """Where they are among all steps."""

    @property
    def is_folded(self) -> bool:
        """Whether it stands for many."""
        return len(self.places) > 1


def folds_of(keys: Sequence[str]) -> tuple[StepFold, ...]:
    """Return the steps in the order in which the first of each kind stands; more than a few of a kind are one fold."""
    kinds: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        kinds.setdefault(word_of(key), []).append(place)
    folds = [
        StepFold(word=word, places=part)
        for word, places in kinds.items()
        for part in ([tuple(places)] if len(places) > FEW else [(place,) for place in places])
    ]
    return tuple(sorted(folds, key=lambda fold: fold.places[0]))


def word_of(key: str) -> str:
    """Return the first word of a step's name: `read` of `read:shop:5dfad9`."""
    return key.partition(":")[0]
