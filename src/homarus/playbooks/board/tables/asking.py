"""Ask the tables: a read-only DuckDB with everything outside locked away, limits on time, memory and rows."""

import asyncio
import math
import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Self

from homarus.playbooks.board.tables.guard import guarded
from homarus.playbooks.board.tables.loading import DATABASE
from homarus.playbooks.board.tables.names import quoted
from homarus.playbooks.board.tables.shapes import RefusedQueryError, Rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "threads": 2,
}
_LONGEST_CELL = 200
_MOST_COLUMNS = 50
_MOST_OURS = 1_000

Cell = int | float | str | bool | None


def seat(folder: Path, seats: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    """Give every expert views of the tables and columns that it may see, in a schema of its own; blocks.

    `seats` names columns by expert and table. Done before the tables are locked.
    """
    import duckdb

    with duckdb.connect(str(folder / DATABASE)) as connection:
        for expert, tables in seats.items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(_schema(expert))}")
            for table, columns in tables.items():
                cells = ", ".join(quoted(column) for column in columns)
                connection.execute(
                    f"CREATE OR REPLACE VIEW {quoted(_schema(expert))}.{quoted(table)} AS SELECT {cells} "  # noqa: S608 - ours
                    f"FROM main.{quoted(table)}"
                )


def _schema(expert: str) -> str:
    return f"seat_{expert}"


class Asking:
    """The open tables. One query runs at a time, so that an interrupt meets the one that took too long."""

    def __init__(
        self,
        folder: Path,
        *,
        seats: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
        limit_s: float = 10.0,
        memory: str = "512MB",
        most_rows: int = 200,
    ) -> None:
        """Open what `load` wrote in a folder, locked."""
        import duckdb

        self._seats = seats or {}
        self._limit_s = limit_s
        self._most_rows = most_rows
        self._one = asyncio.Lock()
        self._connection: DuckDBPyConnection = duckdb.connect(
            str(folder / DATABASE), read_only=True, config={**_LOCKED, "memory_limit": memory}
        )
        self._connection.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Close the tables."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    async def ours(self, sql: str) -> Rows:
        """Ask a query of our own.

        Raises:
            RefusedQueryError: when it failed or took too long.
        """
        return await self._asked(sql, None)

    async def theirs(self, sql: str, *, expert: str) -> Rows:
        """Ask what a model wrote, over the tables and columns that its expert may see.

        Raises:
            RefusedQueryError: when it may not run, failed or took too long; the sentence is for the model.
        """
        return await self._asked(sql, expert)

    async def _asked(self, sql: str, expert: str | None) -> Rows:
        async with self._one:
            try:
                return await asyncio.to_thread(self._run, sql, expert)
            except asyncio.CancelledError:
                self._connection.interrupt()
                raise

    def _run(self, sql: str, expert: str | None) -> Rows:
        import duckdb

        timer = threading.Timer(self._limit_s, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            if expert is not None:
                views = dict.fromkeys(self._seats.get(expert, {}), _schema(expert))
                sql = guarded(self._connection, sql, views=views)
            answered = self._connection.execute(sql)
            names = tuple(str(column[0]) for column in answered.description or ())[:_MOST_COLUMNS]
            most = self._most_rows if expert is not None else _MOST_OURS
            rows = answered.fetchmany(most + 1)
        except duckdb.InterruptException as error:
            raise RefusedQueryError(
                f"The query took longer than {self._limit_s:g} s.", hint="Ask for less: fewer rows, no cross join."
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise RefusedQueryError("The query needs too much memory.", hint="Group or filter more.") from error
        except duckdb.Error as error:
            raise RefusedQueryError(" ".join(str(error).split())[:300], hint="Mend the query.") from error
        finally:
            timer.cancel()
        kept = tuple(tuple(_plain(cell) for cell in row[:_MOST_COLUMNS]) for row in rows[:most])
        return Rows(columns=names, rows=kept, is_cut=len(rows) > most)


def _plain(cell: object) -> Cell:
    """Return a cell as JSON has it; what is not a number, is nothing."""
    if cell is None or isinstance(cell, bool | int):
        return cell
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    if isinstance(cell, float):
        return None if math.isnan(cell) or math.isinf(cell) else cell
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    return str(cell)[:_LONGEST_CELL]
