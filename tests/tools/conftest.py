"""A workspace with fakes around it."""

from pathlib import Path

import pytest

from homarus.testing.rooms import FakeRooms, fake_rooms


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with a secret beside it."""
    place = tmp_path / "home" / "workspace"
    place.mkdir(parents=True)
    (tmp_path / "home" / "secret").write_text("hunter2", encoding="utf-8")
    return place


@pytest.fixture
def rooms(workspace: Path) -> FakeRooms:
    """Fakes of everything that a tool gets."""
    return fake_rooms(workspace)
