"""How the files of this room speak to a database: statements with `?`, that SQLite and Postgres both understand.

What only one of them understands stands in `state.wording`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

Value: TypeAlias = str | int | float | bytes | None


class Rows(Protocol):
    """What a statement gave; `sqlite3.Cursor` is one."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, `None` after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows."""
        ...


class Sql(Protocol):
    """A connection; `sqlite3.Connection` is one."""

    def execute(self, statement: str, parameters: Sequence[Value] = ..., /) -> Rows:
        """Run a statement."""
        ...

    def executemany(self, statement: str, parameters: Iterable[Sequence[Value]], /) -> Rows:
        """Run a statement for each row of parameters."""
        ...
