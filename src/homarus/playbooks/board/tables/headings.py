"""Which line of a table names its columns: in one line or two, below a report's title, or nowhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ROOMY = 2
"""Fewer filled cells than that are no header."""
_NUMBER = re.compile(r"[+-]?[$€£]?\s?\d[\d.,' ]*\s?[%€$£]?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The names of a table's columns."""

    cells: tuple[str, ...]
    line: int
    """Of the text, from 0: where its last line stands."""


def header_of(rows: Sequence[Sequence[str]], start: int) -> Heading | None:
    """Return the first line that is as wide as the table and has words in its cells."""
    widths = [len(row) for row in rows if len(_filled(row)) >= _ROOMY]
    if not widths:
        return None
    common = max(set(widths), key=lambda width: (widths.count(width), width))
    number = start
    for place, row in enumerate(rows):
        if len(row) >= common - 1 and len(_filled(row)) >= max(_ROOMY, common // 2) and not _is_comment(row):
            cells = tuple(cell.strip().strip("\ufeff") for cell in row)
            below = rows[place + 1] if place + 1 < len(rows) else ()
            if _spans(cells, below):
                return Heading(cells=_joined(cells, below), line=number + 1)
            return Heading(cells=cells, line=number)
        number += 1 + sum(cell.count("\n") for cell in row)
    return None


def is_nameless(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first line is a row like the next one: a figure or a day that no column is named after."""
    if len(rows) < _ROOMY or len(rows[0]) != len(rows[1]):
        return False
    head, below = ([cell.strip() for cell in row] for row in rows[:2])
    figures = [cell for cell in head if _NUMBER.fullmatch(cell) and not _YEAR.fullmatch(cell)]
    if any(_DAY.fullmatch(cell) and _DAY.fullmatch(under) for cell, under in zip(head, below, strict=True)):
        return True
    whole = [int(cell) for cell in figures if cell.isdigit()]
    is_counted = len(whole) == len(figures) and whole == sorted(set(whole)) and len(whole) > 1
    return not is_counted and any(
        cell in figures and _NUMBER.fullmatch(under) for cell, under in zip(head, below, strict=True)
    )


def _filled(row: Sequence[str]) -> list[str]:
    return [cell for cell in row if cell.strip()]


def _is_comment(row: Sequence[str]) -> bool:
    return row[0].lstrip().startswith("#") and len(row[0].strip()) > 1


def _spans(cells: Sequence[str], below: Sequence[str]) -> bool:
    """Tell whether cells of this line stand over several columns, whose own names are in the line below."""
    inner = [place for place, cell in enumerate(cells) if not cell and place and any(cells[:place])]
    is_named = len(below) == len(cells) and all(cell.strip() for cell in below)
    return bool(inner) and is_named and not any(_NUMBER.fullmatch(cell.strip()) for cell in below)


def _joined(cells: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """Return each name with what stands over it: `2026 sales`."""
    over, names = "", list[str]()
    for cell, name in zip(cells, below, strict=True):
        over = cell or over
        names.append(f"{over} {name.strip()}".strip())
    return tuple(names)
