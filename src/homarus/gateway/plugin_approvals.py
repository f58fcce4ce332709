"""Remember which plugin files the owner approved, by the hash of their bytes.

A file in the state folder, which no tool of an agent can reach; the terminal writes it, the gateway reads it at start.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _
from homarus.gateway.plugins import sha256_of

_FILE = "plugins.approved.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginFile:
    """A file in the plugins folder, and whether these very bytes may run."""

    name: str
    path: Path
    sha256: str
    is_approved: bool


def approved(home: Path) -> dict[str, str]:
    """Return the path of each approved plugin and the hash of what was approved; nothing when that cannot be read."""
    try:
        found = json.loads((home / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    told = cast("dict[str, str]", found) if isinstance(found, dict) else {}
    return {path: digest for path, digest in told.items() if isinstance(digest, str)}  # pyright: ignore[reportUnnecessaryIsInstance] - the file may hold anything


def files(home: Path) -> list[PluginFile]:
    """Return the plugins that lie in the folder."""
    known = approved(home)
    return [_file(path, known) for path in sorted((home / "plugins").glob("*.py"))]


def approve(home: Path, name: str) -> PluginFile:
    """Let a plugin run, as it is now.

    Raises:
        NotFoundError: when there is no such file.
    """
    found = _named(home, name)
    _write(home, {**approved(home), str(found.path): found.sha256})
    return _named(home, name)


def revoke(home: Path, name: str) -> PluginFile:
    """Let a plugin not run any more, from the next start on.

    Raises:
        NotFoundError: when there is no such file.
    """
    found = _named(home, name)
    _write(home, {path: digest for path, digest in approved(home).items() if path != str(found.path)})
    return _named(home, name)


def _named(home: Path, name: str) -> PluginFile:
    wanted = {name, f"{name}.py"}
    for found in files(home):
        if found.name in wanted:
            return found
    raise NotFoundError(
        _("There is no plugin {name!r} in {folder}.").format(name=name, folder=home / "plugins"),
        hint=_("homarus plugin list shows what is there."),
    )


def _file(path: Path, known: Mapping[str, str]) -> PluginFile:
    digest = sha256_of(path)
    return PluginFile(name=path.name, path=path, sha256=digest, is_approved=known.get(str(path)) == digest)


def _write(home: Path, known: Mapping[str, str]) -> None:
    half = home / f".{_FILE}.{os.getpid()}"
    half.touch(mode=0o600)
    half.write_text(json.dumps(known, indent=2), encoding="utf-8")
    half.replace(home / _FILE)
