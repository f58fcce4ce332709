"""The owner's files for playbooks: below the workspace by name, elsewhere by their full path; never the house's own."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.sources import NoDataError
from homarus.domain.speaking import FileRead

LARGEST_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersFiles:
    """Implements `domain.speaking.Files`."""

    home: Path
    """The state folder: nothing of it is read, but the workspace."""
    workspace: Path
    is_bound: bool = False
    """Whether only files of the workspace may be read: a run that no person and no schedule began."""

    async def read(self, path: str) -> FileRead:
        """Return a file.

        Raises:
            NoDataError: when there is none, it may not be read, or it is too large.
        """
        return await asyncio.to_thread(self._read, path)

    def _read(self, path: str) -> FileRead:
        try:
            found = (self.workspace / Path(path).expanduser()).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise _unreadable(path, _("that is no path")) from error
        if not self._may(found):
            raise _unreadable(path, _("it is not a file that playbooks may read"))
        try:
            if not found.is_file():
                raise _unreadable(path, _("there is no such file"))
            if found.stat().st_size > LARGEST_BYTES:
                raise _unreadable(path, _("it is larger than {most} MB").format(most=LARGEST_BYTES // 1024**2))
            content = found.read_bytes()
        except OSError as error:
            raise _unreadable(path, error.strerror or str(error)) from error
        return FileRead(path=str(found), content=content, label=Label(origin=Origin.FILE, source=f"file {path}"))

    def _may(self, found: Path) -> bool:
        if found.is_relative_to(self.workspace.resolve()):
            return True
        return not self.is_bound and not found.is_relative_to(self.home.resolve())


def _unreadable(path: str, because: str) -> NoDataError:
    return NoDataError(
        _("{path!r} cannot be read: {because}.").format(path=path, because=because),
        hint=_("Name a file below the workspace, or the full path of one that belongs to you."),
    )
