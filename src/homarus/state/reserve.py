"""A file that only takes up room: it is deleted when the disk is full, so that accepted work can still be finished."""

import os
import shutil
from pathlib import Path

RESERVE_BYTES = 4 * 1024 * 1024


class Reserve:
    """The room that is kept back."""

    def __init__(self, path: Path, *, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    @property
    def is_there(self) -> bool:
        """Whether the whole room is kept."""
        return self._path.exists() and self._path.stat().st_size >= self._size_bytes

    def make(self) -> bool:
        """Take the room unless it is taken; return whether it is, leaving as much again free for others."""
        if self.is_there:
            return True
        try:
            if shutil.disk_usage(self._path.parent).free < 2 * self._size_bytes:
                return False
            self._fill()
        except OSError:
            self.spend()
            return False
        return True

    def spend(self) -> bool:
        """Give the room back; return whether there was any."""
        try:
            self._path.unlink()
        except OSError:  # none there, or a disk that does not even let go of it
            return False
        return True

    def _fill(self) -> None:
        # Random bytes: a file system that compresses would give zeros no room.
        piece = os.urandom(64 * 1024)
        self._path.touch(mode=0o600)
        with self._path.open("wb") as file:
            file.writelines(piece for _ in range(self._size_bytes // len(piece)))
