"""What happens when the database is damaged: it is set aside, never overwritten, and as much as possible is kept.

First the newest backup that is whole takes its place, or an empty database where there is none; then every event that
can still be read from the damaged file and is not in it is written after it.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from homarus.domain.events import Event
from homarus.domain.i18n import _
from homarus.state import backups
from homarus.state.chain import HEAD_FILE
from homarus.state.ledger import COLUMNS, event_of

_SIDE_FILES = ("-wal", "-shm")


def damage(sql: sqlite3.Connection) -> str:
    """Say what is wrong with a database; empty when nothing is.

    Reads the whole file: about 40 MB in a tenth of a second when the file is in memory.
    """
    try:
        rows = sql.execute("PRAGMA quick_check(1)").fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return ascii(str(error))
    found = str(rows[0][0]) if rows else ""
    return "" if found == "ok" else found


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file is damaged, rather than locked or out of room."""
    if isinstance(error, UnicodeDecodeError):
        return True
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "unsupported file format" in str(error)


def set_aside(database: Path) -> Path:
    """Move a damaged database with everything that belongs to it into the folder `backups`; return where it is."""
    folder = database.parent / backups.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / f"{database.name}.damaged-{backups.stamp()}"
    for side in _SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            database.with_name(database.name + side).rename(kept.with_name(kept.name + side))
    database.rename(kept)
    with contextlib.suppress(FileNotFoundError):
        (database.parent / HEAD_FILE).rename(kept.with_name(kept.name + "." + HEAD_FILE))
    return kept


def restore_newest(database: Path) -> Path | None:
    """Put a copy of the newest whole backup in the database's place; `None` when there is none."""
    for backup in backups.newest_first(database):
        with closing(sqlite3.connect(f"{backup.as_uri()}?mode=ro&immutable=1", uri=True)) as sql:
            is_whole = damage(sql) == ""
        if is_whole:
            unfinished = database.with_suffix(".part")
            shutil.copyfile(backup, unfinished)
            unfinished.chmod(0o600)
            unfinished.rename(database)
            return backup
    return None


def readable(kept: Path, *, after_seq: int) -> Iterator[Event]:
    """Yield the events that can still be read from a damaged database, oldest first; works on a copy of it."""
    copy = kept.with_name(kept.name + ".reading")
    try:
        shutil.copyfile(kept, copy)
        wal = kept.with_name(kept.name + "-wal")
        if wal.exists():
            shutil.copyfile(wal, copy.with_name(copy.name + "-wal"))
        with closing(sqlite3.connect(copy, isolation_level=None)) as sql:
            yield from _rows(sql, after_seq)
    finally:
        for side in ("", *_SIDE_FILES):
            copy.with_name(copy.name + side).unlink(missing_ok=True)


def _rows(sql: sqlite3.Connection, after_seq: int) -> Iterator[Event]:
    try:
        last = int(sql.execute("SELECT max(seq) FROM events").fetchone()[0] or 0)
    except (sqlite3.DatabaseError, ValueError, TypeError):
        return
    for seq in range(after_seq + 1, last + 1):
        event = _row(sql, seq)
        if event is not None:
            yield event


def _row(sql: sqlite3.Connection, seq: int) -> Event | None:
    try:
        row = sql.execute(f"SELECT {COLUMNS} FROM events WHERE seq = ?", (seq,)).fetchone()  # noqa: S608 - a constant
        return None if row is None else event_of(row)
    except (sqlite3.DatabaseError, ValueError, TypeError, OverflowError):
        return None


def sentence(kept: Path, restored: Path | None, *, problem: str, rescued: int) -> str:
    """Tell the owner what was wrong, what took its place and where the damaged file is."""
    if restored is None:
        place = _("There was no backup, so a new database was started")
    else:
        place = _("The backup {name!r} took its place").format(name=restored.name)
    return _(
        "The database was damaged ({problem}). {place}; {rescued} events were read back from the damaged file, "
        "which is kept as {kept!r}."
    ).format(problem=problem, place=place, rescued=rescued, kept=str(kept))
