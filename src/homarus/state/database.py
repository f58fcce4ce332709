"""What the files of this room ask of the database, be it SQLite's file or a Postgres server."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from homarus.domain.ids import OwnerId
from homarus.domain.ports import Health, Store
from homarus.state.log import Ink
from homarus.state.statements import Sql
from homarus.state.wording import Wording

T = TypeVar("T")


class Database(Store, Protocol):
    """The event log, and the tables that other files of this room keep beside it."""

    @property
    def owner_id(self) -> OwnerId:
        """Whose it is."""
        ...

    @property
    def writer(self) -> Ink:
        """Where everything is written."""
        ...

    @property
    def wording(self) -> Wording:
        """How it looks for words."""
        ...

    @property
    def notices(self) -> tuple[str, ...]:
        """What the owner must be told about opening it."""
        ...

    @property
    def address(self) -> str | None:
        """Where other processes find it too, with its password; `None` when only this one can have it."""
        ...

    @property
    def anchored(self) -> Path:
        """The file outside the database that holds the head of the log."""
        ...

    async def read(self, query: Callable[[Sql], T]) -> T:
        """Run a query on a reading connection, in a thread of its own."""
        ...

    def health(self) -> Health:
        """Say whether anything can be written."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def close(self) -> None:
        """Write what waits and let go of the database."""
        ...
