"""Find the replies that a channel must send and that are neither delivered nor unknown, however long the log is."""

from homarus.domain.events import Event
from homarus.state.database import Database
from homarus.state.ledger import COLUMNS, event_of
from homarus.state.statements import Sql

_QUERY = (
    f"SELECT {COLUMNS} FROM events WHERE seq IN (SELECT written_seq FROM outbox WHERE owner_id = ?) "  # noqa: S608
    "ORDER BY seq"  # only constants
)


async def undelivered(store: Database) -> tuple[Event, ...]:
    """Return the `reply.written` events of these replies, oldest first."""

    def find(sql: Sql) -> tuple[Event, ...]:
        return tuple(event_of(row) for row in sql.execute(_QUERY, (store.owner_id,)))

    return await store.read(find)
