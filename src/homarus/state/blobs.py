"""Attachments by their SHA-256: the same bytes are kept once and are what they were."""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
from pathlib import Path

from homarus.domain.errors import NotFoundError, StateError
from homarus.domain.i18n import _
from homarus.domain.ids import fresh
from homarus.state.ledger import full

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there completely or not at all, mode 0600.

    Raises:
        DiskFullError: when there is no room; what was there before is untouched.
    """
    unfinished = path.with_name(f".{path.name}.{fresh('part')}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        if error.errno in _NO_ROOM:
            raise full() from error
        raise StateError(
            _("{path!r} cannot be written: {error}.").format(path=str(path), error=error.strerror),
            hint=_("Check that the folder belongs to you and is not read-only."),
        ) from error


class Blobs:
    """The folder `blobs` of a state folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256 in hex.

        Raises:
            DiskFullError: when there is no room.
        """
        return await asyncio.to_thread(self._put, content)

    async def get(self, digest: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFoundError: when there are none with this hash.
            StateError: when the file is damaged.
        """
        return await asyncio.to_thread(self._get, digest)

    def path(self, digest: str) -> Path:
        """Return where the bytes are or would be."""
        if not _DIGEST.fullmatch(digest):
            raise NotFoundError(
                _("{digest!r} is not the SHA-256 of an attachment.").format(digest=digest),
                hint=_("An attachment is named by 64 hexadecimal digits."),
            )
        return self._folder / digest[:2] / digest

    def _put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        if not path.exists() or path.stat().st_size != len(content):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, content)
        return digest

    def _get(self, digest: str) -> bytes:
        try:
            content = self.path(digest).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(
                _("The attachment {digest!r} is not here.").format(digest=digest),
                hint=_("It may have been removed from the folder `blobs`; send it again."),
            ) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise StateError(
                _("The attachment {digest!r} is damaged on the disk.").format(digest=digest),
                hint=_("Restore the folder `blobs` from a backup, or send the attachment again."),
            )
        return content
