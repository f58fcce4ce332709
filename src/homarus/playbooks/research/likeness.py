"""Tell texts that are nearly the same: a 64-bit simhash over pairs of words, and stories made of what is alike.

Source: Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+")
_LANE_BITS = 32
_LANE = (1 << _LANE_BITS) - 1
_LANES = tuple(sum((byte >> bit & 1) << bit * _LANE_BITS for bit in range(8)) for byte in range(256))
"""Each byte with its bits set apart, so that eight of them are counted in one addition."""
ALIKE_BITS = 12
"""How many bits may differ: edited copies of a press release differ in up to ten, other texts in twenty and more."""
_SHORT_WORDS = 12
_SHORT_BITS = 5
"""Short texts have few features, so that fewer bits may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What is kept of a text to compare it."""

    bits: int
    words: int
    figures: frozenset[str] = frozenset()
    """The same words with other figures are another story."""


def print_of(text: str) -> Print:
    """Return the simhash of a text."""
    words = _WORD.findall(text.casefold())
    pairs = [f"{one} {other}" for one, other in pairwise(words)] or words
    sums = [0] * 8
    for pair in pairs:
        for place, byte in enumerate(hashlib.blake2b(pair.encode(), digest_size=8).digest()):
            sums[place] += _LANES[byte]
    bits = 0
    for place, total in enumerate(sums):
        for bit in range(8):
            ones = total >> bit * _LANE_BITS & _LANE
            bits |= (2 * ones > len(pairs)) << place * 8 + bit
    figures = frozenset(word for word in words if word.isdecimal())
    return Print(bits=bits, words=len(words), figures=figures)


def are_alike(one: Print, other: Print) -> bool:
    """Say whether two texts are nearly the same."""
    if not one.words or not other.words:
        return False
    if max(one.words, other.words) > 2 * min(one.words, other.words):
        return False
    if len(one.figures & other.figures) * 2 < len(one.figures | other.figures):
        return False
    allowed = _SHORT_BITS if min(one.words, other.words) < _SHORT_WORDS else ALIKE_BITS
    return (one.bits ^ other.bits).bit_count() <= allowed


def stories(prints: Sequence[Print]) -> list[int]:
    """Return for each text the number of the first one that is like it: its story."""
    firsts: list[int] = []
    of: list[int] = []
    for number, mark in enumerate(prints):
        story = next((first for first in firsts if are_alike(prints[first], mark)), number)
        if story == number:
            firsts.append(number)
        of.append(story)
    return of
