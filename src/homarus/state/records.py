"""Small facts by kind and key, replaced when they change: score cards, pins, measured speeds, learned windows.

They are no views of the log and no events: each is what was found out last, and can be found out again.
"""

import json
import sqlite3
from collections.abc import Mapping

from homarus.domain.content import JsonObject
from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.state.database import Database
from homarus.state.ledger import Pen, clean, now_us

_PUT = (
    "INSERT INTO records (owner_id, kind, key, body, at_us) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (owner_id, kind, key) DO UPDATE SET body = excluded.body, at_us = excluded.at_us"
)
_GET = "SELECT body FROM records WHERE owner_id = ? AND kind = ? AND key = ?"
_DROP = "DELETE FROM records WHERE owner_id = ? AND kind = ? AND key = ?"
_ALL = "SELECT key, body FROM records WHERE owner_id = ? AND kind = ? ORDER BY key"


class StoredRecords:
    """Implements `domain.ports.Records` on the house's database."""

    def __init__(self, store: Database) -> None:
        """Keep the store that the table is in."""
        self._store = store

    async def get(self, kind: str, key: str) -> JsonObject | None:
        """Return a fact, if it is known.

        Raises:
            StateError: when the table cannot be read.
        """
        row = (self._store.owner_id, clean(kind), clean(key))
        found = await self._rows(_GET, row)
        return _body(found[0][0]) if found else None

    async def put(self, kind: str, key: str, body: JsonObject) -> None:
        """Write a fact down, in place of what was known; it survives `kill -9` when this returns.

        Raises:
            DiskFullError: when there is no room.
        """

        def write(pen: Pen) -> None:
            pen.sql.execute(_PUT, (self._store.owner_id, clean(kind), clean(key), pen.encoded(body), now_us()))

        await self._store.writer.write(write, synced=False)

    async def drop(self, kind: str, key: str) -> bool:
        """Forget a fact; tell whether it was known."""
        row = (self._store.owner_id, clean(kind), clean(key))
        return await self._store.writer.write(lambda pen: pen.sql.execute(_DROP, row).rowcount > 0, synced=False)

    async def all(self, kind: str) -> Mapping[str, JsonObject]:
        """Return every fact of a kind, by key, in the order of the keys.

        Raises:
            StateError: when the table cannot be read.
        """
        rows = await self._rows(_ALL, (self._store.owner_id, clean(kind)))
        return {key: _body(body) for key, body in rows}

    async def _rows(self, query: str, values: tuple[str, ...]) -> list[tuple[str, ...]]:
        try:
            return await self._store.read(lambda sql: sql.execute(query, values).fetchall())
        except sqlite3.Error as error:
            raise _unreadable(error) from error


def _body(text: str) -> JsonObject:
    try:
        body: object = json.loads(text)
    except ValueError as error:
        raise _unreadable(error) from error
    return body if isinstance(body, dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON objects only are put


def _unreadable(error: sqlite3.Error | ValueError) -> StateError:
    return StateError(
        _("What was measured before cannot be read: {error}.").format(error=str(error)[:200]),
        hint=_("See `homarus doctor`; when a row is damaged, stop homarus and restore a backup."),
    )
