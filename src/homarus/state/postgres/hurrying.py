"""Send statements without waiting for each answer: a batch costs a few trips to the server, not one for each.

An error shows up some statements later, so that nobody can tell whose it is. Then the whole batch is taken back and
done again carefully, each piece of work apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from homarus.state.postgres.connecting import LostError, Speech, told
from homarus.state.statements import Value

if TYPE_CHECKING:
    import psycopg


class Hurry:
    """Implements `state.statements.Sql` while inside; `has_failed` tells whether to do it again carefully."""

    def __init__(self, speech: Speech) -> None:
        self.has_failed = False
        self._speech = speech
        self._mode = speech.sql.pipeline()
        self._pipeline: psycopg.Pipeline | None = None

    def __enter__(self) -> Self:
        self._pipeline = self._mode.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        import psycopg

        try:
            self._mode.__exit__(kind, error, trace)
        except psycopg.Error as late:
            error = error or late
        if isinstance(error, LostError):
            return False
        if self._speech.is_broken and isinstance(error, psycopg.Error):
            raise told(error, is_broken=True) from error
        self.has_failed = error is not None
        return True

    def execute(self, statement: str, parameters: Sequence[Value] = (), /) -> "Coming":
        """Send a statement."""
        return Coming(self._speech.execute(statement, parameters), self._pipeline)

    def executemany(self, statement: str, parameters: Iterable[Sequence[Value]], /) -> "Coming":
        """Send a statement for each row of parameters."""
        return Coming(self._speech.executemany(statement, list(parameters)), self._pipeline)


class Coming:
    """What a statement will have given; whoever looks waits for it."""

    def __init__(self, cursor: "psycopg.Cursor[tuple[object, ...]]", pipeline: "psycopg.Pipeline | None") -> None:
        self._cursor = cursor
        self._pipeline = pipeline

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        if self._pipeline is not None:
            self._pipeline.sync()
        return self._cursor.rowcount

    def fetchone(self) -> tuple[object, ...] | None:
        """Return the next row, `None` after the last."""
        return self._cursor.fetchone()

    def fetchall(self) -> list[tuple[object, ...]]:
        """Return all rows that are left."""
        return self._cursor.fetchall()

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        """Yield the rows."""
        return iter(self._cursor)
