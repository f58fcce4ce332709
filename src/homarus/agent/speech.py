"""Clean what a model says, while it streams and after: no thoughts, no silent tokens, no half of a tool call."""

import re
from collections.abc import Iterable

from homarus.agent.spoken import may_become_call

SILENT = ("NO_REPLY", "HEARTBEAT_OK")
_OPEN, _CLOSE = "<think>", "</think>"
_SILENT_AT_END = re.compile(r"\s*(?<!\w)[*_`]*(?:NO_REPLY|HEARTBEAT_OK)[*_`]*[.!]?\s*\Z", re.IGNORECASE)
_SILENT_AT_START = re.compile(r"\A\s*[*_`]*(?:NO_REPLY|HEARTBEAT_OK)(?!\w)[*_`]*[.!:]?\s*", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """Return a text without `<think>` blocks, also when one was never opened or never closed."""
    while (start := text.find(_OPEN)) >= 0:
        end = text.find(_CLOSE, start)
        text = text[:start] + (text[end + len(_CLOSE) :] if end >= 0 else "")
    return text.rpartition(_CLOSE)[2].strip() if _CLOSE in text else text.strip()


def without_silence(text: str) -> str:
    """Return a text without the tokens that mean silence; empty when nothing else was said."""
    return _SILENT_AT_END.sub("", _SILENT_AT_START.sub("", text)).strip()


class Sieve:
    """Lets a stream of text through as soon as it is sure to be part of the answer."""

    def __init__(self, offered: Iterable[str]) -> None:
        """Hold back what could become a call of one of these tools."""
        self._offered = tuple(offered)
        self._held = ""
        self._is_open = False
        self._is_thinking = False

    def feed(self, text: str) -> str:
        """Return what may be shown now."""
        self._held += text
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
        before, opened, after = self._held.partition(_OPEN)
        if opened:
            self._is_thinking, self._held = True, opened + after
            return before + self._after_thoughts()
        upper = self._held.upper()
        keep = 0
        for mark in (*SILENT, _OPEN.upper()):
            for size in range(min(len(mark), len(upper)), 0, -1):
                if upper.endswith(mark[:size]):
                    keep = max(keep, size)
                    break
        end = len(self._held[: len(self._held) - keep].rstrip())
        shown, self._held = self._held[:end], self._held[end:]
        return shown
