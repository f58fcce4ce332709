"""Show arguments to a person: nothing left out, nothing invisible, and two different calls never look the same."""

import json
import unicodedata

from homarus.domain.content import Json

_HIDDEN_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HIDDEN_LETTERS = frozenset("\u00a0\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")
"""Letters and marks that have no ink although Unicode counts them as letters."""


def visible(text: str) -> str:
    """Escape everything that has no ink of its own (control, bidi, zero-width, odd spaces); a backslash is doubled."""
    return "".join(_shown(letter) for letter in text)


def arguments_shown(arguments: Json) -> str:
    """Return arguments as indented JSON in which whatever cannot be seen is escaped; nothing is cut.

    Reading it back as JSON gives the same arguments, so nothing hides in the way they are shown.
    """
    text = json.dumps(arguments, indent=2, ensure_ascii=False)
    return "".join(letter if letter == "\n" else _json_escape(letter) for letter in text)


def _is_hidden(letter: str) -> bool:
    if " " <= letter <= "~":
        return False
    kind = unicodedata.category(letter)
    is_selector = "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    return kind in _HIDDEN_KINDS or (kind == "Zs" and letter != " ") or is_selector or letter in _HIDDEN_LETTERS


def _shown(letter: str) -> str:
    if letter == "\\":
        return "\\\\"
    if letter in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[letter]
    if not _is_hidden(letter):
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the last code of the first plane


def _json_escape(letter: str) -> str:
    return json.dumps(letter)[1:-1] if _is_hidden(letter) else letter
