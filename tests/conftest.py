"""What every test has: asyncio as the backend, and a home folder of its own."""

from pathlib import Path

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh HOMARUS_HOME."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder
