"""Secrets by reference: the value is looked up at the time of use and is never part of a configuration or a log."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import urandom as random_bytes
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import quote

from homarus.domain.content import Json
from homarus.domain.errors import ConfigError, UsageError
from homarus.domain.i18n import _
from homarus.state.blobs import write_whole

Source: TypeAlias = Literal["env", "file", "store"]
REDACTED = "[redacted]"
_SHORTEST = 6
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VARIABLE = re.compile(r"\$(\$?)\{([A-Z_][A-Z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRef:
    """Where a secret is: `{source: "env", id: "ANTHROPIC_API_KEY"}`."""

    source: Source
    id: str


def as_ref(value: Json) -> SecretRef | None:
    """Return the reference that a value of the configuration is, `None` when it is something else.

    Raises:
        ConfigError: when it looks like a reference and cannot be followed.
    """
    if not isinstance(value, Mapping) or "source" not in value:
        return None
    source, name = value["source"], value.get("id")
    if not isinstance(name, str) or not name:
        raise ConfigError(
            _("A secret reference with source {source!r} has no `id`.").format(source=source),
            hint=_('Write it like {source: "env", id: "NAME_OF_THE_VARIABLE"}.'),
        )
    if source not in {"env", "file", "store"}:
        raise ConfigError(
            _("The secret {name!r} has the source {source!r}, which homarus does not follow.").format(
                name=name, source=source
            ),
            hint=_("Use `env`, `file` or `store`; a program is never run to get a secret."),
        )
    return SecretRef(source="env" if source == "env" else "file" if source == "file" else "store", id=name)


class Secrets:
    """The folder `secrets` of a state folder, the environment, and files elsewhere."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._seen: set[str] = set()

    def resolve(self, value: Json) -> str:
        """Return the secret that a reference, or a text with `${NAME}` in it, stands for right now.

        `$${NAME}` stands for `${NAME}` itself.

        Raises:
            ConfigError: when there is no such secret; the message names the reference, never a value.
        """
        ref = as_ref(value)
        if ref is not None:
            return self._remember(self._look_up(ref))
        if not isinstance(value, str):
            raise ConfigError(
                _("A secret is a text or a reference, not {kind}.").format(kind=type(value).__name__),
                hint=_('Write it like "${NAME}" or {source: "store", id: "name"}.'),
            )
        return self._remember(_VARIABLE.sub(self._variable, value))

    def put(self, name: str, value: str) -> SecretRef:
        """Keep a secret in the store and return the reference to it."""
        path = self._path(name)
        self._private_folder()
        write_whole(path, value.encode())
        return SecretRef(source="store", id=name)

    def own_key(self, name: str) -> bytes:
        """Return 32 random bytes that the house keeps for itself under a name, made at the first call."""
        if name not in self.names():
            self.put(name, random_bytes(32).hex())
        return bytes.fromhex(self.resolve({"source": "store", "id": name}))

    def remove(self, name: str) -> bool:
        """Forget a secret of the store; return whether there was one."""
        path = self._path(name)
        was_there = path.exists()
        path.unlink(missing_ok=True)
        return was_there

    def names(self) -> tuple[str, ...]:
        """Return the names of what the store holds."""
        if not self._folder.is_dir():
            return ()
        return tuple(sorted(path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name)))

    def redact(self, text: str) -> str:
        """Return the text without any secret that was resolved so far."""
        return redact(text, self._seen)

    def _look_up(self, ref: SecretRef) -> str:
        if ref.source == "env":
            return self._from_environment(ref.id)
        path = self._path(ref.id) if ref.source == "store" else Path(ref.id).expanduser()
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                _("The secret {name!r} cannot be read from the {source}.").format(name=ref.id, source=ref.source),
                hint=_("Put it there, mode 0600, or change the reference."),
            ) from error
        if ref.source == "store" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return value

    def _variable(self, found: re.Match[str]) -> str:
        if found.group(1):
            return found.group(0)[1:]
        return self._remember(self._from_environment(found.group(2)))

    def _from_environment(self, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            raise ConfigError(
                _("The environment variable {name!r} is not set.").format(name=name),
                hint=_("Set it where the gateway is started: `export {name}=...`.").format(name=name),
            )
        return value

    def _remember(self, value: str) -> str:
        self._seen.add(value)
        return value

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise UsageError(
                _("{name!r} cannot be the name of a secret.").format(name=name),
                hint=_("Use letters, digits, dots, hyphens and underscores."),
            )
        return self._folder / name

    def _private_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._folder.stat().st_mode & 0o077:
            self._folder.chmod(0o700)


def redact(text: str, values: Iterable[str]) -> str:
    """Return the text with each value replaced, also where it stands in an address or in JSON.

    Values shorter than six letters are left: replacing them would tear up ordinary words.
    """
    shapes = {shape for value in values if len(value) >= _SHORTEST for shape in _shapes(value)}
    for shape in sorted(shapes, key=len, reverse=True):
        text = text.replace(shape, REDACTED)
    return text


def _shapes(value: str) -> tuple[str, ...]:
    plain = value.encode("utf-8", "replace").decode()
    return (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(plain, safe=""))
