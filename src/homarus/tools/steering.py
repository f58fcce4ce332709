"""Keep what steers the agent out of the hands of a command: see which files do before it runs, put them back after.

A command may write in the workspace, so whatever it runs could write instructions for the agent, or a hook that runs
when the owner next uses git there. Where a sandbox can bind files read-only (`fixed`), they are not touched at all;
what is missing, and everything where it cannot, is compared with what was there and put back. Only names at the top
count here, because only those are read. What a command put in their place is kept in the undo folder.

`memory/` is fixed where that is possible and left alone where it is not: the house itself writes there while commands
run, and an entry without its seal counts as a file's words anyway.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from homarus.domain.errors import ToolFailedError
from homarus.domain.instructions import is_instruction_file
from homarus.tools.confined import UNDO_FOLDER, Place, opened_folder, replace_file

_REPOSITORY = (".git/config", ".git/config.worktree", ".git/commondir", ".git/hooks")
_LARGEST_BYTES = 8 << 20
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A file as it was: enough to tell that it is the same, and to make it again."""

    mode: int
    stamp: tuple[int, int, int]
    """Inode, size and time of the last change, which no program can set."""
    content: bytes | None = None
    """`None` for what is no plain file, and for what is too large to keep."""
    target: str | None = None
    """Where a link leads."""


def fixed(workspace: Path) -> tuple[str, ...]:
    """Return what is there and can be bound read-only: plain files and folders that steer, no links."""
    top = [entry.name for entry in os.scandir(workspace) if not entry.is_symlink() and _steers(entry)]
    repository = [name for name in _REPOSITORY if _is_plain(workspace, name)]
    return tuple(sorted([*top, *repository]))


def _steers(entry: "os.DirEntry[str]") -> bool:
    if entry.is_dir(follow_symlinks=False):
        return entry.name != ".git" and is_instruction_file(f"{entry.name}/x")
    return is_instruction_file(entry.name)


def _is_plain(workspace: Path, name: str) -> bool:
    places = [workspace / name, *(workspace / name).parents[: len(PurePosixPath(name).parts) - 1]]
    return places[0].exists() and not any(place.is_symlink() for place in places)


def seen(workspace: Path, *, but: Collection[str] = ()) -> Mapping[str, Seen]:
    """Return the files that steer as they are now, without those that a command cannot touch."""
    found: dict[str, Seen] = {}
    room = _MOST_BYTES
    with opened_folder(workspace, PurePosixPath()) as top:
        for path in _named(top, but):
            with contextlib.suppress(OSError, ToolFailedError):  # gone since it was listed
                found[path] = _look(workspace, path, room)
                room -= len(found[path].content or b"")
    return found


def _named(top: int, but: Collection[str]) -> Iterator[str]:
    """Yield every path that steers, or that stands where something that steers could be."""
    for name in sorted(os.listdir(top)):
        if name in but or name.casefold() == "memory":
            continue
        if is_instruction_file(name) and name != ".git":
            yield from _below(top, name, but) if is_instruction_file(f"{name}/x") else (name,)
        elif name == ".git":
            yield from _repository(top, but)


def _repository(top: int, but: Collection[str]) -> Iterator[str]:
    if not _is_folder(top, ".git"):
        yield ".git"
        return
    for name in _REPOSITORY:
        if name not in but:
            yield from _below(top, name, but)


def _below(top: int, path: str, but: Collection[str]) -> Iterator[str]:
    if path in but:
        return
    if not _is_folder(top, path):
        with contextlib.suppress(FileNotFoundError):
            os.stat(path, dir_fd=top, follow_symlinks=False)
            yield path
        return
    for above, folders, files, place in os.fwalk(path, dir_fd=top, follow_symlinks=False):
        links = [name for name in folders if _is_link(place, name)]
        yield from (f"{above}/{name}" for name in sorted([*files, *links]))


def _is_folder(top: int, path: str) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISDIR(os.stat(path, dir_fd=top, follow_symlinks=False).st_mode)
    return False


def _is_link(place: int, name: str) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode)


@contextlib.contextmanager
def _placed(workspace: Path, path: str, *, is_made: bool = False) -> Generator[Place]:
    """Open the folder of a file that was listed, whatever letters its name has."""
    listed = PurePosixPath(path)
    with opened_folder(workspace, listed.parent, is_made=is_made) as folder:
        yield Place(folder=folder, name=listed.name, path=path)


def _look(workspace: Path, path: str, room: int) -> Seen:
    with _placed(workspace, path) as place:
        found = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        stamp = (found.st_ino, found.st_size, found.st_ctime_ns)
        if stat.S_ISLNK(found.st_mode):
            return Seen(mode=found.st_mode, stamp=stamp, target=os.readlink(place.name, dir_fd=place.folder))
        if not stat.S_ISREG(found.st_mode) or found.st_size > min(_LARGEST_BYTES, room):
            return Seen(mode=found.st_mode, stamp=stamp)
        number = os.open(place.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place.folder)
        with os.fdopen(number, "rb") as file:
            return Seen(mode=found.st_mode, stamp=stamp, content=file.read(_LARGEST_BYTES))


# --- put back -----------------------------------------------------------------------------------------------------


def put_back(workspace: Path, before: Mapping[str, Seen], *, but: Collection[str] = ()) -> tuple[str, ...]:
    """Undo what happened to the files that steer, and return which were concerned, with what could not be undone."""
    after = seen(workspace, but=but)
    concerned: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old is not None and new is not None and _is_same(old, new):
            continue
        concerned.append(path if _is_undone(workspace, path, old, is_there=new is not None) else f"{path} (not undone)")
    return tuple(concerned)


def _is_same(old: Seen, new: Seen) -> bool:
    if old.stamp == new.stamp:
        return True
    has_words = old.content is not None or old.target is not None
    return has_words and (old.content, old.target) == (new.content, new.target) and old.mode == new.mode


def _is_undone(workspace: Path, path: str, old: Seen | None, *, is_there: bool) -> bool:
    try:
        if old is not None and old.content is None and old.target is None:
            return False
        if is_there:
            _put_away(workspace, path)
        if old is not None:
            _make_again(workspace, path, old)
    except (OSError, ToolFailedError):
        return False
    return True


def _put_away(workspace: Path, path: str) -> None:
    undo = workspace / UNDO_FOLDER
    if undo.is_symlink() or (undo.exists() and not undo.is_dir()):
        undo.unlink()
    name = f"command-{secrets.token_hex(4)}-{PurePosixPath(path).name}"
    with _placed(workspace, path) as here, opened_folder(workspace, PurePosixPath(UNDO_FOLDER), is_made=True) as away:
        os.rename(here.name, name, src_dir_fd=here.folder, dst_dir_fd=away)


def _make_again(workspace: Path, path: str, old: Seen) -> None:
    with _placed(workspace, path, is_made=True) as place:
        if old.target is not None:
            os.symlink(old.target, place.name, dir_fd=place.folder)
        else:
            replace_file(place, old.content or b"", mode=stat.S_IMODE(old.mode))
