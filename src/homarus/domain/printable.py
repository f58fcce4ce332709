"""Write out what an eye would not see and a terminal would obey: control, bidi and zero-width signs, odd spaces."""

import unicodedata

_HIDDEN_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HIDDEN_LETTERS = frozenset("\u00a0\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")
"""Letters and marks that have no ink although Unicode counts them as letters."""
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def visible(text: str) -> str:
    """Escape everything that has no ink of its own; a backslash is doubled, so two texts never look the same."""
    return "".join("\\\\" if letter == "\\" else _shown(letter) for letter in text)


def printable(text: str, *, keep: str = "") -> str:
    """Escape everything that has no ink of its own, but leave backslashes and what is in `keep` as they are.

    For texts that are only read (logs, errors): a Windows path stays what its owner wrote.
    """
    return "".join(letter if letter in keep else _shown(letter) for letter in text)


def is_hidden(letter: str) -> bool:
    """Whether a letter cannot be seen, or is not what it looks like."""
    if " " <= letter <= "~":
        return False
    kind = unicodedata.category(letter)
    is_selector = "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    return kind in _HIDDEN_KINDS or (kind == "Zs" and letter != " ") or is_selector or letter in _HIDDEN_LETTERS


def _shown(letter: str) -> str:
    if not is_hidden(letter):
        return letter
    code = ord(letter)
    return _SHORT.get(letter) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")  # noqa: PLR2004 - the last code of the first plane
