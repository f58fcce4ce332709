"""Lines of a table whose quotation marks do not close: they would swallow the rows below them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTE = ord('"')
_LONGEST_CELL_LINES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A table in which every quotation mark closes."""

    content: bytes
    lines: tuple[int, ...] = ()
    """Which were read without their quotation marks, from 1."""


def closed(content: bytes, delimiter: str, width: int) -> Closed:
    """Return the table with lines that leave a quotation open without their marks.

    A cell that goes on over lines is left alone: its row is not yet as wide as the table where it is cut.
    """
    if width < 2 or b'"' not in content:  # noqa: PLR2004 - nothing to compare with
        return Closed(content=content)
    mark = delimiter.encode()
    torn = frozenset(_torn(content, mark, width))
    if not torn:
        return Closed(content=content)
    lines = (line.replace(b'"', b"") if number in torn else line for number, line in enumerate(io.BytesIO(content), 1))
    return Closed(content=b"".join(lines), lines=tuple(sorted(torn)))


def _torn(content: bytes, mark: bytes, width: int) -> Iterator[int]:
    """Yield lines that are whole rows by themselves, open a quotation, and are followed by another whole row."""
    opened = 0
    for number, line in enumerate(io.BytesIO(content), 1):
        is_odd = line.count(_QUOTE) % 2 == 1
        is_whole = line.count(mark) == width - 1
        if not opened:
            opened = number if is_odd and is_whole else -number if is_odd else 0
            continue
        if opened > 0 and is_whole:
            yield opened
            opened = number if is_odd else 0
        elif is_odd or number - abs(opened) > _LONGEST_CELL_LINES:
            opened = 0
