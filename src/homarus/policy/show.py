"""Show arguments to a person: nothing left out, nothing invisible, and two different calls never look the same."""

import json

from homarus.domain.content import Json
from homarus.domain.printable import is_hidden, visible

__all__ = ["arguments_shown", "visible"]


def arguments_shown(arguments: Json) -> str:
    """Return arguments as indented JSON in which whatever cannot be seen is escaped; nothing is cut.

    Reading it back as JSON gives the same arguments, so nothing hides in the way they are shown.
    """
    text = json.dumps(arguments, indent=2, ensure_ascii=False)
    return "".join(letter if letter == "\n" else _json_escape(letter) for letter in text)


def _json_escape(letter: str) -> str:
    return json.dumps(letter)[1:-1] if is_hidden(letter) else letter
