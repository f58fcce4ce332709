"""Clean what a model says, while it streams and after: no thoughts, no silent tokens, no half of a tool call."""

import json
import re
from collections.abc import Iterable

from homarus.domain.silence import SILENT, without_tokens
from homarus.models.spoken import mark_at, may_become_call

_MOST_HELD_CHARS = 160
"""A model that only says N must not be held back for ever because NO_REPLY begins so."""
_OPEN, _CLOSE = "<think>", "</think>"
_BEGINS = ("<TOOL_CALL", "<FUNCTION=", "[TOOL_CALLS]", "<|PYTHON_TAG|>", "<|TOOL_CALL", "<INVOKE ")
_STAMP_AT_END = re.compile(r"\s*\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d [\w/+-]+, [\w-]+\]\s*\Z")


def without_thoughts(text: str) -> str:
    """Return a text without `<think>` blocks, also when one was never opened or never closed."""
    while (start := text.find(_OPEN)) >= 0:
        end = text.find(_CLOSE, start)
        text = text[:start] + (text[end + len(_CLOSE) :] if end >= 0 else "")
    return text.rpartition(_CLOSE)[2].strip() if _CLOSE in text else text.strip()


def without_silence(text: str) -> str:
    """Return a text without the tokens that mean silence, and without an echo of our stamp; empty when that was all."""
    return _STAMP_AT_END.sub("", without_tokens(text)).strip()


def is_json(text: str) -> bool:
    """Whether an answer is data that somebody asked for, in which nothing is to be tidied."""
    plain = text.strip()
    if plain[:1] not in ("{", "["):
        return False
    try:
        json.loads(plain)
    except (ValueError, RecursionError):
        return False
    return True


class Sieve:
    """Lets a stream of text through as soon as it is sure to be part of the answer."""

    def __init__(self, offered: Iterable[str]) -> None:
        """Hold back what could become a call of one of these tools."""
        self._offered = tuple(offered)
        self._held = ""
        self._is_open = False
        self._is_thinking = False
        self._is_call = False
        """Whether a call has begun after some words: what follows is decided at the end."""

    def feed(self, text: str) -> str:
        """Return what may be shown now."""
        self._held += text
        if self._is_call:
            return ""
        if self._is_thinking:
            return self._after_thoughts()
        if not self._is_open:
            plain = self._held.lstrip()
            if plain.startswith(_OPEN):
                self._is_thinking = True
                return self._after_thoughts()
            if self._is_undecided(plain):
                return ""
            self._is_open = True
            self._held = plain
        return self._let_through()

    def _is_undecided(self, plain: str) -> bool:
        if not plain or _OPEN.startswith(plain):
            return True
        upper = plain.upper()
        if any(token.startswith(upper) or upper.startswith(token) for token in SILENT):
            return True
        return bool(self._offered) and may_become_call(plain, self._offered)

    def _after_thoughts(self) -> str:
        _before, closed, rest = self._held.partition(_CLOSE)
        if not closed:
            return ""
        self._is_thinking = False
        self._held = ""
        return self.feed(rest)

    def _let_through(self) -> str:
        """Show all but an end that may be the beginning of a mark, and the blanks before it."""
        if self._offered and (place := mark_at(self._held)) is not None:
            shown, self._held = self._held[:place].rstrip(), self._held[place:]
            self._is_call = True
            return shown
        before, opened, after = self._held.partition(_OPEN)
        end = _surely(before if opened else self._held, _BEGINS if self._offered else ())
        shown, self._held = self._held[:end], self._held[end:]
        if opened:
            self._is_thinking, self._held = True, opened + after
            return shown + self._after_thoughts()
        return shown


def _surely(text: str, marks: tuple[str, ...] = ()) -> int:
    """Return how much of a text is surely part of the answer, whatever comes next."""
    sure = text.rstrip()
    while len(text) - len(sure) < _MOST_HELD_CHARS and (
        keep := max(_overlap(sure.upper(), mark) for mark in (*SILENT, _OPEN.upper(), *marks))
    ):
        sure = sure[: len(sure) - keep].rstrip()
    return len(sure)


def _overlap(text: str, mark: str) -> int:
    """Return how much of the end of a text is the beginning of a mark."""
    return next((size for size in range(min(len(mark), len(text)), 0, -1) if text.endswith(mark[:size])), 0)
