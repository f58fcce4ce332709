"""Values as facts have them, words as SQL has them, and words as a page shows them."""

import re

from homarus.domain.findings import FactValue
from homarus.playbooks.board.tables.asking import Cell


def rounded(cell: Cell) -> FactValue | None:
    """Return a cell as it is printed: whole numbers whole, others to two places, or to three figures when tiny."""
    if cell is None or isinstance(cell, bool | int | str):
        return cell
    if cell.is_integer() and abs(cell) < 10**15:
        return int(cell)
    return round(cell, 2) if abs(cell) >= 0.01 else float(f"{cell:.3g}")  # noqa: PLR2004 - cents


def text(value: Cell) -> str:
    """Return a word as a literal of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


_MARKUP = re.compile(r"([\\`*_\[\]<>|#])")


def bare(words: str) -> str:
    """Return words as Markdown that shows them as they are: no links, no pictures, no markup."""
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))
