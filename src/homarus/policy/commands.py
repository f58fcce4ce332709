"""Read a command the way a shell would, and say whether it is one plain program without shell tricks."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from homarus.domain.content import Json
from homarus.domain.programs import runs_anything

_TRICKS = re.compile(r"[;&|<>`$(){}\[\]*?!~#\n\r\\=^\x00-\x1f\x7f]|[^\x20-\x7e]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command that is exactly one program with arguments."""

    argv: tuple[str, ...]


def plain_program(command: Json) -> Program | None:
    """Return the program of a command (one string, or a list of words), `None` when a shell would do more with it."""
    if isinstance(command, str):
        if _TRICKS.search(command):
            return None
        try:
            words: Sequence[Json] = shlex.split(command)
        except ValueError:
            return None
    elif isinstance(command, Sequence):
        words = command
    else:
        return None
    argv = tuple(word for word in words if isinstance(word, str))
    return Program(argv=argv) if argv and len(argv) == len(words) and argv[0] else None


def is_safe(command: Json, safe_bins: frozenset[str]) -> bool:
    """Whether a command is one of the programs that the owner named, called by its bare name.

    What runs other programs is never safe: which ones stands in its arguments, or in files that a model can write.
    """
    program = plain_program(command)
    return program is not None and program.argv[0] in safe_bins and not runs_anything(program.argv[0])
