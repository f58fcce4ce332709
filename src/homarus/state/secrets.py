"""The folder `secrets` of a state folder, and how secrets are kept out of texts."""

import json
import re
from collections.abc import Iterable
from os import urandom as random_bytes
from pathlib import Path
from urllib.parse import quote

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.state.blobs import write_whole

REDACTED = "[redacted]"
MAX_BYTES = 256 * 1024
_SHORTEST = 6
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Secrets:
    """Secrets by name, one file each, for nobody but the owner."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> str | None:
        """Return a secret, `None` when there is none of this name; a file that others may read is closed to them."""
        if not _NAME.fullmatch(name):
            return None
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            return None
        try:
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            with path.open(encoding="utf-8") as file:
                return file.read(MAX_BYTES).strip() or None
        except (OSError, ValueError):
            return None

    def put(self, name: str, value: str) -> None:
        """Keep a secret.

        Raises:
            UsageError: when the name could lead out of the folder.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                _("{name!r} cannot be the name of a secret.").format(name=name),
                hint=_("Use letters, digits, dots, hyphens and underscores."),
            )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._folder.stat().st_mode & 0o077:
            self._folder.chmod(0o700)
        write_whole(self._folder / name, value.encode())

    def own_key(self, name: str) -> bytes:
        """Return 32 random bytes that the house keeps for itself under a name, made at the first call."""
        kept = self.get(name)
        if kept is None:
            self.put(name, random_bytes(32).hex())
            kept = self.get(name) or ""  # of two processes that made one, the later one counts for both
        return bytes.fromhex(kept)


def shapes_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return how values look in texts, in addresses and in JSON, longer ones first.

    Values shorter than six letters are left out: replacing them would tear up ordinary words.
    """
    shapes = {shape for value in values if len(value) >= _SHORTEST for shape in _shapes(value)}
    return tuple(sorted(shapes, key=len, reverse=True))


def _shapes(value: str) -> tuple[str, ...]:
    plain = value.encode("utf-8", "replace").decode()
    return (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(plain, safe=""))


def redact(text: str, shapes: Iterable[str]) -> str:
    """Return the text without any of these shapes."""
    for shape in shapes:
        text = text.replace(shape, REDACTED)
    return text
