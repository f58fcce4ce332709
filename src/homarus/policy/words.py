"""Compare arguments with what the owner typed, and find what an argument must not carry out of a tainted context."""

import re
from collections.abc import Iterator, Mapping, Sequence

from homarus.domain.content import Json

_SPACE = re.compile(r"\s+")
_BEFORE = r"(?<![\w@/.:%+~#?&=-])"
_AFTER = r"(?![\w@/%+~-]|[.:?#&=]\w)"
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>\"')\]]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?:/[^\s<>\"')\]]*)?", re.IGNORECASE
)
_ADDRESS = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+")
_NUMBER = re.compile(r"(?<!\w)\+?\d(?:[ ./()-]{0,2}\d){6,}(?!\w)")
_LONG = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}")
_SURELY_LONG = 32
_BLANKS = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")

_AROUND = ".,;:!?\"'()[]*_`\u201c\u201d\u2018\u2019\u2026"
_SMALL = r"(?:at|on|in|by|for|um|am|a las|\u00e0)"
_WHOSE = {"my": "your", "mine": "yours", "me": "you", "i": "you", "i'm": "you're", "myself": "yourself", "am": "are"}


def stands_in(value: Json, words: str) -> bool:
    """Whether a value stands verbatim in the owner's words, as a whole and not as part of a longer one.

    What says nothing (`None`, `False`, empty) stands in any words; `True` in none, because nobody types it.
    """
    if value is None or value is False or value in ("", [], {}):
        return True
    if value is True:
        return False
    if isinstance(value, str):
        return _is_quoted(value, words)
    if isinstance(value, int | float):
        return _is_quoted(repr(value), words)
    return all(stands_in(item, words) for item in _leaves(value))


def is_said(value: Json, words: str) -> bool:
    """Whether a sentence is the owner's own: the same words in the same order, with nothing between them.

    Case, the signs around words and whose they are (`my` said back as `your`) may differ, because models write
    sentences of their own; a word more or less is another sentence.
    """
    if not isinstance(value, str):
        return stands_in(value, words)
    wanted, said = _plain_words(value), _plain_words(words)
    runs = range(len(said) - len(wanted) + 1)
    return bool(wanted) and any(said[start : start + len(wanted)] == wanted for start in runs)


def without(value: str, words: str) -> str:
    """Return the words with a value taken out of them, and the small word before it: `at noon`."""
    return re.sub(rf"(?:\b{_SMALL}\s+)?{re.escape(value.strip())}", " ", words, count=1, flags=re.IGNORECASE)


def _plain_words(text: str) -> list[str]:
    words = (word.strip(_AROUND).casefold() for word in _BLANKS.sub("", text).split())
    return [_WHOSE.get(word, word) for word in words if word]


def foreign(value: Json, words: str) -> tuple[str, ...]:
    """Return the links, addresses, numbers and long secrets in a value that the owner did not type."""
    found: dict[str, None] = {}
    for text in _texts(value):
        plain = _BLANKS.sub("", text)
        for pattern in (_LINK, _ADDRESS, _HOST, _NUMBER, _LONG):
            for match in pattern.finditer(plain):
                piece = match.group().rstrip(".,;:!?")
                if (pattern is not _LONG or _looks_secret(piece)) and not _is_quoted(piece, words):
                    found[piece] = None
            plain = pattern.sub(" ", plain)  # a link is a link, not also the host in it
    return tuple(found)


def _is_quoted(value: str, words: str) -> bool:
    wanted = _SPACE.sub(" ", value.strip()).rstrip("/")
    if not wanted:
        return False
    return re.search(f"{_BEFORE}{re.escape(wanted)}/?{_AFTER}", _SPACE.sub(" ", words)) is not None


def _looks_secret(piece: str) -> bool:
    """Whether a long token is a key rather than a word: it mixes letters and digits, or is very long."""
    has_digit = any(letter.isdigit() for letter in piece)
    has_letter = any(letter.isalpha() for letter in piece)
    return len(piece) >= _SURELY_LONG or (has_digit and has_letter)


def _leaves(value: Sequence[Json] | Mapping[str, Json]) -> Iterator[Json]:
    for key, item in value.items() if isinstance(value, Mapping) else (("", item) for item in value):
        if key:
            yield key
        yield item


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield repr(value)
    elif isinstance(value, Sequence | Mapping):
        for leaf in _leaves(value):
            yield from _texts(leaf)
