"""Every table says whose its rows are, so that a house for several people is a matter of policy."""

import re

from house.source import PACKAGE

_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)\s*\((.*?)\)\s*(?:WITHOUT ROWID|STRICT)?\s*;", re.DOTALL)
OF_NOBODY = {
    "head",  # of Postgres: one row that says where the log of all owners ends, as SQLite's rowid does
    "messages",  # of Postgres, and a virtual table in SQLite: words by number of their event, which says whose it is
}


def _tables() -> dict[str, str]:
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.sql")]
    texts += [path.read_text(encoding="utf-8") for path in (PACKAGE / "state").rglob("*.py")]
    return {name: columns for text in texts for name, columns in _TABLE.findall(text)}


def test_every_table_has_an_owner() -> None:
    tables = _tables()

    assert "events" in tables
    assert [name for name, columns in tables.items() if "owner_id" not in columns and name not in OF_NOBODY] == []


def test_every_migration_has_the_next_number() -> None:
    numbers = [int(path.name.partition("_")[0]) for path in sorted((PACKAGE / "state" / "sql").glob("*.sql"))]

    assert numbers == list(range(1, len(numbers) + 1))
