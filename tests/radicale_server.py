"""A real CalDAV server of the tests' own: Radicale in a process, on loopback, with one user."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "jonas", "secret"
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Radicale:
    """A server whose store is a folder: a file per event, as Radicale keeps them."""

    url: str
    folder: Path

    def calendar(self, name: str, **events: str) -> Path:
        """Make a calendar with events, by the names of their files."""
        folder = self.folder / "collections" / "collection-root" / USER / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".Radicale.props").write_text(f'{{"tag": "VCALENDAR", "D:displayname": "{name}"}}')
        for uid, lines in events.items():
            (folder / f"{uid}.ics").write_text(event(uid, lines))
        return folder


def event(uid: str, lines: str) -> str:
    """Return a calendar object."""
    return (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tests//EN\nBEGIN:VEVENT\n"
        f"UID:{uid}\nDTSTAMP:20261101T080000Z\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n"
    ).replace("\n", "\r\n")


@contextmanager
def running(folder: Path) -> Generator[Radicale]:
    """Run a server while inside."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    settings = {
        "server": {"hosts": f"127.0.0.1:{port}"},
        "auth": {
            "type": "htpasswd",
            "htpasswd_filename": str(folder / "users"),
            "htpasswd_encryption": "plain",
            "delay": "0",
        },
        "storage": {"filesystem_folder": str(folder / "collections")},
        "logging": {"level": "warning"},
    }
    lines = [
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in part.items()) for name, part in settings.items()
    ]
    (folder / "config").write_text("\n".join(lines))
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "RADICALE_CONFIG": ""})
    try:
        _wait(port, process, folder)
        yield Radicale(url=f"http://127.0.0.1:{port}/", folder=folder)
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


def _wait(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < until, (folder / "log").read_text()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
