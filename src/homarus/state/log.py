"""The event log as everybody reads and appends it; the database below it is SQLite's file or a Postgres server."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from homarus.domain.errors import StateError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import THE_OWNER, OwnerId, SessionKey, TurnId
from homarus.state.batches import Work
from homarus.state.chain import Head
from homarus.state.ledger import COLUMNS, clean, event_of, key_of
from homarus.state.statements import Sql, Value
from homarus.state.wording import Wording

T = TypeVar("T")
READERS = 4
_SELECT = f"SELECT {COLUMNS} FROM events WHERE owner_id = ?"  # noqa: S608 - a constant


class Ink(Protocol):
    """The one that writes; see `state.writer` for what it promises."""

    redacted: Callable[[str], str] | None
    """Takes secrets out of the JSON of a body before it is written; called in the writer's thread."""

    @property
    def head(self) -> Head:
        """The newest event that this process knows of."""
        ...

    async def write(self, work: Work[T], *, synced: bool = True) -> T:
        """Run `work` in a transaction and return its result when that is committed."""
        ...

    def post(self, work: Work[object]) -> None:
        """Leave work that nobody waits for; a failure is logged."""
        ...

    def refuse_when_closed(self) -> None:
        """Raise a StateError when nothing is written any more."""
        ...

    def close(self) -> None:
        """Write what waits, and end."""
        ...


class Connections(Protocol):
    """Connections that only read, one for each thread that asks."""

    def run(self, query: Callable[[Sql], T]) -> T:
        """Run a query in this thread."""
        ...

    def close(self) -> None:
        """Close them all; no thread asks any more."""
        ...


class EventLog:
    """Implements `domain.ports.Store`; other files of this room read and write their tables through it."""

    def __init__(
        self,
        writer: Ink,
        connections: Connections,
        *,
        wording: Wording,
        anchored: Path,
        notices: tuple[str, ...] = (),
        owner_id: OwnerId = THE_OWNER,
    ) -> None:
        self.address: str | None = None
        """Where other processes find it too, with its password; `None` when only this one can have it."""
        self.wording = wording
        """How the database looks for words."""
        self.anchored = anchored
        """The file outside the database that holds the head of the log."""
        self.notices = notices
        """What the owner must be told about opening it: it was damaged, migrated."""
        self.owner_id = owner_id
        self._ink = writer
        self._connections = connections
        self._readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="homarus-reader")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def append(self, *events: NewEvent, synced: bool = True) -> tuple[Event, ...]:
        """Write facts in one transaction; see `domain.ports.Store.append` and the promises in `state.writer`."""
        return await self._ink.write(lambda pen: tuple(pen.append(event) for event in events), synced=synced)

    async def of_turn(self, turn: TurnId) -> tuple[Event, ...]:
        """Return the events of a turn, oldest first."""
        return await self._select("AND turn = ? ORDER BY seq", turn)

    async def of_session(
        self, session: SessionKey, *, after_seq: int = 0, kinds: Sequence[Kind] = ()
    ) -> tuple[Event, ...]:
        """Return the events of a session after a point, oldest first; all kinds when none is named."""
        return await self._select(f"AND session = ? AND seq > ? {_among(kinds)} ORDER BY seq", session, after_seq)

    async def since(self, after_seq: int, *, limit: int = 500, kinds: Sequence[Kind] = ()) -> tuple[Event, ...]:
        """Return events of the whole log after a point, oldest first."""
        return await self._select(f"AND seq > ? {_among(kinds)} ORDER BY seq LIMIT ?", after_seq, limit)

    async def find(self, dedupe: str) -> Event | None:
        """Return the event that has this key, if any."""
        found = await self._select("AND dedupe = ?", key_of(dedupe))
        return found[0] if found else None

    async def unfinished_turns(self) -> tuple[Event, ...]:
        """Return the `inbound.accepted` events of turns without a reply, in the order they were accepted."""
        open_turns = "SELECT accepted_seq FROM turns WHERE owner_id = ? AND state <> 'done'"
        return await self._select(f"AND seq IN ({open_turns}) ORDER BY seq", self.owner_id)

    async def last_seq(self) -> int:
        """Return the number of the newest event, zero when there is none."""
        return self._ink.head.seq

    async def read(self, query: Callable[[Sql], T]) -> T:
        """Run a query on a reading connection, in a thread of its own.

        Raises:
            StateError: when the store is closed.
        """
        self._ink.refuse_when_closed()
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: self._connections.run(query))

    async def close(self) -> None:
        """Write what waits and close the database."""
        await asyncio.to_thread(self._close)

    async def _select(self, where: str, *values: str | int) -> tuple[Event, ...]:
        parameters: tuple[Value, ...] = (
            self.owner_id,
            *(clean(value) if isinstance(value, str) else value for value in values),
        )
        try:
            rows = await self.read(lambda sql: sql.execute(f"{_SELECT} {where}", parameters).fetchall())
            return tuple(event_of(row) for row in rows)
        except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
            raise StateError(
                _("The log cannot be read: {error}.").format(error=str(error)[:200]),
                hint=_("See `homarus doctor`; when a row is damaged, stop homarus and restore a backup."),
            ) from error

    def _close(self) -> None:
        self._ink.close()
        self._readers.shutdown()
        self._connections.close()


def _among(kinds: Sequence[Kind]) -> str:
    # Kinds are our own constants, never words from outside.
    return f"AND kind IN ({', '.join(repr(str(kind)) for kind in kinds)})" if kinds else ""
