"""How the books are written and read: JSON bodies, times that sort, and errors in words."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar, cast

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.state.database import Database
from homarus.state.ledger import Pen
from homarus.state.statements import Sql, Value

T = TypeVar("T")


class Page:
    """One table of the books."""

    def __init__(self, store: Database) -> None:
        """Keep the database that the table is in."""
        self._store = store

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self._store.owner_id

    async def rows(self, query: str, *values: Value) -> list[Sequence[Value]]:
        """Return what a query of this owner finds; the owner is its first value.

        Raises:
            StateError: when the table cannot be read.
        """
        return await self.read(lambda sql: list(sql.execute(query, (self.owner, *values)).fetchall()))

    async def read(self, query: Callable[[Sql], T]) -> T:
        """Return what a piece of reading finds.

        Raises:
            StateError: when the table cannot be read.
        """
        try:
            return await self._store.read(query)
        except sqlite3.Error as error:
            raise unreadable(error) from error

    async def write(self, work: Callable[[Pen], T], *, synced: bool = True) -> T:
        """Write in one transaction.

        Raises:
            DiskFullError: when there is no room.
        """
        return await self._store.writer.write(work, synced=synced)


def stamp(moment: datetime) -> str:
    """Return a time as text that sorts."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def body_of(kind: type[T], text: Value) -> T:
    """Return the value that a body holds.

    Raises:
        StateError: when the row is damaged.
    """
    try:
        return codec.load(kind, json.loads(str(text)))
    except ValueError as error:
        raise unreadable(error) from error


def object_of(text: Value) -> JsonObject:
    """Return the JSON object of a body.

    Raises:
        StateError: when the row is damaged.
    """
    try:
        found: object = json.loads(str(text))
    except ValueError as error:
        raise unreadable(error) from error
    return cast("JsonObject", found) if isinstance(found, dict) else {}


def same(body: JsonObject | None) -> str:
    """Return JSON that is the same text for the same content."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)


def unreadable(error: Exception) -> StateError:
    """Return the error of a table that cannot be read."""
    return StateError(
        _("What runs found and did cannot be read: {error}.").format(error=str(error)[:200]),
        hint=_("See `homarus doctor`; when a row is damaged, stop homarus and restore a backup."),
    )
