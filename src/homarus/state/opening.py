"""Open the state of a house: the file in its folder, or the Postgres server that the owner named."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.ids import THE_OWNER, OwnerId
from homarus.domain.sharing import EnginePlaces
from homarus.state.database import Database
from homarus.state.store import open_store

if TYPE_CHECKING:
    from homarus.state.postgres.shared import Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The state of a house."""

    store: Database
    shared: "Shared | None" = None
    """What is shared with other processes, where there may be any: on Postgres."""

    @property
    def places(self) -> EnginePlaces | None:
        """The lines before model servers over all processes."""
        return None if self.shared is None else self.shared.places


async def open_state(
    home: Path,
    database: str | None = None,
    *,
    kind: str = "gateway",
    executor: str = "",
    owner_id: OwnerId = THE_OWNER,
) -> Opened:
    """Open the state of a house, made, migrated and checked; the caller holds the folder's lock.

    `database` is the address of a Postgres database; without one it is the file in the folder. `kind` and `executor`
    tell the others what this process is.

    Raises:
        ConfigError: when the address is wrong, or the server knows no such user or database.
        StateError: when the database cannot be used, or was written by a newer version.
    """
    if not database:
        return Opened(store=await open_store(home, owner_id=owner_id))
    from homarus.state.postgres.shared import Shared
    from homarus.state.postgres.store import open_postgres

    store = await asyncio.to_thread(
        open_postgres, home, database, kind=kind, executor=executor or kind, owner_id=owner_id
    )
    return Opened(store=store, shared=Shared(store))
