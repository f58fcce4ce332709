"""Connect to the Postgres server, and say in plain words why that does not work."""

from collections.abc import Iterable, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Final

from homarus.domain.errors import ConfigError, StateError
from homarus.domain.i18n import _

if TYPE_CHECKING:
    import psycopg

SCHEMA: Final = "homarus"
_CONNECT_S = 5
_ALIVE: Final[Mapping[str, int]] = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A server that vanished without a word is noticed after 25 s."""
_NO_SUCH_DATABASE = "3D000"
_WRONG_PASSWORD = ("28P01", "28000")


class LostError(StateError):
    """The connection broke; what was not committed is gone, and may be tried again."""


def parts_of(address: str) -> Mapping[str, str]:
    """Return what an address says.

    Raises:
        ConfigError: when it is none.
    """
    hint = _("Write it as postgresql://user:password@host:5432/database.")
    if not address.startswith(("postgresql://", "postgres://")):
        raise ConfigError(
            _("What stands in jobs.database or HOMARUS_DATABASE is not the address of a Postgres database."), hint=hint
        )
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(address)
    except psycopg.Error as error:
        # The address is not shown: it holds a password.
        raise ConfigError(
            _("What stands in jobs.database or HOMARUS_DATABASE cannot be read as an address."), hint=hint
        ) from error
    return {name: str(value) for name, value in parts.items() if value is not None}


def shown(address: str) -> str:
    """Return where a database is, without its password."""
    parts = parts_of(address)
    where = parts.get("host") or parts.get("hostaddr") or "localhost"
    return f"{parts.get('dbname', '')} @ {where}:{parts.get('port', '5432')}"


def dump_command(address: str) -> str:
    """Return the command that copies a database, without its password."""
    parts = parts_of(address)
    words = ["pg_dump", "--format=custom", "--file=homarus.dump"]
    for name, option in (("host", "--host"), ("port", "--port"), ("user", "--username")):
        if parts.get(name):
            words.append(f"{option}={quote(parts[name])}")
    return " ".join([*words, quote(parts.get("dbname", ""))])


def connect(address: str, *, purpose: str, schema: str = SCHEMA) -> "psycopg.Connection[tuple[object, ...]]":
    """Return a connection in which every statement is a transaction unless it begins one.

    Raises:
        ConfigError: when the address cannot be one, or names a database or a user that the server does not know.
        LostError: when the server does not answer.
    """
    import psycopg

    parts = {"connect_timeout": _CONNECT_S, **_ALIVE, **parts_of(address)}
    parts["application_name"] = f"homarus {purpose}"
    try:
        sql = psycopg.connect(autocommit=True, **parts)  # pyright: ignore[reportArgumentType] - strings are what it takes
        sql.execute(f"SET search_path TO {schema}".encode())
    except psycopg.Error as error:
        raise _unreachable(address, error) from error
    return sql


def _unreachable(address: str, error: "psycopg.Error") -> StateError | ConfigError:
    where, words = shown(address), _first_line(error)
    # Errors while connecting come without a code from older servers and from libpq itself.
    if error.sqlstate in _WRONG_PASSWORD or "password authentication failed" in words or "no password" in words:
        return ConfigError(
            _("The Postgres server refuses the user or the password for {where}.").format(where=where),
            hint=_("Set the right ones in jobs.database or HOMARUS_DATABASE; `psql` with the same address tries them."),
        )
    if error.sqlstate == _NO_SUCH_DATABASE or ("database" in words and "does not exist" in words):
        return ConfigError(
            _("The Postgres server has no database {where}.").format(where=where),
            hint=_("Make it: createdb --owner=USER DATABASE"),
        )
    return LostError(
        _("The Postgres server does not answer for {where}: {error}.").format(where=where, error=words),
        hint=_("Start it, or correct jobs.database or HOMARUS_DATABASE; a gateway that runs goes on by itself."),
    )


def told(error: "psycopg.Error", *, is_broken: bool) -> StateError:
    """Return an error of the server as one of ours."""
    from psycopg import errors

    if is_broken or isinstance(error, errors.AdminShutdown | errors.CrashShutdown | errors.CannotConnectNow):
        return LostError(
            _("The connection to the Postgres server broke: {error}.").format(error=_first_line(error)),
            hint=_("homarus connects again by itself; when it stays away, see whether the server runs."),
        )
    if isinstance(error, errors.DiskFull):
        return StateError(
            _("The disk of the Postgres server is full, so nothing new is accepted."),
            hint=_("Free some space there; homarus goes on by itself. What was accepted before is safe."),
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return StateError(
            _("The Postgres server does not allow it: {error}.").format(error=_first_line(error)),
            hint=_("The user needs a database of its own, or: GRANT CREATE ON DATABASE name TO user"),
        )
    return StateError(
        _("The Postgres server refuses: {error}.").format(error=_first_line(error)),
        hint=_("See `homarus doctor` and the server's log."),
    )


def _first_line(error: "psycopg.Error") -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300].rstrip(".") if lines else type(error).__name__


class Speech:
    """A connection that is spoken to as SQLite's is: `?` for parameters, errors of the house."""

    def __init__(self, sql: "psycopg.Connection[tuple[object, ...]]") -> None:
        self.sql = sql
        self._known: dict[str, bytes] = {}

    @property
    def is_broken(self) -> bool:
        """Whether the server is gone."""
        return self.sql.closed

    def execute(
        self, statement: str, parameters: Sequence[object] | None = (), /
    ) -> "psycopg.Cursor[tuple[object, ...]]":
        """Run a statement; several at once only with `None` for parameters."""
        import psycopg

        try:
            if parameters is None:
                return self.sql.execute(statement.encode(), None, prepare=False)
            return self.sql.execute(self._translated(statement), parameters)
        except psycopg.Error as error:
            raise told(error, is_broken=self.sql.closed) from error

    def executemany(
        self, statement: str, parameters: "Iterable[Sequence[object]]", /
    ) -> "psycopg.Cursor[tuple[object, ...]]":
        """Run a statement for each row of parameters."""
        import psycopg

        cursor = self.sql.cursor()
        try:
            cursor.executemany(self._translated(statement), parameters)
        except psycopg.Error as error:
            raise told(error, is_broken=self.sql.closed) from error
        return cursor

    def notices(self, timeout_s: float) -> bool:
        """Wait for a notice of another process; tell whether one came."""
        import psycopg

        try:
            return any(True for _note in self.sql.notifies(timeout=timeout_s, stop_after=1))
        except psycopg.Error as error:
            raise told(error, is_broken=self.sql.closed) from error

    def close(self) -> None:
        """Let go of the server."""
        self.sql.close()

    def _translated(self, statement: str) -> bytes:
        found = self._known.get(statement)
        if found is None:
            found = self._known[statement] = translated(statement).encode()
        return found


def translated(statement: str) -> str:
    """Return a statement with Postgres' placeholders; a question mark in quotes stays one."""
    pieces = statement.replace("%", "%%").split("'")
    return "'".join(piece if number % 2 else piece.replace("?", "%s") for number, piece in enumerate(pieces))
