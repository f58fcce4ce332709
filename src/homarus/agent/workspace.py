"""Put the first files into a workspace, and read the ones that belong into every prompt."""

import re
import stat
import time
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from homarus.agent.wrapping import capped

SHIPPED = ("AGENTS.md", "SOUL.md", "USER.md", "MEMORY.md")
REQUIRED = ("AGENTS.md", "SOUL.md", "USER.md")
BOOTSTRAP = ("AGENTS.md", "SOUL.md", "IDENTITY.md", "USER.md", "TOOLS.md")
"""Read for every session, in this order."""
MEMORY = "MEMORY.md"

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BLANK_LINES = re.compile(r"\n{3,}")
_READ_LIMIT_BYTES = 1_000_000
_MAY_CHANGE_UNSEEN_NS = 2_000_000_000
"""A file that has just been changed may change again within one tick of its clock, so it is read each time."""


def seed(folder: Path) -> tuple[str, ...]:
    """Write the shipped files that are not there yet and return their names; nothing is ever overwritten."""
    for needed in (folder, folder / "memory", folder / "skills"):
        if not needed.is_dir():  # every turn looks, and hardly ever is there something to make
            needed.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[str] = []
    for name in SHIPPED:
        if (folder / name).exists():
            continue
        text = files("homarus.agent").joinpath("templates", name).read_text(encoding="utf-8")
        try:
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        written.append(name)
    return tuple(written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of the workspace a prompt has room for."""

    file_chars: int
    total_chars: int


def bootstrap(folder: Path, caps: Caps) -> str:
    """Return the workspace files as one text for the system prompt.

    Comments are for the owner and left out, and so is a file that says nothing else; a required file that is not
    there is named, because an agent without orders should know that they are missing.
    """
    sections: list[str] = []
    room = caps.total_chars
    for name in BOOTSTRAP:
        text = _read(folder / name)
        if text is None and name in REQUIRED:
            sections.append(f"## {name}\n(missing file)")
        elif text and _says_something(text):
            shown = capped(text, min(caps.file_chars, max(room, 200)))
            room -= len(shown)
            sections.append(f"## {name}\n{shown}")
    return "\n\n".join(sections)


def memory(folder: Path, caps: Caps) -> str:
    """Return MEMORY.md for the owner's main session, empty when it says nothing."""
    text = _read(folder / MEMORY)
    return capped(text, caps.file_chars) if text and _says_something(text) else ""


def _read(path: Path) -> str | None:
    """Return a file without its comments; `None` when it is not there or is no plain file."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return None
        changed_ns = max(found.st_mtime_ns, found.st_ctime_ns)
        if time.time_ns() - changed_ns < _MAY_CHANGE_UNSEEN_NS:
            return _text_of(path)
        return _known_text_of(path, changed_ns, found.st_size, found.st_ino)
    except OSError:
        return None


@lru_cache(maxsize=64)
def _known_text_of(path: Path, _changed_ns: int, _size: int, _inode: int) -> str:
    """Return a file as long as it is the same one: reading five of them took a tenth of a turn."""
    return _text_of(path)


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(_READ_LIMIT_BYTES)
    text = _COMMENT.sub("", raw.decode("utf-8", "replace"))
    return _BLANK_LINES.sub("\n\n", text).strip()


def _says_something(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())
