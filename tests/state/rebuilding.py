"""Build the views of the log again: they hold nothing that the log does not."""

from homarus.state.ledger import COLUMNS, event_of
from homarus.state.statements import Sql
from homarus.state.views import project


def rebuild(sql: Sql) -> None:
    for table in ("turns", "sessions", "reminders", "reminders_seen", "outbox"):
        sql.execute(f"DELETE FROM {table}")
    sql.execute("INSERT INTO messages (messages) VALUES ('delete-all')")
    for row in sql.execute(f"SELECT {COLUMNS} FROM events ORDER BY seq"):
        project(sql, event_of(row))
