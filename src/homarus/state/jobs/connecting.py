"""Open the engine's database with settings of ours: WAL and FULL for SQLite, time limits for Postgres."""

import logging
import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.state import backups
from homarus.state.recovery import damage, is_damage

if TYPE_CHECKING:
    import sqlalchemy

_PRAGMAS = (
    "busy_timeout = 30000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "journal_size_limit = 67108864",
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    "foreign_keys = ON",
)
_IDLE_MS = 60_000
_CONNECT_S = 10
_POOL = 8
_LOG = logging.getLogger(__name__)


def connect(url: str, *, is_closed: threading.Event) -> "sqlalchemy.Engine":
    """Return an engine of SQLAlchemy; once `is_closed` is set it connects to nothing, so that no retry is endless."""
    from sqlalchemy import event

    engine = _file(url) if url.startswith("sqlite") else _server(url)

    def refuse(*_given: object) -> None:
        if is_closed.is_set():
            raise StateError(_("The engine of jobs is closed."), hint=_("Start the gateway again: `homarus up`."))

    event.listen(engine, "do_connect", refuse)
    return engine


def _file(url: str) -> "sqlalchemy.Engine":
    import sqlalchemy
    from sqlalchemy import event

    path = Path(sqlalchemy.make_url(url).database or "")
    _lay_aside_when_damaged(path)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite would make it readable for others
    engine = sqlalchemy.create_engine(url, pool_size=_POOL, max_overflow=0)

    def prepare(connection: Any, _record: object) -> None:
        # Writers take their turn at the beginning of a transaction, as DBOS does with an engine of its own.
        connection.isolation_level = "IMMEDIATE"
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)
    return engine


def _lay_aside_when_damaged(path: Path) -> None:
    """Move a queue that cannot be read out of the way: whatever is open is queued again from the table of runs."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path)) as sql:
            problem = damage(sql)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        problem = str(error)
    if not problem:
        return
    folder = path.parent / backups.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / f"{path.name}.damaged-{backups.stamp()}"
    for side in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + side).rename(kept.with_name(kept.name + side))
    _LOG.warning("The queue of jobs was damaged (%s) and is kept as %s; a new one was begun.", problem, kept)


def _server(url: str) -> "sqlalchemy.Engine":
    import sqlalchemy

    options = {
        "connect_timeout": _CONNECT_S,
        "application_name": "homarus jobs",
        "options": f"-c idle_in_transaction_session_timeout={_IDLE_MS}",
    }
    return sqlalchemy.create_engine(url, pool_size=_POOL, max_overflow=0, pool_pre_ping=True, connect_args=options)
