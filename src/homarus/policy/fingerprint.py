"""Hash exactly what will run, so that an approval holds for that and for nothing else."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from homarus.domain.content import Json, JsonObject
from homarus.domain.ids import SessionKey


def canonical(value: Json) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def fingerprint(tool: str, arguments: JsonObject, *, workspace: Path, session: SessionKey, sandbox_level: str) -> str:
    """Return the SHA-256 of a call with everything that decides what it does."""
    whole: list[Json] = [tool, arguments, str(workspace), session, sandbox_level]
    return hashlib.sha256(canonical(whole).encode("ascii")).hexdigest()


def with_files(mark: str, files: Mapping[str, str]) -> str:
    """Return the fingerprint of a call together with the files that it names, given by their hashes."""
    return hashlib.sha256(canonical([mark, dict(files)]).encode("ascii")).hexdigest() if files else mark
