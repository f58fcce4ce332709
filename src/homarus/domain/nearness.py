"""The names that somebody may have meant who typed one that is none."""

from collections.abc import Iterable


def nearest(typed: str, known: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return the known names that are like a typed one, the nearest first, whatever their case; never itself."""
    from difflib import get_close_matches

    by_lower = {name.lower(): name for name in known if name != typed}
    return [by_lower[word] for word in get_close_matches(typed.lower(), by_lower, n=most, cutoff=cutoff)]
