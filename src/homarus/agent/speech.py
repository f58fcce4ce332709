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
_MOST_DECIDING_CHARS = 400
"""What cannot be told from a call or a token after so much is decided when the answer is whole."""
_TOKEN_CHARS = 40
"""No token that is held back is longer."""
_STAMP_CHARS = 160
_STAMP_AT_END = re.compile(r"\s*\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d [\w/+-]+, [\w-]+\]\s*\Z")


def without_thoughts(text: str) -> str:
    """Return a text without `<think>` blocks, also when one was never opened or never closed."""
    while (start := text.find(_OPEN)) >= 0:
        end = text.find(_CLOSE, start)
        text = text[:start] + (text[end + len(_CLOSE) :] if end >= 0 else "")
    return text.rpartition(_CLOSE)[2].strip() if _CLOSE in text else text.strip()


def without_silence(text: str) -> str:
    """Return a text without the tokens that mean silence, and without an echo of our stamp; empty when that was all."""
    plain = without_tokens(text)
    stamp = _STAMP_AT_END.search(plain, max(0, len(plain) - _STAMP_CHARS))
    return plain[: stamp.start()].strip() if stamp else plain


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
        shown: list[str] = []
        rest: str | None = text
        while rest is not None:
            rest = self._take(rest, shown)
        return "".join(shown)

    def _take(self, text: str, shown: list[str]) -> str | None:
        """Add what may be shown; return what is left behind a thought, to be taken next."""
        if self._is_call:
            return None
        self._held += text
        if not (self._is_thinking or self._is_open):
            self._held = self._held.lstrip()
            if self._held.startswith(_OPEN):
                self._is_thinking = True
            elif self._is_undecided(self._held[:_MOST_DECIDING_CHARS]):
                self._is_call = len(self._held) > _MOST_DECIDING_CHARS
                return None
            else:
                self._is_open = True
        if not self._is_thinking:
            shown.append(self._let_through())
        return self._after_thoughts() if self._is_thinking else None

    def _is_undecided(self, plain: str) -> bool:
        if not plain or _OPEN.startswith(plain):
            return True
        upper = plain.upper()
        if any(token.startswith(upper) or upper.startswith(token) for token in SILENT):
            return True
        return bool(self._offered) and may_become_call(plain, self._offered)

    def _after_thoughts(self) -> str | None:
        """Return what follows a thought; of one that goes on only what may be half of its end is kept."""
        _before, closed, rest = self._held.partition(_CLOSE)
        self._held = "" if closed else self._held[-len(_CLOSE) :]
        self._is_thinking = not closed
        return rest if closed else None

    def _let_through(self) -> str:
        """Show all but an end that may be the beginning of a mark, and the blanks before it."""
        before, opened, after = self._held.partition(_OPEN)
        if self._offered and (place := mark_at(before)) is not None:
            self._held, self._is_call = "", True
            return before[:place].rstrip()
        end = _surely(before, _BEGINS if self._offered else ())
        shown, self._held = self._held[:end], self._held[end:]
        if opened:
            self._is_thinking, self._held = True, opened + after
        return shown


def _surely(text: str, marks: tuple[str, ...] = ()) -> int:
    """Return how much of a text is surely part of the answer, whatever comes next."""
    sure = text.rstrip()
    if len(text) - len(sure) > _MOST_HELD_CHARS:
        return len(text) - _MOST_HELD_CHARS
    while len(text) - len(sure) < _MOST_HELD_CHARS and (
        keep := max(_overlap(sure[-_TOKEN_CHARS:].upper(), mark) for mark in (*SILENT, _OPEN.upper(), *marks))
    ):
        sure = sure[: len(sure) - keep].rstrip()
    return len(sure)


def _overlap(text: str, mark: str) -> int:
    """Return how much of the end of a text is the beginning of a mark."""
    return next((size for size in range(min(len(mark), len(text)), 0, -1) if text.endswith(mark[:size])), 0)
