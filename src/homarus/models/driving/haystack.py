"""Plain text without end, the same for the same seed: what a model must read through to find something in it."""

import random
from collections.abc import Iterator

_WHO = ("The gardener", "A ferryman", "Her cousin", "The night porter", "A clockmaker", "The baker", "Our neighbour")
_DID = ("carried", "repaired", "painted", "counted", "sold", "borrowed", "weighed", "wrapped", "described")
_WHAT = ("seven copper pots", "a crate of plums", "the old bicycle", "two maps", "a blue kettle", "the garden chairs")
_WHERE = ("behind the station", "near the canal", "on the third floor", "under the bridge", "beside the mill")
_WHEN = ("before the rain", "on a Thursday", "after lunch", "while the shop was shut", "in early spring")


def hay(chars: int, *, seed: int) -> str:
    """Return about that many characters of sentences that mean nothing."""
    return " ".join(_sentences(chars, random.Random(seed)))  # noqa: S311 - filler, not a secret


def _sentences(chars: int, dice: random.Random) -> Iterator[str]:
    written = 0
    while written < chars:
        parts = (dice.choice(_WHO), dice.choice(_DID), dice.choice(_WHAT), dice.choice(_WHERE), dice.choice(_WHEN))
        sentence = f"{' '.join(parts)}, {dice.randrange(100, 1000)} steps from home."
        written += len(sentence) + 1
        yield sentence


def buried(needles: dict[float, str], chars: int, *, seed: int) -> list[str]:
    """Return sentences of hay with others among them, each at its depth: zero is the beginning, one the end."""
    straw = list(_sentences(chars, random.Random(seed)))  # noqa: S311 - filler, not a secret
    for depth in sorted(needles, reverse=True):
        straw.insert(round(depth * len(straw)), needles[depth])
    return straw
