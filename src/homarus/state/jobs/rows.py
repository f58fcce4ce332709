"""How times and values stand in the tables of jobs: text that sorts, the same in every database."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.state.database import Database
from homarus.state.statements import Sql

T = TypeVar("T")
Value = str | int | None


def stamp(moment: datetime) -> str:
    """Return a time as text that sorts: UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str | None) -> datetime | None:
    """Return the time that a text says."""
    return datetime.fromisoformat(text) if text else None


def names_in(text: str) -> tuple[str, ...]:
    """Return the words of a JSON list."""
    found: object = json.loads(text)
    return tuple(str(name) for name in found) if isinstance(found, list) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - only lists of words are put


async def rows(store: Database, query: str, values: Sequence[Value]) -> list[tuple[Value, ...]]:
    """Return what a query finds.

    Raises:
        StateError: when the table cannot be read.
    """
    return await read(store, lambda sql: sql.execute(query, tuple(values)).fetchall())


async def read(store: Database, query: Callable[[Sql], T]) -> T:
    """Return what a piece of reading finds.

    Raises:
        StateError: when the table cannot be read.
    """
    try:
        return await store.read(query)
    except sqlite3.Error as error:
        raise StateError(
            _("The tables of jobs cannot be read: {error}.").format(error=str(error)[:200]),
            hint=_("See `homarus doctor`; when a row is damaged, stop homarus and restore a backup."),
        ) from error
