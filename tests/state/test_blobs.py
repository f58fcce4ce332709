"""Attachments are what they were, or nothing."""

import hashlib
from pathlib import Path

import pytest

from homarus.domain.errors import NotFoundError, StateError
from homarus.state.blobs import Blobs, write_whole

pytestmark = pytest.mark.anyio


@pytest.fixture
def blobs(home: Path) -> Blobs:
    return Blobs(home / "blobs")


async def test_bytes_come_back_by_their_hash(blobs: Blobs) -> None:
    digest = await blobs.put(b"picture")
    assert digest == hashlib.sha256(b"picture").hexdigest()
    assert await blobs.get(digest) == b"picture"
    assert await blobs.put(b"picture") == digest


async def test_damaged_bytes_are_not_handed_out(blobs: Blobs) -> None:
    digest = await blobs.put(b"picture")
    blobs.path(digest).write_bytes(b"picturf")
    with pytest.raises(StateError, match="damaged"):
        await blobs.get(digest)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 64])
async def test_what_is_not_there_is_not_found(blobs: Blobs, digest: str) -> None:
    with pytest.raises(NotFoundError):
        await blobs.get(digest)


def test_a_file_that_cannot_be_written_leaves_the_old_one(home: Path) -> None:
    (home / "folder").mkdir()
    with pytest.raises(StateError):
        write_whole(home / "folder", b"x")
    assert [path.name for path in home.iterdir()] == ["folder"]
