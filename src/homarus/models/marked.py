"""Take a text apart at marks that open and close, looking at each letter once however often a mark is repeated.

One pattern over both marks looks for the end again from every opening: a text that repeats an opening a few thousand
times then takes seconds, and models repeat what a page tells them to.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What stands between two marks."""

    opening: re.Match[str]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The pieces of a text in their order, and all that stands outside of them."""

    pieces: tuple[Piece, ...]
    rest: str


def marked(
    text: str,
    opening: re.Pattern[str],
    closing: Callable[[re.Match[str]], re.Pattern[str]] | re.Pattern[str],
    *,
    is_open_ended: bool = False,
) -> Marked:
    """Return the pieces of a text, up to the first that nothing closes; that one counts where `is_open_ended`."""
    pieces: list[Piece] = []
    rest: list[str] = []
    at = 0
    while found := opening.search(text, at):
        mark = closing if isinstance(closing, re.Pattern) else closing(found)
        closed = mark.search(text, found.end())
        if closed is None and not is_open_ended:
            break
        rest.append(text[at : found.start()])
        pieces.append(Piece(opening=found, body=text[found.end() : closed.start() if closed else len(text)]))
        at = closed.end() if closed else len(text)
    return Marked(pieces=tuple(pieces), rest="".join((*rest, text[at:])))
