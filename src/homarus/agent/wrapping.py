"""Show a model which words are not its owner's: marked, and unable to pass for a role or for the mark itself."""

import re

from homarus.domain.content import Text
from homarus.domain.control_tokens import harmless
from homarus.domain.labels import Label, Origin

_OWN_MARK = re.compile(r"<(/?)(untrusted|from)\b", re.IGNORECASE)


def defanged(text: str) -> str:
    """Break what a chat template would take for a change of role, and what looks like our own mark."""
    return _OWN_MARK.sub("< \\1\\2", harmless(text))


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
