"""Find the files that a command would run or read, and their hashes: a yes to a command is a yes to these as well."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from homarus.domain.content import Json, JsonObject
from homarus.domain.programs import RUNS_FILES

_BETWEEN = re.compile(r"[\s;&|<>()`$\"'=,:{}\\]+")
_MOST_WORDS = 500
_MOST_FILES = 300
_MOST_BYTES = 128 << 20
"""Of all of them; what does not fit counts by its size and the time of its last change, which no program can set."""


def named_files(arguments: JsonObject, workspace: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of the workspace that is named in arguments, by its path.

    With a program that runs what it finds (make, pytest), the files beside each other in the workspace count too.
    """
    root = workspace.resolve()
    words = [word for text in _texts(list(arguments.values())) for word in _BETWEEN.split(text)][:_MOST_WORDS]
    places = [workspace / word for word in words if word]
    if {Path(word).name for word in words} & RUNS_FILES:
        places += sorted(workspace.iterdir())
    files = dict.fromkeys(real for place in places if (real := _file_below(root, place)) is not None)
    found: dict[str, str] = {}
    room = _MOST_BYTES
    for file in list(files)[:_MOST_FILES]:
        try:
            about = file.stat()
            room -= about.st_size
            mark = f"{about.st_size} bytes, changed at {about.st_ctime_ns}" if room < 0 else _hash(file)
        except OSError:
            mark = "unreadable"
        found[str(file.relative_to(root))] = mark
    return found


def _texts(values: list[Json]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            values.extend(value)


def _file_below(root: Path, place: Path) -> Path | None:
    try:
        real = place.resolve()
        return real if real.is_relative_to(root) and real.is_file() else None
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, a ring of links
        return None


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
