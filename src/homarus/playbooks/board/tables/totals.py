"""Rows that add up others, which must not be counted a second time; and lines below a table that are none of it."""
# ruff: noqa: S608 - every name in a statement was made by `names` and is quoted

from collections.abc import Sequence
from math import isclose
from typing import TYPE_CHECKING

from homarus.playbooks.board.tables.names import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_WORDS = (
    r"^\s*(grand[ -]|sub[ -]?|zwischen|gesamt|end)?"
    r"(totals?|sum|summe|summen|gesamt|gesamtsumme|insgesamt|ergebnis|somme|sous-total|suma|totale|итого|всего|合计|合計|小计|小計)"
    r"(\W.*)?$"
)
_MOST = 500
_MOST_COLUMNS = 12
_NEARLY = 0.005
_MOST_FOOTERS = 10
_FOOTER = (
    r"^\s*(#|\*|©|\(c\)|exported|export vom|generated|created|source|quelle|stand|erstellt|note|hinweis|powered|report)"
)


def without_sums(connection: "DuckDBPyConnection", table: str, words: Sequence[str], numbers: Sequence[str]) -> int:
    """Take out rows that are called totals and are what the rows above them, or all others, add up to; count them."""
    if not words or not numbers:
        return 0
    called = " OR ".join(f"regexp_matches(lower({quoted(name)}), '{_WORDS}')" for name in words)
    blank = " AND ".join(f"{quoted(name)} IS NULL" for name in words)
    last = f"(rowid = (SELECT max(rowid) FROM {quoted(table)}) AND {blank})"
    found = connection.execute(
        f"SELECT rowid FROM {quoted(table)} WHERE coalesce({called}, false) OR {last} ORDER BY 1 LIMIT {_MOST}"
    ).fetchall()
    rows = [int(row[0]) for row in found]
    listed = ", ".join(map(str, rows))
    if not rows:
        return 0
    others = f"rowid NOT IN ({listed})"
    everything = _sums(connection, table, numbers, others)
    sums: list[int] = []
    before = -1
    for row in rows:
        own = _sums(connection, table, numbers, f"rowid = {row}")
        above = _sums(connection, table, numbers, f"rowid > {before} AND rowid < {row} AND {others}")
        if _is_sum(own, above) or _is_sum(own, everything):
            sums.append(row)
        before = row
    if sums:
        connection.execute(f"DELETE FROM {quoted(table)} WHERE rowid IN ({', '.join(map(str, sums))})")
    return len(sums)


def _sums(connection: "DuckDBPyConnection", table: str, numbers: Sequence[str], where: str) -> list[float | None]:
    asked = ", ".join(f"sum({quoted(name)})" for name in numbers[:_MOST_COLUMNS])
    row = connection.execute(f"SELECT {asked} FROM {quoted(table)} WHERE {where}").fetchone()
    return [None if value is None else float(value) for value in row or ()]


def _is_sum(own: Sequence[float | None], of: Sequence[float | None]) -> bool:
    pairs = [(value, total) for value, total in zip(own, of, strict=True) if value and total is not None]
    return any(isclose(value, total, rel_tol=_NEARLY) for value, total in pairs)


def without_footers(connection: "DuckDBPyConnection", table: str, columns: Sequence[str]) -> int:
    """Take out lines below the last row that hold one cell of words: who exported it, and when; count them."""
    if len(columns) < 2:  # noqa: PLR2004 - nothing tells them from rows
        return 0
    first, rest = quoted(columns[0]), [quoted(name) for name in columns[1:]]
    bare = " AND ".join(f"{cell} IS NULL" for cell in rest)
    words = f"regexp_matches(lower({first}), '{_FOOTER}')"
    if len(rest) > 1:
        words = f"({words} OR regexp_matches({first}, '[A-Za-z]{{3,}}.* .*'))"
    found = connection.execute(
        f"SELECT rowid, {bare} AND coalesce({words}, false) FROM {table} ORDER BY rowid DESC LIMIT {_MOST_FOOTERS}"
    ).fetchall()
    footers: list[int] = []
    for row in found:
        if not row[1]:
            break
        footers.append(int(row[0]))
    if len(footers) == len(found):
        return 0
    if footers:
        connection.execute(f"DELETE FROM {table} WHERE rowid IN ({', '.join(map(str, footers))})")
    return len(footers)
