"""Remember which plugin files the owner approved, by the hash of their bytes.

A file in the state folder, which no tool of an agent can reach; only the owner's terminal writes it, and the gateway
reads it at its start: approving and revoking need a restart.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.i18n import _
from homarus.gateway.plugins import sha256_of
from homarus.state.blobs import write_whole

_FILE = "plugins.approved.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginFile:
    """A file in the plugins folder, and whether these very bytes may run."""

    name: str
    path: Path
    sha256: str
    is_approved: bool
    is_changed: bool
    """Whether other bytes of this name were approved before."""


def approved(home: Path) -> dict[str, str]:
    """Return the path of each approved plugin and the hash of what was approved; nothing when that cannot be read."""
    try:
        found = json.loads((home / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    told = cast("dict[str, str]", found) if isinstance(found, dict) else {}
    return {str(home / "plugins" / name): str(digest) for name, digest in told.items()}


def files(home: Path) -> list[PluginFile]:
    """Return the plugins that lie in the folder."""
    known = approved(home)
    return [_file(path, known) for path in sorted((home / "plugins").glob("*.py"))]


def approve(home: Path, name: str, *, sha256: str | None = None) -> PluginFile:
    """Let a plugin run, as it is now; with a hash, only when it is still the file with that hash.

    Raises:
        NotFoundError: when there is no such file.
        UsageError: when it is another file by now.
    """
    found = _named(home, name)
    if sha256 is not None and sha256 != found.sha256:
        raise UsageError(
            _("{name} is not the file that you read: its sha256 is {digest} now.").format(
                name=found.name, digest=found.sha256
            ),
            hint=_("Read it again, then approve it."),
        )
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
    before = known.get(str(path))
    return PluginFile(
        name=path.name,
        path=path,
        sha256=digest,
        is_approved=before == digest,
        is_changed=before is not None and before != digest,
    )


def _write(home: Path, known: Mapping[str, str]) -> None:
    by_name = {Path(path).name: digest for path, digest in known.items()}
    write_whole(home / _FILE, json.dumps(by_name, indent=2, sort_keys=True).encode())
