"""What processes on one Postgres database share, by name."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homarus.state.ledger import from_us
from homarus.state.postgres.connecting import dump_command
from homarus.state.postgres.engine_leases import EnginePlaces
from homarus.state.postgres.leases import Leases
from homarus.state.postgres.store import PostgresStore
from homarus.state.statements import Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A process that shares this house."""

    process: str
    kind: str
    executor: str
    place: str
    started_at: datetime
    seen_at: datetime
    is_me: bool


class Shared:
    """Implements `domain.sharing.Neighbourhood`."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store
        self.leases = Leases(store)
        self.places = EnginePlaces(store, on_news=self.on_news)

    @property
    def place(self) -> str:
        """Where the database is, without its password."""
        return self.store.place

    @property
    def backup_command(self) -> str:
        """What copies the database; the password comes from `~/.pgpass` or PGPASSWORD."""
        return dump_command(self.store.address or "")

    def wrote(self, seq: int) -> bool:
        """Whether an event was written by this process, in this life of it."""
        return self.store.writer.wrote(seq)

    def on_news(self, tell: Callable[[], None]) -> None:
        """Have something called in this loop whenever somebody has written events."""
        self.store.presence.on_news(_in(asyncio.get_running_loop(), tell))

    def on_reborn(self, tell: Callable[[], None]) -> None:
        """Have something called in this loop when the others have taken over what this process held."""
        self.store.presence.on_reborn(_in(asyncio.get_running_loop(), tell))

    async def neighbours(self) -> tuple[Neighbour, ...]:
        """Return the living processes of this house, this one among them."""

        def query(sql: Sql) -> tuple[Neighbour, ...]:
            rows = sql.execute(
                "SELECT process, kind, executor, place, started_us, seen_us FROM processes "
                "WHERE owner_id = ? AND gone_us IS NULL ORDER BY number",
                (self.store.owner_id,),
            )
            return tuple(
                Neighbour(
                    process=row[0],
                    kind=row[1],
                    executor=row[2],
                    place=row[3],
                    started_at=from_us(row[4]),
                    seen_at=from_us(row[5]),
                    is_me=row[0] == self.store.presence.process,
                )
                for row in rows
            )

        return await self.store.read(query)


def _in(loop: asyncio.AbstractEventLoop, tell: Callable[[], None]) -> Callable[[], None]:
    def told() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell)

    return told
