"""A key from a file or a pipe: never from the command line, where every program of the machine could read it."""

import sys
from pathlib import Path

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _


def read_key(name: str) -> str:
    """Return the first line of a file, of standard input for `-`.

    Raises:
        UsageError: when it is not there.
    """
    try:
        text = sys.stdin.readline() if name == "-" else _first_line(name)
    except OSError as error:
        raise UsageError(
            _("{name!r} cannot be read: {reason}.").format(name=name, reason=error.strerror or error),
            hint=_("Give a file with the key on its first line, or - for standard input."),
        ) from error
    if not text.strip():
        raise UsageError(_("There is no key in {name!r}.").format(name=name), hint=_("It stands on the first line."))
    return text.strip()


def _first_line(name: str) -> str:
    with Path(name).expanduser().open(encoding="utf-8") as file:
        return file.readline()
