"""What every test has: asyncio as the backend, and a home folder of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dovecot_server import Dovecot
    from postgres_server import PostgresServer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh HOMARUS_HOME."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[PostgresServer]":
    """A real PostgreSQL, started once with the first test that asks for it; skips where it is not installed."""
    from postgres_server import running

    with running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: "PostgresServer") -> str:
    """The address of an empty database of its own."""
    return postgres_server.database()


@pytest.fixture(scope="session")
def dovecot() -> "Iterator[Dovecot]":
    """A real IMAP server with LMTP delivery, started once; `dovecot.user()` is somebody with an empty mailbox."""
    from dovecot_server import running

    with running() as server:
        yield server


@pytest.fixture
def trusts_dovecot(dovecot: "Dovecot", monkeypatch: pytest.MonkeyPatch) -> "Dovecot":
    """The same server, whose certificate this test's TLS connections accept."""
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    return dovecot
