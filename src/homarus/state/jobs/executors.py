"""The processes that work runs: each says now and then that it lives."""

from dataclasses import dataclass
from datetime import datetime

from homarus.state.database import Database
from homarus.state.jobs.rows import rows, stamp
from homarus.state.ledger import Pen

_BEAT = (
    "INSERT INTO executors (owner_id, executor, boot, started_at, seen_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (owner_id, executor) DO UPDATE SET boot = excluded.boot, seen_at = excluded.seen_at, "
    "started_at = CASE WHEN executors.boot = excluded.boot THEN executors.started_at ELSE excluded.started_at END"
)
_ALL = "SELECT executor, boot, seen_at FROM executors WHERE owner_id = ? ORDER BY executor"
_DROP = "DELETE FROM executors WHERE owner_id = ? AND executor = ? AND boot = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """A process as it last said that it lives."""

    name: str
    boot: str
    """One life of it."""
    seen_at: str = ""


class StoredExecutors:
    """The table of processes."""

    def __init__(self, store: Database) -> None:
        self._store = store

    async def beat(self, executor: Executor, *, now: datetime) -> None:
        """Say that a process lives."""
        at = stamp(now)

        def write(pen: Pen) -> None:
            pen.sql.execute(_BEAT, (self._store.owner_id, executor.name, executor.boot, at, at))

        await self._store.writer.write(write, synced=False)

    async def all(self) -> tuple[Executor, ...]:
        """Return all that ever said so and did not take leave, by name."""
        found = await rows(self._store, _ALL, (self._store.owner_id,))
        return tuple(Executor(name=str(row[0]), boot=str(row[1]), seen_at=str(row[2])) for row in found)

    async def drop(self, executor: Executor) -> None:
        """Take leave, or forget one that is dead; a newer life of it stays."""

        def write(pen: Pen) -> None:
            pen.sql.execute(_DROP, (self._store.owner_id, executor.name, executor.boot))

        await self._store.writer.write(write, synced=False)
