"""Load the owner's files into one DuckDB file of our own, typed, and tell what was odd about them.

Only our own SQL runs here, while files may still be read. What models ask runs later, on what this leaves behind:
opened read-only, with everything outside locked away (`asking.py`).
"""
# ruff: noqa: S608 - every name in a statement was made by `names` and is quoted; values come from the sheet's own cells

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.findings import Missing
from homarus.domain.i18n import _, ngettext
from homarus.domain.sources import NoDataError
from homarus.playbooks.board.tables.decoding import Sheet, decode
from homarus.playbooks.board.tables.kinds import Reading, currency_sql, habits_of, reading_of, says_days
from homarus.playbooks.board.tables.names import distinct, is_copy, quoted, table_name
from homarus.playbooks.board.tables.shapes import Column, Found, Kind, Oddity, Table
from homarus.playbooks.board.tables.totals import without_footers, without_sums
from homarus.playbooks.board.tables.watching import oddities

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DATABASE = "tables.duckdb"
MEMORY = "1GB"
_SAMPLE = 400
_EMPTY = r"(?i)\s*(|--?|\x{2013}|\x{2014}|#?n/a|na|null|nan|k\.a\.|not available)\s*"
_TOTALS = r"(?i)[\s:]*(totals?|grand total|gesamt|gesamtsumme|summe|insgesamt|sum|ergebnis)[\s:]*"
_MOST_TOTALS = 3
_MORE = "cells_beyond_the_header"
_MONEY_WORDS = (
    "price total amount revenue sales betrag umsatz preis kosten cost spend shipping taxes discount refund fee saldo"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it was kept."""

    path: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of the files."""

    tables: tuple[Table, ...]
    found: tuple[Found, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One file as text in the database."""

    file: File
    sheet: Sheet
    raw: str
    columns: tuple[str, ...]


def load(files: Sequence[File], folder: Path, *, today: date, stale_days: int) -> Loaded:
    """Write every readable file as a typed table into `folder/tables.duckdb`; blocks.

    Raises:
        NoDataError: when DuckDB is not installed, or nothing could be read at all.
    """
    duckdb = _duckdb()
    found: list[Found] = []
    missing: list[Missing] = []
    with duckdb.connect(
        str(folder / DATABASE), config={"memory_limit": MEMORY, "threads": 2, "temp_directory": str(folder)}
    ) as connection:
        parts: list[_Part] = []
        for number, file in enumerate(sorted(files, key=lambda file: is_copy(file.path))):
            try:
                parts.append(_raw(connection, file, folder, number))
            except NoDataError as error:
                missing.append(Missing(what=file.path, because=error.message, hint=error.hint))
            except duckdb.Error as error:
                missing.append(_unread(file, error))
        tables: list[Table] = []
        for part in parts:
            _tell_mended(connection, part, found)
        for group in _grouped(connection, parts, found):
            try:
                table = _typed(connection, group, found)
            except duckdb.Error as error:
                missing += [_unread(part.file, error) for part in group.parts]
                continue
            tables += [table] if table else []
        for table in tables:
            found += oddities(connection, table, today=today, stale_days=stale_days, others=tables)
        for part in parts:
            connection.execute(f"DROP TABLE IF EXISTS {part.raw}")
    if not tables:
        raise NoDataError(
            _("None of the {count} files could be read as a table.").format(count=len(files)),
            hint=missing[0].hint if missing else _("Name CSV, TSV, JSON or Parquet files in `files`."),
        )
    return Loaded(tables=tuple(tables), found=tuple(found), missing=tuple(missing))


def _duckdb():  # noqa: ANN202 - a module
    try:
        import duckdb
    except ImportError as error:
        raise NoDataError(
            _("Tables need DuckDB, which is not installed."),
            hint=_("Install it: {command}").format(command="pip install 'homarus[board]'"),
        ) from error
    return duckdb


def _unread(file: File, error: Exception) -> Missing:
    return Missing(what=file.path, because=_first_line(error), hint=_("Export it anew as CSV."))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["?"])[0][:300]


def _raw(connection: "DuckDBPyConnection", file: File, folder: Path, number: int) -> _Part:
    """Load a file as text, cell by cell."""
    sheet = decode(file.content, file.path)
    raw, path = f"raw_{number}", folder / f"raw_{number}"
    path.write_bytes(sheet.content)
    where = str(path).replace("'", "''")
    if sheet.is_parquet:
        connection.execute(f"CREATE TABLE {raw} AS SELECT COLUMNS(*)::VARCHAR FROM read_parquet('{where}')")
        titles = tuple(str(row[0]) for row in connection.execute(f"DESCRIBE {raw}").fetchall())
        named = ", ".join(f"{_cell(old)} AS {quoted(new)}" for old, new in zip(titles, distinct(titles), strict=True))
        connection.execute(f"CREATE OR REPLACE TABLE {raw} AS SELECT {named} FROM {raw}")
        sheet = Sheet(content=b"", header=titles, is_parquet=True)
    else:
        names = [*distinct(sheet.header), _MORE]
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        mark = "\\t" if sheet.delimiter == "\t" else sheet.delimiter
        cells = ", ".join(f"{_cell(name)} AS {quoted(name)}" for name in names)
        # A quoted cell with lines in it cannot be read by several threads at a time.
        connection.execute(
            f"CREATE TABLE {raw} AS SELECT {cells} FROM read_csv('{where}', delim='{mark}', "
            f"quote='\"', escape='\"', header=true, auto_detect=false, columns={{{columns}}}, null_padding=true, "
            "strict_mode=false, ignore_errors=true, max_line_size=2097152, parallel=false)"
        )
    path.unlink()
    columns = tuple(str(row[0]) for row in connection.execute(f"DESCRIBE {raw}").fetchall())
    blank = " AND ".join(f"{quoted(name)} IS NULL" for name in columns)
    connection.execute(f"DELETE FROM {raw} WHERE {blank}")
    return _Part(file=file, sheet=sheet, raw=raw, columns=tuple(name for name in columns if name != _MORE))


def _cell(name: str) -> str:
    """Return a cell as SQL: none where it says that it is empty."""
    cell = quoted(name)
    # One pattern and no list of words: with hundreds of columns, lists take more memory than there is.
    return f"CASE WHEN regexp_full_match({cell}, '{_EMPTY}') THEN NULL ELSE {cell} END"


def _tell_mended(connection: "DuckDBPyConnection", part: _Part, found: list[Found]) -> None:
    """Tell what was guessed, and what stood outside of the table, so that nothing is left out unseen."""
    name = table_name(part.file.path)
    found += [Found(oddity=Oddity.AMBIGUOUS, table=name, sentence=note) for note in part.sheet.notes]
    if part.sheet.is_parquet:
        return
    if more := _count(connection, f"{part.raw} WHERE {_MORE} IS NOT NULL"):
        sentence = _("{path!r}: {count} rows have more cells than there are columns; the cells beyond stay out.")
        found.append(
            Found(
                oddity=Oddity.UNREADABLE,
                table=name,
                sentence=sentence.format(path=part.file.path, count=more),
                figures={"rows_with_more_cells": more},
            )
        )
    connection.execute(f"ALTER TABLE {part.raw} DROP COLUMN {_MORE}")
    if footers := without_footers(connection, part.raw, part.columns):
        sentence = _("{path!r}: {count} lines below the table were left out, as they are no rows of it.")
        found.append(
            Found(oddity=Oddity.AMBIGUOUS, table=name, sentence=sentence.format(path=part.file.path, count=footers))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Files that are one table: the same name and the same columns, month after month."""

    name: str
    parts: tuple[_Part, ...]


def _grouped(connection: "DuckDBPyConnection", parts: Sequence[_Part], found: list[Found]) -> list[_Group]:
    """Put files of the same columns together, and leave out rows that an earlier file has already."""
    groups: list[_Group] = []
    for part in parts:
        name = table_name(part.file.path)
        twin = _first_with_its_rows(connection, part, [earlier for group in groups for earlier in group.parts], found)
        if twin:
            continue
        same = next((group for group in groups if group.name == name and group.parts[0].columns == part.columns), None)
        if same:
            groups[groups.index(same)] = _Group(name=name, parts=(*same.parts, part))
            continue
        taken = {group.name for group in groups}
        number = 2
        free = name
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        groups.append(_Group(name=free, parts=(part,)))
    return groups


def _first_with_its_rows(
    connection: "DuckDBPyConnection", part: _Part, earlier: Sequence[_Part], found: list[Found]
) -> bool:
    """Tell whether another file holds all of these rows; rows that two files share are taken out of the second."""
    for other in earlier:
        if other.columns != part.columns:
            continue
        cells = ", ".join(quoted(name) for name in part.columns)
        shared = f"hash({cells}) IN (SELECT hash({cells}) FROM {other.raw})"
        both, rows = (_count(connection, f"{part.raw} WHERE {shared}"), _count(connection, part.raw))
        if not both:
            continue
        if both == rows:
            found.append(_duplicate(part, other, rows))
            return True
        if table_name(other.file.path) == table_name(part.file.path):
            connection.execute(f"DELETE FROM {part.raw} WHERE {shared}")
        found.append(_overlap(part, other, both))
    return False


def _duplicate(part: _Part, other: _Part, rows: int) -> Found:
    return Found(
        oddity=Oddity.DUPLICATE_FILE,
        table=table_name(other.file.path),
        sentence=_("{path!r} holds the same {rows} rows as {other!r} and was left out.").format(
            path=part.file.path, other=other.file.path, rows=rows
        ),
        figures={"duplicate_rows_left_out": rows},
    )


def _overlap(part: _Part, other: _Part, both: int) -> Found:
    return Found(
        oddity=Oddity.OVERLAP,
        table=table_name(other.file.path),
        sentence=_("{path!r} shares {rows} rows with {other!r}; adding both up would count them twice.").format(
            path=part.file.path, other=other.file.path, rows=both
        ),
        figures={"shared_rows": both},
    )


def _count(connection: "DuckDBPyConnection", what: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
    return int(row[0]) if row else 0


def _typed(connection: "DuckDBPyConnection", group: _Group, found: list[Found]) -> Table | None:
    """Write a table with the types that its values have."""
    union = " UNION ALL BY NAME ".join(f"SELECT * FROM {part.raw}" for part in group.parts)
    names = group.parts[0].columns
    connection.execute(f"CREATE OR REPLACE TEMP TABLE raw_all AS {union}")
    _drop_totals(connection, group.name, names, found)
    rows = _count(connection, "raw_all")
    if not rows:
        found.append(
            Found(
                oddity=Oddity.EMPTY,
                table=group.name,
                sentence=_("{path!r} has a header and no rows.").format(path=group.parts[0].file.path),
            )
        )
        return None
    samples = {name: _sample(connection, name) for name in names}
    habits = habits_of(list(samples.values()), is_comma_decimal=group.parts[0].sheet.is_comma_decimal)
    titles = dict(zip(names, group.parts[0].sheet.header, strict=False))
    readings = {
        name: reading_of(
            name,
            titles.get(name) or name,
            samples[name],
            distinct=_count(connection, f"(SELECT DISTINCT {quoted(name)} FROM raw_all LIMIT 10000)"),
            rows=rows,
            habits=habits,
        )
        for name in names
    }
    exprs = [f"{reading.sql} AS {quoted(name)}" for name, reading in readings.items()]
    exprs += [
        f"{currency_sql(quoted(name))} AS {quoted(f'{name}_currency')}"
        for name, reading in readings.items()
        if len(reading.currencies) > 1
    ]
    connection.execute(f"CREATE TABLE {quoted(group.name)} AS SELECT {', '.join(exprs)} FROM raw_all")
    _tell_unread(connection, group.name, readings, found)
    rows -= _drop_sums(connection, group.name, readings, found)
    return _described(connection, group, rows, readings, titles)


def _drop_totals(connection: "DuckDBPyConnection", table: str, names: Sequence[str], found: list[Found]) -> None:
    cells = [f"regexp_full_match({quoted(name)}, '{_TOTALS}')" for name in names]
    where = " OR ".join(f"coalesce({cell}, false)" for cell in cells)
    count = _count(connection, f"raw_all WHERE {where}")
    if not 0 < count <= _MOST_TOTALS:
        return
    connection.execute(f"DELETE FROM raw_all WHERE {where}")
    found.append(_totals(table, count))


def _drop_sums(connection: "DuckDBPyConnection", table: str, readings: dict[str, Reading], found: list[Found]) -> int:
    words = [name for name, reading in readings.items() if reading.kind in {Kind.NAME, Kind.TEXT, Kind.KEY}]
    numbers = [name for name, reading in readings.items() if reading.kind is Kind.NUMBER]
    sums = without_sums(connection, table, words, numbers)
    if sums:
        found.append(_totals(table, sums))
    return sums


def _totals(table: str, count: int) -> Found:
    return Found(
        oddity=Oddity.TOTALS,
        table=table,
        sentence=ngettext(
            "{table}: {count} row of totals was taken out, so that nothing is counted twice.",
            "{table}: {count} rows of totals were taken out, so that nothing is counted twice.",
            count,
        ).format(table=table, count=count),
        figures={"totals_rows_taken_out": count},
    )


def _sample(connection: "DuckDBPyConnection", name: str) -> list[str]:
    cell = quoted(name)
    values = connection.execute(
        f"SELECT v FROM (SELECT DISTINCT trim({cell}) AS v FROM (SELECT {cell} FROM raw_all WHERE {cell} IS NOT NULL "
        f"LIMIT 50000)) ORDER BY hash(v) LIMIT {_SAMPLE}"
    ).fetchall()
    return [str(row[0]) for row in values]


def _tell_unread(
    connection: "DuckDBPyConnection", table: str, readings: dict[str, Reading], found: list[Found]
) -> None:
    for name, reading in readings.items():
        if reading.is_ambiguous:
            found.append(
                Found(
                    oddity=Oddity.AMBIGUOUS,
                    table=table,
                    sentence=_("{table}.{column} can be read in two ways; it was read as {how}.").format(
                        table=table, column=name, how=reading.as_read
                    ),
                )
            )
        if reading.kind in {Kind.TEXT, Kind.NAME} and says_days(name, _sample(connection, name)):
            said = _(
                "{table}.{column}: its days are written in several ways; they are words here, and nothing is by day."
            )
            found.append(Found(oddity=Oddity.UNREADABLE, table=table, sentence=said.format(table=table, column=name)))
        if reading.kind not in {Kind.NUMBER, Kind.DATE, Kind.FLAG}:
            continue
        unread = f"raw_all WHERE {quoted(name)} IS NOT NULL AND {reading.sql} IS NULL"
        count = _filled(connection, "raw_all", name) - _filled(connection, quoted(table), name)
        if count:
            example = connection.execute(f"SELECT min({quoted(name)}) FROM {unread}").fetchone()
            found.append(
                Found(
                    oddity=Oddity.UNREADABLE,
                    table=table,
                    sentence=_(
                        "{table}.{column}: {count} values could not be read, as {example!r}; they stay out."
                    ).format(table=table, column=name, count=count, example=str(example[0])[:40] if example else ""),
                    figures={f"{name}_unreadable": count},
                )
            )


def _filled(connection: "DuckDBPyConnection", table: str, name: str) -> int:
    return _count(connection, f"{table} WHERE {quoted(name)} IS NOT NULL")


def _described(
    connection: "DuckDBPyConnection", group: _Group, rows: int, readings: dict[str, Reading], titles: dict[str, str]
) -> Table:
    columns = [
        _column(connection, group.name, name, reading.kind, reading.unit, titles.get(name) or name)
        for name, reading in readings.items()
    ]
    columns += [
        _column(connection, group.name, f"{name}_currency", Kind.NAME, "", f"{name} currency")
        for name, reading in readings.items()
        if len(reading.currencies) > 1
    ]
    currency = next(
        (c for c in columns if c.kind is Kind.NAME and ("currency" in c.name or "waehrung" in c.name)), None
    )
    if currency and currency.distinct == 1:
        columns = [_priced(column, currency.smallest) for column in columns]
        currency = None
    day = _main_day(columns)
    first = last = None
    if day:
        row = connection.execute(f"SELECT min({quoted(day)}), max({quoted(day)}) FROM {quoted(group.name)}").fetchone()
        first, last = (_as_day(row[0]), _as_day(row[1])) if row else (None, None)
    return Table(
        name=group.name,
        source=", ".join(part.file.path for part in group.parts),
        sha256=group.parts[-1].file.sha256,
        rows=rows,
        columns=tuple(columns),
        day=day,
        first=first,
        last=last,
        currency=currency.name if currency else "",
    )


def _as_day(value: object) -> date | None:
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


def _column(connection: "DuckDBPyConnection", table: str, name: str, kind: Kind, unit: str, title: str) -> Column:
    cell = quoted(name)
    is_whole = False
    if kind is Kind.NUMBER:
        is_whole = not _count(connection, f"{quoted(table)} WHERE {cell} <> trunc({cell}) OR abs({cell}) > 1e15")
        if is_whole:
            connection.execute(f"ALTER TABLE {quoted(table)} ALTER {cell} TYPE BIGINT")
    row = connection.execute(
        f"SELECT count(*) - count({cell}), approx_count_distinct({cell}), CAST(min({cell}) AS VARCHAR), "
        f"CAST(max({cell}) AS VARCHAR) FROM {quoted(table)}"
    ).fetchone() or (0, 0, None, None)
    named = kind in {Kind.NAME, Kind.FLAG}
    examples = connection.execute(
        f"SELECT CAST({cell} AS VARCHAR) FROM {quoted(table)} WHERE {cell} IS NOT NULL GROUP BY 1 "
        f"ORDER BY count(*) DESC, 1 LIMIT {8 if named else 3}"
    ).fetchall()
    return Column(
        name=name,
        title=title,
        kind=kind,
        unit=unit,
        empty=int(row[0]),
        distinct=_count(connection, f"(SELECT DISTINCT {cell} FROM {quoted(table)} WHERE {cell} IS NOT NULL)")
        if named
        else int(row[1]),
        smallest=str(row[2] if row[2] is not None else "")[:80],
        largest=str(row[3] if row[3] is not None else "")[:80],
        examples=tuple(str(value[0])[:80] for value in examples),
        is_whole=is_whole,
    )


def _priced(column: Column, currency: str) -> Column:
    from dataclasses import replace

    is_money = (
        column.kind is Kind.NUMBER and not column.unit and set(column.name.split("_")) & set(_MONEY_WORDS.split())
    )
    return replace(column, unit=currency) if is_money else column


_DAY_WORDS = ("created", "buchungstag", "date", "day", "datum", "tag", "week", "month", "publish", "send", "sent")


def _main_day(columns: Sequence[Column]) -> str:
    """Return the column that says when: the best named one, of those that are mostly filled."""

    def rank(column: Column) -> tuple[int, int]:
        named = [number for number, word in enumerate(_DAY_WORDS) if word in column.name]
        return (named[0] if named else len(_DAY_WORDS), column.empty)

    days = [column for column in columns if column.kind is Kind.DATE]
    return min(days, key=rank).name if days else ""
