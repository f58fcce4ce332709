"""Tell whether a context has read words that may not steer, and name the places they came from."""

from collections.abc import Iterable

from homarus.domain.labels import Label, Origin

_CLEAN = frozenset({Origin.OWNER, Origin.HOUSE, Origin.MODEL})
"""The model's own words are as clean as what it read, and everything it read has a label of its own."""


def untrusted(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return the labels of words that are neither the owner's nor the house's, each once, in order."""
    return tuple(dict.fromkeys(label for label in labels if label.origin not in _CLEAN))


def is_tainted(labels: Iterable[Label]) -> bool:
    """Whether something untrusted was read."""
    return any(label.origin not in _CLEAN for label in labels)


def sources(labels: Iterable[Label]) -> tuple[str, ...]:
    """Return the untrusted places in words, each once."""
    return tuple(dict.fromkeys(label.source or label.origin.value for label in untrusted(labels)))
