"""Say which folders cannot be a workspace: giving them to an agent and its commands would give too much."""

from pathlib import Path

from homarus.domain.i18n import _

_WHOLE = ("bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys", "usr")
"""Folders of the system at the root: nothing below them is anybody's workspace."""
_MAC = ("System", "Library", "Applications", "private/etc", "private/var/db")
_ONLY_BELOW = ("home", "Users", "Volumes", "media", "mnt", "opt", "private", "root", "srv", "tmp", "var", "var/lib")
"""Folders that are no workspace themselves, but may have one below them."""
_HOMES = ("home", "Users")

_KEPT = frozenset({"secrets", "blobs", "backups", "plugins", "logs", "models"})
"""Folders of the state folder that are the house's own."""


def refuse(path: Path, home: Path | None) -> str | None:
    """Return why a folder cannot be a workspace, or nothing; `home` is the state folder of the house, where known.

    Both the path as written and the place where its links lead are looked at.
    """
    written = path.expanduser().absolute()
    for place in dict.fromkeys((written, written.resolve())):
        because = _why_not(place, home)
        if because is not None:
            return because
    return None


def _why_not(place: Path, home: Path | None) -> str | None:
    root = Path(place.anchor)
    if place == root or ".." in place.parts:
        return _("{path} is the whole machine, not a workspace.").format(path=repr(str(place)))
    for name in (*_WHOLE, *_MAC):
        if place.is_relative_to(root / name) and not _is_own_run(place):
            return _("{path} belongs to the system.").format(path=repr(str(place)))
    if place in {root / name for name in _ONLY_BELOW} or place == Path.home():
        return _("{path} holds much more than a workspace; name a folder below it.").format(path=repr(str(place)))
    if place.parent in {root / name for name in _HOMES}:
        return _("{path} is somebody's home; name a folder below it.").format(path=repr(str(place)))
    own = () if home is None else (home.absolute(), home.resolve())
    if any(one == place or one.is_relative_to(place) for one in own):
        return _("{path} holds the state of homarus, with its keys; name a folder below it or elsewhere.").format(
            path=repr(str(place))
        )
    inside = [place.relative_to(one).parts[0] for one in own if place.is_relative_to(one)]
    if any(name in _KEPT or name.endswith((".json5", ".db")) for name in inside):
        return _("{path} is where homarus keeps its own things.").format(path=repr(str(place)))
    return None


def _is_own_run(place: Path) -> bool:
    """Whether a place is below the run folder of a user, where temporary folders may lie."""
    return place.is_relative_to("/run/user") and len(place.parts) > len(Path("/run/user/1000").parts)
