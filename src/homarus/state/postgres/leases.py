"""What this process holds among the others: a session while its turns run, a channel while it receives, an errand.

A lease has no time limit of its own: it holds while its process lives (see `presence`). All of it is done in the
writer's transactions, one after the other over all processes, so that two never get the same.
"""

from typing import Final

from homarus.domain.events import Event
from homarus.domain.ids import SessionKey
from homarus.state.ledger import COLUMNS, Pen, clean, event_of
from homarus.state.postgres.presence import NOW_US
from homarus.state.postgres.store import PostgresStore
from homarus.state.statements import Sql

_TAKE: Final = (
    f"INSERT INTO leases (owner_id, name, process, taken_us) VALUES (?, ?, ?, {NOW_US}) "  # noqa: S608 - a constant
    "ON CONFLICT (owner_id, name) DO UPDATE SET taken_us = leases.taken_us WHERE leases.process = excluded.process "
    "RETURNING process"
)
_RELEASE: Final = "DELETE FROM leases WHERE owner_id = ? AND name = ? AND process = ?"
_OPEN: Final = (
    "SELECT t.accepted_seq FROM turns AS t WHERE t.owner_id = ? AND t.session = ? AND t.state IN ('queued', 'running') "
    "AND NOT EXISTS (SELECT 1 FROM leases AS l WHERE l.owner_id = t.owner_id AND l.name = 'turn:' || t.turn)"
)
_LEFT: Final = (
    f"SELECT {COLUMNS} FROM events WHERE seq IN ("  # noqa: S608 - constants
    "SELECT t.accepted_seq FROM turns AS t WHERE t.owner_id = ? AND t.state IN ('queued', 'running') "
    "AND NOT EXISTS (SELECT 1 FROM leases AS l WHERE l.owner_id = t.owner_id "
    "AND l.name IN ('turn:' || t.turn, 'session:' || t.session))) ORDER BY seq"
)
_OF_SESSION: Final = f"SELECT {COLUMNS} FROM events WHERE seq IN ({_OPEN}) ORDER BY seq"  # noqa: S608 - constants


class Leases:
    """Implements `domain.sharing.Leases`."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store

    async def take(self, name: str) -> bool:
        """Hold something, unless another living process does; tell whether it is held."""

        def work(pen: Pen) -> bool:
            values = (self._store.owner_id, clean(name), self._store.presence.process)
            return pen.sql.execute(_TAKE, values).fetchone() is not None

        return await self._store.writer.write(work, synced=False)

    async def release(self, name: str) -> None:
        """Let go of something."""

        def work(pen: Pen) -> None:
            pen.sql.execute(_RELEASE, (self._store.owner_id, clean(name), self._store.presence.process))

        await self._store.writer.write(work, synced=False)

    async def take_session(self, session: SessionKey) -> tuple[Event, ...] | None:
        """Hold a session and return what is to be done in it, `None` when another living process has it."""

        def work(pen: Pen) -> tuple[Event, ...] | None:
            owner, name = self._store.owner_id, clean(f"session:{session}")
            if pen.sql.execute(_TAKE, (owner, name, self._store.presence.process)).fetchone() is None:
                return None
            return tuple(event_of(row) for row in pen.sql.execute(_OF_SESSION, (owner, clean(session))))

        return await self._store.writer.write(work, synced=False)

    async def release_session(self, session: SessionKey) -> tuple[Event, ...]:
        """Let go of a session unless something is to be done in it; return what, as `inbound.accepted` events."""

        def work(pen: Pen) -> tuple[Event, ...]:
            owner = self._store.owner_id
            left = pen.sql.execute(_OF_SESSION, (owner, clean(session))).fetchall()
            if not left:
                pen.sql.execute(_RELEASE, (owner, clean(f"session:{session}"), self._store.presence.process))
            return tuple(event_of(row) for row in left)

        return await self._store.writer.write(work, synced=False)

    async def left_turns(self) -> tuple[Event, ...]:
        """Return the `inbound.accepted` events of turns that nobody has, although something is to be done."""

        def query(sql: Sql) -> tuple[Event, ...]:
            return tuple(event_of(row) for row in sql.execute(_LEFT, (self._store.owner_id,)))

        return await self._store.read(query)
