"""Tell which files of a workspace steer an agent: writing one of them changes what it will do from then on."""

import posixpath
import unicodedata

_FILES = frozenset(
    {
        "agents.md",
        "soul.md",
        "user.md",
        "memory.md",
        "identity.md",
        "tools.md",
        "heartbeat.md",
        "boot.md",
        "bootstrap.md",
        "skill.md",
    }
)
_FOLDERS = frozenset({"skills", "memory"})


_REPOSITORY = ".git"


def _folded(name: str) -> str:
    """Return the name as the most forgiving file system would compare it: case, accents and invisible letters aside."""
    visible = "".join(letter for letter in name if unicodedata.category(letter) not in {"Cf", "Cc"})
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).strip().rstrip(" .")


def is_instruction_file(path: str) -> bool:
    """Say whether a path of the workspace is read into prompts: AGENTS.md and its like, skills/, memory/.

    What is below `.git` counts too: its configuration and hooks run programs when the owner next uses git there. Errs
    on the side of yes: the names count at any depth, since a workspace may hold another one, and in every way in which
    somebody could read the path.
    """
    readings = {reading for way in (path, path.replace("\\", "/")) for reading in (way, posixpath.normpath(way))}
    return any(_steers([_folded(part) for part in reading.split("/")]) for reading in readings)


def _steers(parts: list[str]) -> bool:
    named = [part for part in parts if part]
    return bool(named) and (named[-1] in _FILES or any(part in _FOLDERS or part == _REPOSITORY for part in named))
