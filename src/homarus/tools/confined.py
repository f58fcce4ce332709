"""Open files below one folder and nowhere else, whatever links and races stand in the way.

Every step of a path is opened from the folder before it, without following links, so there is no moment between
looking and opening that somebody could use. Files with a second name are refused: the other one may lie outside.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from homarus.domain.errors import ToolArgumentError, ToolFailedError
from homarus.domain.labels import HOUSE
from homarus.domain.paths import workspace_path

UNDO_FOLDER = ".undo"
"""What was replaced is kept there, below the workspace."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The opened folder that a file lies in, and the file's name there."""

    folder: int
    name: str
    path: str
    """Relative to the workspace, with `/`."""


def relative(workspace: Path, path: str) -> PurePosixPath:
    """Return a path as it lies below the workspace; an absolute one may point into it.

    Raises:
        ToolArgumentError: when it leads out of the workspace or cannot be a path.
    """
    wanted = PurePosixPath(workspace_path(path))
    if wanted.is_absolute():
        for root in (workspace, workspace.resolve()):
            if wanted.is_relative_to(root):
                return wanted.relative_to(root)
        raise ToolArgumentError(
            f"{path!r} is outside the workspace.", hint="Use a path relative to the workspace, as notes/today.md."
        )
    return wanted


@contextlib.contextmanager
def opened_folder(workspace: Path, path: PurePosixPath, *, is_made: bool = False) -> Generator[int]:
    """Open a folder below the workspace, step by step; `is_made` makes the ones that are missing.

    Raises:
        ToolFailedError: when it is not there, is not a folder, or a link stands in the way.
    """
    current = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for number, part in enumerate(path.parts):
            if is_made:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=current)
            below = _step(current, part, PurePosixPath(*path.parts[: number + 1]))
            os.close(current)
            current = below
        yield current
    finally:
        os.close(current)


def _step(current: int, part: str, path: PurePosixPath) -> int:
    try:
        return os.open(part, _FOLDER, dir_fd=current)
    except FileNotFoundError as error:
        raise ToolFailedError(
            f"There is no folder {str(path)!r}.", hint="See what there is with files.list.", label=HOUSE
        ) from error
    except OSError as error:  # a link gives ELOOP or ENOTDIR, a file ENOTDIR
        raise ToolFailedError(
            f"{str(path)!r} is not a folder of the workspace.",
            hint="Links are not followed; use the real path.",
            label=HOUSE,
        ) from error


@contextlib.contextmanager
def located(workspace: Path, path: str, *, is_made: bool = False) -> Generator[Place]:
    """Open the folder that a file lies in.

    Raises:
        ToolArgumentError: when the path leads out of the workspace or names a folder.
        ToolFailedError: when the folder cannot be opened.
    """
    wanted = relative(workspace, path)
    if not wanted.name:
        raise ToolArgumentError("A file name is missing.", hint="Write a path, as notes/today.md.")
    with opened_folder(workspace, wanted.parent, is_made=is_made) as folder:
        yield Place(folder=folder, name=wanted.name, path=str(wanted))


def found_file(place: Place) -> os.stat_result | None:
    """Return what is known of a file, `None` when there is none.

    Raises:
        ToolFailedError: when something else has this name, or the file has a second one.
    """
    try:
        found = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    _refuse_unless_plain(place.path, found)
    return found


def _refuse_unless_plain(path: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise ToolFailedError(
            f"{path!r} is a folder.", hint="Use files.list for it, or name a file in it.", label=HOUSE
        )
    if stat.S_ISLNK(found.st_mode):
        raise ToolFailedError(f"{path!r} is a link.", hint="Links are not followed; use the real path.", label=HOUSE)
    if not stat.S_ISREG(found.st_mode):
        raise ToolFailedError(
            f"{path!r} is a device, pipe or socket, not a file.", hint="Name an ordinary file.", label=HOUSE
        )
    if found.st_nlink > 1:
        raise ToolFailedError(
            f"{path!r} has a second name, which may lie outside the workspace.",
            hint="Ask the owner to put a copy of it there instead of a hard link.",
            label=HOUSE,
        )


def opened_file(place: Place) -> int:
    """Open a plain file for reading.

    Raises:
        ToolFailedError: when it is not there or not plain.
    """
    if found_file(place) is None:
        raise ToolFailedError(
            f"There is no file {place.path!r}.", hint="See what there is with files.list.", label=HOUSE
        )
    try:
        number = os.open(place.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place.folder)
    except OSError as error:
        raise ToolFailedError(
            f"{place.path!r} cannot be opened: {error.strerror}.",
            hint="Ask the owner about its permissions.",
            label=HOUSE,
        ) from error
    try:
        _refuse_unless_plain(place.path, os.fstat(number))  # again: now nobody can exchange it any more
    except ToolFailedError:
        os.close(number)
        raise
    return number


def replace_file(place: Place, content: bytes, *, mode: int) -> None:
    """Put a file in the place of what was there, whole or not at all.

    Raises:
        ToolFailedError: when it cannot be written.
    """
    temporary = f".{secrets.token_hex(8)}.tmp"
    try:
        number = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=place.folder
        )
        with os.fdopen(number, "wb") as file:
            os.fchmod(number, mode)
            file.write(content)
            file.flush()
            os.fsync(number)
        os.replace(temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
        os.fsync(place.folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=place.folder)
        raise ToolFailedError(
            f"{place.path!r} could not be written: {error.strerror}.",
            hint="Tell the owner; nothing was changed.",
            label=HOUSE,
        ) from error
