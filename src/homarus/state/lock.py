"""One process owns a state folder; the folder is private."""

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from homarus.domain.errors import StateError
from homarus.domain.i18n import _

LOCK_FILE = "lock"
_ATTEMPTS = 6
_PAUSE_S = 0.05
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def prepare(home: Path) -> str:
    """Make the state folder with mode 0700, or close it to others when it is open to them.

    Returns a sentence for the owner when the mode was mended, else nothing.

    Raises:
        StateError: when it is no folder, belongs to somebody else or cannot be written.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = home.stat()
    except OSError as error:
        raise StateError(
            _("The state folder {home!r} cannot be made: {error}.").format(home=str(home), error=error.strerror),
            hint=_("Set HOMARUS_HOME to a folder that you can write to."),
        ) from error
    if found.st_uid != os.geteuid():
        raise StateError(
            _("The state folder {home!r} belongs to another user.").format(home=str(home)),
            hint=_("Run homarus as that user, or set HOMARUS_HOME to a folder of your own."),
        )
    if not found.st_mode & _OTHERS:
        return ""
    home.chmod(0o700)
    return _("The state folder {home!r} was open to other users; it is private now (mode 0700).").format(home=str(home))


def owner_of(home: Path) -> int | None:
    """Return the id of the process that holds the folder, `None` when nobody does."""
    path = home / LOCK_FILE
    if not path.exists():
        return None
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _pid(file.read())
    return None


@contextmanager
def hold(home: Path) -> Generator[str]:
    """Own the state folder while inside; the system lets go of it when the process ends, however it ends.

    Yields what `prepare` had to say.

    Raises:
        StateError: when another process has it; the message names that process.
    """
    said = prepare(home)
    descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        if not _take(file.fileno()):
            raise _taken(home, _pid(file.read()))
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        try:
            yield said
        finally:
            with contextlib.suppress(OSError):
                file.truncate(0)


def _take(descriptor: int) -> bool:
    # Whoever only looks who has it holds it for a moment as well: one refusal is not an answer yet.
    for _attempt in range(_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


def _pid(text: str) -> int:
    return int(text) if text.strip().isdigit() else 0


def _taken(home: Path, pid: int) -> StateError:
    return StateError(
        _("The state folder {home!r} is in use by process {pid}.").format(home=str(home), pid=pid or "?"),
        hint=_(
            "A gateway is running there: use it, end it with `homarus stop`, or set HOMARUS_HOME to another folder."
        ),
    )
