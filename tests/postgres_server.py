"""A PostgreSQL of the tests' own: Debian's programs, a folder that is thrown away, a free port on loopback."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

PASSWORD = "only for tests"
_QUICKLY = ("fsync=off", "synchronous_commit=on", "full_page_writes=off")
_SMALL = ("shared_buffers=16MB", "max_connections=60", "log_min_messages=fatal")
_INIT = (
    *("-U", "admin", "-E", "UTF8", "--locale=C.UTF-8"),
    *("--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"),
)
_PATIENCE_S = 30.0


def programs() -> Path | None:
    """Return the newest installed PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def _account() -> str | None:
    """Return whose process it must be: PostgreSQL refuses to be root's."""
    return None if os.geteuid() else next(name for name in ("postgres", "nobody") if _is_known(name))


def _is_known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@dataclass(slots=True, kw_only=True)
class PostgresServer:
    """A server that can be stopped, killed and started again."""

    folder: Path
    port: int
    is_durable: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    def database(self) -> str:
        """Make an empty database that belongs to a role without rights of its own, and return its address."""
        name = f"house{next(self._names)}"
        with self.admin() as sql:
            sql.execute(f'CREATE DATABASE "{name}" OWNER homarus'.encode())
        return self.url(name)

    def url(self, name: str, *, password: str = PASSWORD, user: str = "homarus") -> str:
        """Return the address of a database."""
        return f"postgresql://{user}:{password.replace(' ', '%20')}@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def admin(self, database: str = "postgres") -> Generator[psycopg.Connection]:
        """Connect as the one who may do everything."""
        with psycopg.connect(
            host=str(self.folder), port=self.port, user="admin", dbname=database, autocommit=True
        ) as sql:
            yield sql

    def start(self) -> None:
        """Start it and wait until it answers."""
        found = programs()
        assert found is not None
        words = [f"unix_socket_directories={self.folder}", f"port={self.port}", "listen_addresses=127.0.0.1"]
        words += _SMALL if self.is_durable else (*_SMALL, *_QUICKLY)
        options = [part for word in words for part in ("-c", word)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(found / "postgres"), "-D", str(self.folder / "data"), *options],
                stdout=log,
                stderr=log,
                user=_account(),
                cwd=self.folder,
            )
        self._wait()

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: in order (SIGINT), or as a power cut would (SIGQUIT)."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(_PATIENCE_S)
            self.process = None

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with self.admin():
                    return
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                assert self.process is not None
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)


@contextmanager
def running(*, is_durable: bool = False) -> Generator[PostgresServer]:
    """Run a server while inside; skips the test where Debian's package is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="hpg-", dir="/tmp"))  # short: a socket's path may have 107 bytes
    account = _account()
    if account is not None:
        shutil.chown(folder, account)
    try:
        subprocess.run(
            [str(found / "initdb"), "-D", str(folder / "data"), *_INIT],
            check=True,
            capture_output=True,
            user=account,
            cwd=folder,
        )
        server = PostgresServer(folder=folder, port=_free_port(), is_durable=is_durable)
        server.start()
        try:
            with server.admin() as sql:
                sql.execute(f"CREATE ROLE homarus LOGIN PASSWORD '{PASSWORD}'".encode())
            yield server
        finally:
            server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
