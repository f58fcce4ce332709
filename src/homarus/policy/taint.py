"""Tell whether a context has read words that may not steer, and name the places they came from."""

from collections.abc import Iterable

from homarus.domain.labels import Label


def untrusted(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return the labels of words that are neither the owner's nor the house's, each once, in order."""
    return tuple(dict.fromkeys(label for label in labels if not label.is_clean))


def is_tainted(labels: Iterable[Label]) -> bool:
    """Whether something untrusted was read."""
    return any(not label.is_clean for label in labels)


def sources(labels: Iterable[Label]) -> tuple[str, ...]:
    """Return the untrusted places in words, each once."""
    return tuple(dict.fromkeys(label.source or label.origin.value for label in untrusted(labels)))
