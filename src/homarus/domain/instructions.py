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


def _folded(name: str) -> str:
    """Return the name as the most forgiving file system would compare it: case, accents and invisible letters aside."""
    visible = "".join(letter for letter in name if unicodedata.category(letter) not in {"Cf", "Cc"})
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).rstrip(" .")


def is_instruction_file(path: str) -> bool:
    """Say whether a path of the workspace is read into prompts: AGENTS.md and its like, skills/, memory/.

    Errs on the side of yes: the names count at any depth, since a workspace may hold another one.
    """
    parts = [_folded(part) for part in posixpath.normpath(path.replace("\\", "/")).split("/")]
    return parts[-1] in _FILES or any(part in _FOLDERS for part in parts)
