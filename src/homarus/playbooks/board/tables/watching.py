"""Look at a typed table for what misleads: gaps, old data, rows twice, several currencies."""
# ruff: noqa: S608 - every name in a statement was made by `names` and is quoted

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from homarus.domain.i18n import _
from homarus.playbooks.board.tables.names import quoted
from homarus.playbooks.board.tables.shapes import Found, Oddity, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_REGULAR = 0.6
"""So many of the weeks between the first and the last must have rows, or the table is no weekly one."""
_FEWEST_WEEKS = 4
_NAMED = 6
_MOST_HASHED = 5_000_000


def oddities(
    connection: "DuckDBPyConnection", table: Table, *, today: date, stale_days: int, others: Sequence[Table]
) -> list[Found]:
    """Return what is odd about a table, as sentences with their figures."""
    found = [*_twice(connection, table), *_currencies(connection, table)]
    if table.day and table.first and table.last:
        found += [*_gaps(connection, table), *_age(table, today, stale_days, others)]
    return found


def _scalar(connection: "DuckDBPyConnection", sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0] or 0) if row else 0


def _twice(connection: "DuckDBPyConnection", table: Table) -> list[Found]:
    if table.rows > _MOST_HASHED:
        return []
    cells = ", ".join(quoted(column.name) for column in table.columns)
    twice = _scalar(connection, f"SELECT count(*) - count(DISTINCT hash({cells})) FROM {quoted(table.name)}")
    if not twice:
        return []
    return [
        Found(
            oddity=Oddity.DUPLICATE_ROWS,
            table=table.name,
            sentence=_("{table}: {count} rows are exact repetitions of others; they are still counted.").format(
                table=table.name, count=twice
            ),
            figures={"repeated_rows": twice},
        )
    ]


def _currencies(connection: "DuckDBPyConnection", table: Table) -> list[Found]:
    if not table.currency:
        return []
    cell = quoted(table.currency)
    rows = connection.execute(
        f"SELECT CAST({cell} AS VARCHAR), count(*) FROM {quoted(table.name)} WHERE {cell} IS NOT NULL GROUP BY 1 "
        "ORDER BY 2 DESC, 1"
    ).fetchall()
    told = ", ".join(f"{row[0]} ({row[1]})" for row in rows)
    return [
        Found(
            oddity=Oddity.CURRENCIES,
            table=table.name,
            sentence=_("{table} mixes currencies: {told}. They are never added up.").format(
                table=table.name, told=told
            ),
            figures={f"rows_in_{str(row[0]).lower()}": int(row[1]) for row in rows},
        )
    ]


def _gaps(connection: "DuckDBPyConnection", table: Table) -> list[Found]:
    """Return which weeks are missing; where there is not one row a week, which months."""
    return _without_rows(connection, table, "week") or _without_rows(connection, table, "month")


def _without_rows(connection: "DuckDBPyConnection", table: Table, unit: str) -> list[Found]:
    cell, name = quoted(table.day), quoted(table.name)
    rows = connection.execute(
        f"SELECT DISTINCT CAST(date_trunc('{unit}', {cell}) AS DATE) FROM {name} WHERE {cell} IS NOT NULL ORDER BY 1"
    ).fetchall()
    there = [row[0] for row in rows if isinstance(row[0], date)]
    if len(there) < _FEWEST_WEEKS:
        return []
    everything = _weeks(there[0], there[-1]) if unit == "week" else _months(there[0], there[-1])
    gone = [day for day in everything if day not in set(there)]
    if not gone or len(there) / len(everything) < _REGULAR:
        return []
    told = ", ".join(day.isoformat() for day in gone[:_NAMED])
    said = (
        _("{table} has no rows in {count} weeks, those of {days}: missing, which is not zero.")
        if unit == "week"
        else _("{table} has no rows in {count} months, those of {days}: missing, which is not zero.")
    )
    return [
        Found(
            oddity=Oddity.GAP,
            table=table.name,
            sentence=said.format(table=table.name, count=len(gone), days=told),
            figures={f"missing_{unit}s": len(gone)}
            | {f"missing_{unit}_{n}": d.isoformat() for n, d in enumerate(gone[:_NAMED], 1)},
        )
    ]


def _weeks(first: date, last: date) -> list[date]:
    return [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]


def _months(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    months = (first.year * 12 + first.month - 1 + number for number in range(count))
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _age(table: Table, today: date, stale_days: int, others: Sequence[Table]) -> list[Found]:
    assert table.last is not None
    age = (today - table.last).days
    if age < -1:
        return [
            Found(
                oddity=Oddity.FUTURE,
                table=table.name,
                sentence=_("{table} has rows from {day} on, which is still to come.").format(
                    table=table.name, day=table.last.isoformat()
                ),
                figures={"last_day": table.last.isoformat()},
            )
        ]
    newest = max((other.last for other in others if other.last), default=table.last)
    if age <= stale_days:
        return []
    behind = (newest - table.last).days
    return [
        Found(
            oddity=Oddity.STALE,
            table=table.name,
            sentence=_("{table} ends on {day}, {age} days ago; what it says may not hold any more.").format(
                table=table.name, day=table.last.isoformat(), age=age
            ),
            figures={"last_day": table.last.isoformat(), "age_days": age, "days_behind_the_newest": behind},
        )
    ]
