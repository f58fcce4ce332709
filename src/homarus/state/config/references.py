"""Look up the secrets that a configuration refers to: variables, files, the house's own store."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from homarus.state import secrets
from homarus.state.config.substitute import Reference, Secrets


def secrets_of(home: Path, variables: Mapping[str, str]) -> Secrets:
    """Return the lookup for one reading of the configuration."""
    stored = secrets.Secrets(home / "secrets")

    def look_up(reference: Reference) -> str | None:
        if reference.source == "env":
            return variables.get(reference.id)
        if reference.source == "file" and reference.path is not None:
            return _in_file(reference.path, reference.id)
        if reference.source == "file" and reference.id.startswith(("/", "~")):
            return _text(Path(reference.id).expanduser())
        return stored.get(reference.id)

    return look_up


def _in_file(path: Path, pointer: str) -> str | None:
    """Return a value of a JSON file by its pointer (RFC 6901), or the whole text when the name is no pointer."""
    text = _text(path)
    if text is None or not pointer.startswith("/"):
        return text
    import json

    try:
        value = cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return None
    for step in pointer[1:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        value = cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _text(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(secrets.MAX_BYTES).strip() or None
    except (OSError, ValueError):
        return None
