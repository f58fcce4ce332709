"""Bring a database to the newest schema: numbered steps forward, each in a transaction of its own."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from homarus.domain.errors import StateError
from homarus.domain.i18n import _
from homarus.state.statements import Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema; the number is the version that it leads to."""

    number: int
    name: str
    sql: str


def shipped() -> tuple[Migration, ...]:
    """Return the migrations that come with this version, in order."""
    folder = resources.files("homarus.state").joinpath("sql")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(
        Migration(number=int(file.name[:4]), name=file.name[5:-4], sql=file.read_text(encoding="utf-8"))
        for file in files
    )


def version(sql: Sql) -> int:
    """Return the schema version of a database; zero for an empty one."""
    return int(sql.execute("PRAGMA user_version").fetchone()[0])


def migrate(
    sql: sqlite3.Connection, migrations: Sequence[Migration], *, before_first: Callable[[], object] = lambda: None
) -> int:
    """Run what is missing and return how many steps that was.

    `before_first` is called before a database that holds something is changed: the place for a backup. A process that
    is killed in a step leaves the database as it was before that step.

    Raises:
        StateError: when the database was written by a newer version; it is left untouched.
    """
    here, newest = version(sql), max((step.number for step in migrations), default=0)
    if here > newest:
        raise StateError(
            _("The database has schema {here}; this version of homarus knows schemas up to {newest}.").format(
                here=here, newest=newest
            ),
            hint=_("Update homarus, or restore a backup of the older schema from the folder `backups`."),
        )
    missing = [step for step in migrations if step.number > here]
    if missing and here > 0:
        before_first()
    for step in missing:
        _run(sql, step)
    return len(missing)


def _run(sql: sqlite3.Connection, step: Migration) -> None:
    sql.execute("BEGIN EXCLUSIVE")
    try:
        for statement in statements(step.sql):
            sql.execute(statement)
        sql.execute(f"PRAGMA user_version = {step.number:d}")
        sql.execute("COMMIT")
    finally:
        if sql.in_transaction:
            sql.execute("ROLLBACK")


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: `executescript` would commit in between."""
    gathered = ""
    for line in script.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""
    if gathered.strip():
        yield gathered
