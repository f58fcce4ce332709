"""The name of a process among those that work runs: no two living ones have the same, and it keeps it when it returns.

Each takes the first free number of its state folder, held by a lock that ends with the process however it ends. So a
process that comes back takes up what it left at once, and need not wait until the others hold it for dead.
"""

import fcntl
import os
import secrets
import socket
from contextlib import suppress
from itertools import count
from pathlib import Path

ONLY = "gateway"
"""The name where a file is the database: then one process owns the folder and there are no others."""
_FOLDER = "executors"
_TOKEN = "name"  # noqa: S105 - a random name, not a password


def executor_of(home: Path) -> str:
    """Take a name; it is held until the process ends."""
    folder = home / _FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    host = socket.gethostname().partition(".")[0][:40]
    for number in count(1):
        # Left open on purpose: the lock lasts as long as the process.
        descriptor = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return f"{host}-{_token(folder / _TOKEN)}-{number}"
    raise AssertionError("numbers do not end")


def _token(file: Path) -> str:
    """Return what tells this folder from others of the same machine, made up the first time."""
    made = file.with_name(f"{_TOKEN}.{secrets.token_hex(4)}")
    made.write_text(secrets.token_hex(4), encoding="ascii")
    with suppress(FileExistsError):
        os.link(made, file)  # whole or not at all, and only once
    made.unlink()
    return file.read_text(encoding="ascii").strip()
