"""Show a model which words are not its owner's: marked, and unable to pass for a role or for the mark itself."""

import re

from homarus.domain.content import Text
from homarus.domain.control_tokens import harmless
from homarus.domain.labels import Label, Origin

_OPENING = "<\uff1c\ufe64\u2039\u3008\u27e8\u2329\u276e\u1438\u02c2"
_SLASH = "/\uff0f\u2044\u2215\u29f8\u2571"
_UNSEEN = (
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]*+"
)
_TWINS = {
    "o": "\u043e\u03bf",
    "e": "\u0435",
    "s": "\u0455",
    "d": "\u0501",
    "u": "\u057d\u03c5",
    "t": "\u0442",
    "r": "\u0433",
}
"""Letters of other alphabets that look the same."""


def _looks_like(word: str) -> str:
    return _UNSEEN.join(f"[{letter}{chr(ord(letter) + 0xFEE0)}{_TWINS.get(letter, '')}]" for letter in word)


_OWN_MARK = re.compile(
    rf"([{_OPENING}])(?={_UNSEEN}(?:[{_SLASH}]{_UNSEEN})?+(?:{_looks_like('untrusted')}|{_looks_like('from')})(?!\w))",
    re.IGNORECASE,
)


def defanged(text: str) -> str:
    """Break what a chat template would take for a change of role, and what looks like our own mark."""
    return _OWN_MARK.sub("\\1 ", harmless(text))


def wrapped(text: str, label: Label) -> Text:
    """Return text as a part for a model: as it is when it is the owner's or the house's, else marked and defanged."""
    if label.is_trusted:
        return Text(text=text, label=label)
    return Text(text=f'<untrusted from="{_named(label)}">\n{defanged(text)}\n</untrusted>', label=label)


def request(text: str, label: Label) -> Text:
    """Return what a sender typed: as it is when it is the owner, marked as somebody else's request when it is not.

    Whoever the owner allowed may ask and be answered, and is never taken for the owner: the mark says whose words
    they are, and they cannot end it or write one of their own.
    """
    if label.origin is not Origin.ALLOWED:
        return wrapped(text, label)
    return Text(text=f'<from sender="{_named(label)}">\n{defanged(text)}\n</from>', label=label)


def _named(label: Label) -> str:
    return defanged(label.source or label.origin.value).replace('"', "'").replace("\n", " ").replace(">", " ")


def capped(text: str, limit_chars: int) -> str:
    """Return text that fits, its beginning and its end kept, with a note of how much was left out between."""
    if len(text) <= limit_chars:
        return text
    head = limit_chars * 3 // 4
    tail = limit_chars - head
    left_out = len(text) - head - tail
    return (
        f"{text[:head]}\n[... {left_out} characters left out; ask for a smaller piece ...]\n{text[len(text) - tail :]}"
    )
