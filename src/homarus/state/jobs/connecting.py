"""Open the engine's database with settings of ours: WAL and FULL for SQLite, time limits for Postgres."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homarus.domain.errors import StateError
from homarus.domain.i18n import _

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
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite would make it readable for others
    engine = sqlalchemy.create_engine(url, pool_size=_POOL, max_overflow=0)

    def prepare(connection: Any, _record: object) -> None:
        # Writers take their turn at the beginning of a transaction, as DBOS does with an engine of its own.
        connection.isolation_level = "IMMEDIATE"
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)
    return engine


def _server(url: str) -> "sqlalchemy.Engine":
    import sqlalchemy

    options = {
        "connect_timeout": _CONNECT_S,
        "application_name": "homarus jobs",
        "options": f"-c idle_in_transaction_session_timeout={_IDLE_MS}",
    }
    return sqlalchemy.create_engine(url, pool_size=_POOL, max_overflow=0, pool_pre_ping=True, connect_args=options)
