"""The event log on a Postgres server: the same log, the same tables, for several processes at once."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.domain.ids import THE_OWNER, OwnerId
from homarus.domain.ports import Health
from homarus.state.chain import Anchor, Head, compare
from homarus.state.log import EventLog
from homarus.state.migrations import Migration
from homarus.state.postgres.connecting import LostError, Speech, connect, shown
from homarus.state.postgres.migrating import migrate, steps
from homarus.state.postgres.presence import Presence
from homarus.state.postgres.wording import POSTGRES
from homarus.state.postgres.writer import PostgresWriter
from homarus.state.statements import Sql
from homarus.state.views import project

T = TypeVar("T")
_HOUSE_LETTERS: Final = 8
_PATIENCE_S = 10.0
_PAUSE_S = 0.2


class PostgresStore(EventLog):
    """The event log on a server, with what only a server has."""

    def __init__(
        self,
        address: str,
        writer: PostgresWriter,
        *,
        presence: Presence,
        anchored: Path,
        notices: tuple[str, ...] = (),
        owner_id: OwnerId = THE_OWNER,
    ) -> None:
        super().__init__(
            writer, _Connections(address), wording=POSTGRES, anchored=anchored, notices=notices, owner_id=owner_id
        )
        self.writer = writer
        self.presence = presence
        self.address = address
        self.place = shown(address)
        """Where the database is, as it may be shown."""

    async def last_seq(self) -> int:
        """Return the number of the newest event, whoever wrote it."""
        row = await self.read(lambda sql: sql.execute("SELECT seq FROM head").fetchone())
        return int(row[0])

    def health(self) -> Health:
        """Say whether the server takes what is written."""
        trouble = self.writer.trouble
        if trouble is not None:
            return Health(is_well=False, sentence=trouble.message, hint=trouble.hint)
        return Health(is_well=True, sentence=_("The event log is written to {place}.").format(place=self.place))

    def _close(self) -> None:
        super()._close()
        self.presence.close()


class _Connections:
    """Connections that only read, one for each thread that asks; one that broke is made anew."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._local = threading.local()
        self._open: list[Speech] = []
        self._is_closed = False

    def run(self, query: Callable[[Sql], T]) -> T:
        """Run a query in this thread; again while the server is away, for a while."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return query(self._speech())
            except LostError:
                self._hang_up()
                if time.monotonic() > until or self._is_closed:
                    raise
                time.sleep(_PAUSE_S)

    def close(self) -> None:
        """Close them all."""
        self._is_closed = True
        while self._open:
            self._open.pop().close()

    def _speech(self) -> Speech:
        speech: Speech | None = getattr(self._local, "speech", None)
        if speech is None or speech.is_broken:
            speech = Speech(connect(self._address, purpose="reader"))
            speech.execute("SET default_transaction_read_only = on")
            self._local.speech = speech
            self._open.append(speech)
        return speech

    def _hang_up(self) -> None:
        speech: Speech | None = getattr(self._local, "speech", None)
        if speech is not None:
            speech.close()
            self._local.speech = None
            if speech in self._open:
                self._open.remove(speech)


def open_postgres(
    home: Path,
    address: str,
    *,
    kind: str,
    executor: str,
    owner_id: OwnerId = THE_OWNER,
    migrations: Sequence[Migration] | None = None,
) -> PostgresStore:
    """Open the database of a server, migrated; slow, so call it in a thread.

    Raises:
        ConfigError: when the address is wrong, or the server knows no such user or database.
        StateError: when the server does not answer, or the database was written by a newer version.
    """
    speech = Speech(connect(address, purpose="opening"))
    presence = Presence(address, owner_id=owner_id, kind=kind, executor=executor)
    try:
        migrate(speech, steps() if migrations is None else migrations)
        house = _head(speech)
        anchor = Anchor(home / f"events.{house.name[:_HOUSE_LETTERS]}.head")
        problem = "" if (anchored := anchor.read()) is None else compare(speech, anchored)
        if anchored is None:
            anchor.write(house.head)
        presence.start(speech)
    finally:
        speech.close()
    writer = PostgresWriter(address, head=house.head, anchor=anchor, alive=presence, project=project)
    return PostgresStore(
        address,
        writer,
        presence=presence,
        anchored=anchor.path,
        notices=(problem,) if problem else (),
        owner_id=owner_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """Which log it is, and how far it goes."""

    name: str
    head: Head


def _head(speech: Speech) -> _House:
    row = speech.execute("SELECT house, seq, digest FROM head").fetchone()
    if row is None or not isinstance(row[2], bytes):
        raise StateError(
            _("The database has no head of the log: it was emptied or restored in part."),
            hint=_("Restore it whole: pg_restore --clean --dbname=DATABASE FILE"),
        )
    return _House(name=str(row[0]), head=Head(seq=int(str(row[1])), digest=row[2]))
