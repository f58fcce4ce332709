"""Compare arguments with what the owner typed, and find what an argument must not carry out of a tainted context."""

import re
from collections.abc import Iterator, Mapping, Sequence

from homarus.domain.content import Json

_SPACE = re.compile(r"\s+")
_GLUE = re.compile(r"[\w@/.:%+~#?&=-]")
_AFTER = re.compile(r"(?![\w@/%+~-]|[.:?#&=]\w)")
# No pattern below may look at a letter more than a bounded number of times: a model writes what they search in.
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]{0,30}://|www\.)[^\s<>\"')\]]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?:/[^\s<>\"')\]]*)?", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?<![^\s@<>\"',;])[^\s@<>\"',;]+@[^\s@<>\"',;]+")
_NUMBER = re.compile(r"(?<!\w)\+?\d(?:[ ./()-]{0,2}\d){6,}(?!\w)")
_LONG = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}")
_SURELY_LONG = 32
_MOST_CHARS = 100_000
_MOST_LOOKS = 1_000
_MOST_PIECES = 2_000
_ENOUGH = 20
_MOST_STEPS = 5_000_000
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
        return _is_quoted(value, _SPACE.sub(" ", words))
    if isinstance(value, int | float):
        return _is_quoted(repr(value), _SPACE.sub(" ", words))
    return all(stands_in(item, words) for item in _leaves(value))


def is_said(value: Json, words: str) -> bool:
    """Whether a sentence is the owner's own: the same words in the same order, with nothing between them.

    Case, the signs around words and whose they are (`my` said back as `your`) may differ, because models write
    sentences of their own; a word more or less is another sentence.
    """
    if not isinstance(value, str):
        return stands_in(value, words)
    wanted, said = (f" {' '.join(_plain_words(text))} " for text in (value, words))
    return bool(wanted.strip()) and wanted in said


def without(value: str, words: str) -> str:
    """Return the words with a value taken out of them, and the small word before it: `at noon`."""
    if len(value) * len(words) > _MOST_STEPS:
        return words
    return re.sub(rf"(?:\b{_SMALL}\s+)?{re.escape(value.strip())}", " ", words, count=1, flags=re.IGNORECASE)


def _plain_words(text: str) -> list[str]:
    words = (word.strip(_AROUND).casefold() for word in _BLANKS.sub("", text).split())
    return [_WHOSE.get(word, word) for word in words if word]


def is_checkable(value: Json) -> bool:
    """Whether a value is short enough to look for foreign pieces in it while everybody waits."""
    return sum(map(len, _texts(value))) <= _MOST_CHARS


def foreign(value: Json, words: str) -> tuple[str, ...]:
    """Return links, addresses, numbers and long secrets in a value that the owner did not type; the first are enough.

    What is too long to be checked is foreign as a whole.
    """
    if not is_checkable(value):
        return tuple(text[:_SURELY_LONG] for text in _texts(value) if text)[:_ENOUGH]
    said = _SPACE.sub(" ", words)
    seen: set[str] = set()
    found: list[str] = []
    for piece in _pieces(value):
        if piece in seen:
            continue
        seen.add(piece)
        if len(seen) > _MOST_PIECES or not _is_quoted(piece, said):
            found.append(piece)
        if len(found) >= _ENOUGH:
            break
    return tuple(found)


def _pieces(value: Json) -> Iterator[str]:
    for text in _texts(value):
        plain = _BLANKS.sub("", text)
        for pattern in (_LINK, _ADDRESS, _HOST, _NUMBER, _LONG):
            for match in pattern.finditer(plain):
                piece = match.group().rstrip(".,;:!?")
                if pattern is not _LONG or _looks_secret(piece):
                    yield piece
            plain = pattern.sub(" ", plain)  # a link is a link, not also the host in it


def _is_quoted(value: str, words: str) -> bool:
    """Whether words, in which each white space is one blank, hold a value as a whole."""
    wanted = _SPACE.sub(" ", value.strip()).rstrip("/")
    start = words.find(wanted) if wanted else -1
    for _look in range(_MOST_LOOKS):
        if start < 0:
            return False
        end = start + len(wanted)
        is_whole = _AFTER.match(words, end) or (words.startswith("/", end) and _AFTER.match(words, end + 1))
        if is_whole and not _GLUE.match(words[start - 1 : start]):
            return True
        start = words.find(wanted, start + 1)
    return False


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
