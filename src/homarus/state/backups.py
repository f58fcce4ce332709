"""Copies of the database in the folder `backups`, made while it is in use, checked before they count."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

FOLDER = "backups"
_KEEP = 7


def stamp() -> str:
    """Return the time as part of a file name, UTC."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")


def make(database: Path, *, because: str, keep: int = _KEEP) -> Path:
    """Copy the database as it is now and return the copy; the oldest copies of the same reason are removed.

    The copy is complete or not there: it gets its name when it is whole and on the disk.

    Raises:
        sqlite3.Error: when the database cannot be read or there is no room for the copy.
    """
    folder = database.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{database.stem}-{because}-{stamp()}.db"
    unfinished = target.with_suffix(".part")
    os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        _sync(unfinished)
        unfinished.rename(target)
        _sync(folder)
    finally:
        unfinished.unlink(missing_ok=True)
    for old in sorted(folder.glob(f"{database.stem}-{because}-*.db"))[:-keep]:
        old.unlink(missing_ok=True)
    return target


def newest_first(database: Path) -> Iterator[Path]:
    """Yield the backups that there are, the newest first."""
    found = (database.parent / FOLDER).glob(f"{database.stem}-*.db")
    yield from sorted(found, key=lambda path: path.stem.rsplit("-", 1)[-1], reverse=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
