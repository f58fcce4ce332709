"""Who gets a slot of a model server next, over all processes: people first, then by what is loaded, then by arrival."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

AGEING_US: Final = 600_000_000
"""Whoever waits longer than this is not passed any more by those whose model happens to be loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A place in the line before an engine."""

    place: int
    priority: int
    """The smaller, the sooner."""
    slots: int
    """How many the engine has, as its process knows it."""
    model: str
    is_swapping: bool
    """Whether the engine keeps one model loaded."""
    since_us: int
    is_held: bool


def granted(line: Sequence[Row], *, now_us: int) -> tuple[int, ...]:
    """Return the places that get a slot now."""
    held = [row for row in line if row.is_held]
    waiting = [row for row in line if not row.is_held]
    found: list[int] = []
    while (row := _next(waiting, held, now_us)) is not None:
        waiting.remove(row)
        held.append(replace(row, is_held=True))
        found.append(row.place)
    return tuple(found)


def _next(waiting: Sequence[Row], held: Sequence[Row], now_us: int) -> Row | None:
    if not waiting:
        return None
    loaded = {row.model for row in held}

    def order(row: Row) -> tuple[int, bool, bool, int]:
        is_old = now_us - row.since_us > AGEING_US
        return (row.priority, not is_old, not is_old and row.model not in loaded, row.place)

    # Whoever is first and cannot go holds up the rest: a slot that becomes free is theirs.
    first = min(waiting, key=order)
    is_other = first.is_swapping and bool(loaded - {first.model})
    return first if len(held) < first.slots and not is_other else None
