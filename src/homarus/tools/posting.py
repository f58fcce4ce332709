"""Posts to come: what each network would take, what it would refuse, and what each costs."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from homarus.tools.tables import table_of

LIMITS: Mapping[str, int] = {"bluesky": 300, "mastodon": 500, "x": 280, "linkedin": 3_000, "threads": 500}
"""Characters: graphemes at Bluesky, weighted ones at X, the default of a Mastodon server."""
PRICED_AT = "2026-11-20"
PRICES_USD: Mapping[str, Mapping[str, float]] = {
    "x": {"plain": 0.015, "link": 0.200},
    "bluesky": {"plain": 0.0, "link": 0.0},
    "mastodon": {"plain": 0.0, "link": 0.0},
}
"""What a post through the network's API costs, on the day above.
Source: https://docs.x.com/x-api/getting-started/pricing.md; Bluesky and Mastodon take nothing."""
_LINK = re.compile(r"https?://\S+")
_LINK_CHARS = 23
"""What a link counts at Mastodon and X, however long it is."""
_NARROW = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""What counts as one character at X; the rest as two. Source: twitter-text, configuration v3."""
_PARTS = ((0xFE00, 0xFE0F), (0x1F3FB, 0x1F3FF), (0xE0020, 0xE007F))
_JOINER = "\u200d"
_MOST_POSTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post to come."""

    network: str
    at: str
    text: str
    length: int
    limit: int
    cost_usd: float | None
    """`None` where nobody here knows."""
    problem: str = ""


def posts(text: str) -> tuple[Post, ...]:
    """Return the posts of a queue: CSV with `network`, `text` and, if any, `at`."""
    names, *rows = table_of(text.lstrip("\ufeff")) or [[]]
    found: list[Post] = []
    for row in rows:
        cells = {name.strip().lower(): value.strip() for name, value in zip(names, row, strict=False)}
        network, words = cells.get("network", "").lower(), cells.get("text", "")
        if (network or words) and len(found) < _MOST_POSTS:
            found.append(checked(network, words, at=cells.get("at", "")))
    return tuple(found)


def checked(network: str, text: str, *, at: str = "") -> Post:
    """Return a post with its length, its price, and what is wrong with it."""
    length, limit = length_at(network, text), LIMITS.get(network, 0)
    problem = ""
    if network not in LIMITS:
        problem = f"{network or 'no network'} is not a network that is known"
    elif not text:
        problem = "it has no text"
    elif length > limit:
        problem = f"{length - limit} characters too long"
    prices = PRICES_USD.get(network)
    cost = (prices["link"] if _LINK.search(text) else prices["plain"]) if prices else None
    return Post(network=network, at=at, text=text, length=length, limit=limit, cost_usd=cost, problem=problem)


def length_at(network: str, text: str) -> int:
    """Return how long a text is as a network counts it."""
    if network == "bluesky":
        return graphemes(text)
    if network == "mastodon":
        return graphemes(_LINK.sub("x" * _LINK_CHARS, text))
    if network == "x":
        bare = unicodedata.normalize("NFC", _LINK.sub("x" * _LINK_CHARS, text))
        return sum(1 if any(low <= ord(sign) <= high for low, high in _NARROW) else 2 for sign in bare)
    return len(text)


def graphemes(text: str) -> int:
    """Count what a reader sees as one sign: marks, joined emoji, flags and skin tones belong to what they follow."""
    count, previous, flags = 0, "", 0
    for sign in text:
        flags = flags + 1 if "\U0001f1e6" <= sign <= "\U0001f1ff" else 0
        is_part = _JOINER in {sign, previous} or _follows(sign) or (flags and flags % 2 == 0)
        is_part = is_part or (sign == "\n" and previous == "\r")
        count += not (is_part and previous)
        previous = sign
    return count


def _follows(sign: str) -> bool:
    """Tell whether it belongs to the sign before: accents, skin tones, variants, tags."""
    code = ord(sign)
    return unicodedata.category(sign) in {"Mn", "Me", "Mc"} or any(low <= code <= high for low, high in _PARTS)


def total_usd(queue: Sequence[Post]) -> float:
    """Return what the whole queue costs, as far as it is known."""
    return round(sum(post.cost_usd or 0.0 for post in queue if not post.problem), 3)
