"""A terminal of a person: commands of homarus in a home of its own, and a model server that does as it is told."""

import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from homarus.domain.content import Json, JsonObject

HOMARUS = Path(sys.executable).parent / "homarus"
LIMIT_S = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], bool], *, limit_s: float = 20.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Json]:
        found = json.loads(self.out)
        assert isinstance(found, dict), self
        return cast("dict[str, Json]", found)

    def rows(self, name: str) -> list[dict[str, Json]]:
        return cast("list[dict[str, Json]]", self.json[name])


class Terminal:
    """Runs commands as a person would, in one HOMARUS_HOME."""

    def __init__(self, home: Path, *, command: Path = HOMARUS) -> None:
        self.home = home
        self.command = command
        self.port = free_port()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "root-is-fine").touch(mode=0o600)  # what `homarus up --as-root` leaves; tests may run as root
        self.configure({})

    def configure(self, settings: Mapping[str, Json]) -> None:
        """Write the owner's file, with a port of the system's choice."""
        (self.home / "homarus.json5").write_text(json.dumps({"gateway": {"port": self.port}, **settings}, indent=2))

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        own = {"HOME": str(self.home), "HOMARUS_HOME": str(self.home), "LANG": "C.UTF-8", "TZ": "Europe/Berlin"}
        return {**kept, **own}

    def run(self, *words: str, stdin: str | None = None, cwd: Path | None = None, limit_s: float = LIMIT_S) -> Said:
        """Run one command to its end."""
        done = subprocess.run(
            [str(self.command), *words],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=cwd or self.home,
            timeout=limit_s,
            check=False,
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Begin a command and leave it running."""
        return subprocess.Popen(
            [str(self.command), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=self.home,
            start_new_session=True,
        )

    def shell(self, line: str) -> Said:
        """Run a line in a shell that finds `homarus`."""
        environment = {**self.environment, "PATH": f"{self.command.parent}:{self.environment['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", line],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=environment,
            cwd=self.home,
            timeout=LIMIT_S,
            check=False,
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    def pid(self) -> int:
        return cast("int", self.run("status", "--json").json["pid"])

    def kill(self) -> None:
        """End the gateway as a power cut would."""
        os.kill(self.pid(), signal.SIGKILL)

    def close(self) -> None:
        self.run("stop")


class Typed:
    """A command behind a real terminal, with somebody who types."""

    def __init__(self, terminal: Terminal, *words: str) -> None:
        self._mine, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [str(terminal.command), *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**terminal.environment, "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(theirs)
        self._seen = ""

    def wait_for(self, text: str) -> str:
        """Return what came before the text, the text included."""
        while text not in self._seen:
            assert select.select([self._mine], [], [], 30)[0], self._seen
            self._seen += os.read(self._mine, 4096).decode()
        before, _text, self._seen = self._seen.partition(text)
        return before + text

    def type(self, text: str) -> None:
        os.write(self._mine, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C; the terminal here is nobody's controlling one, so the signal is sent by hand."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        return self._process.wait(20)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._mine)


class Server:
    """A scripted model server in a process of its own."""

    module = "homarus.testing.quirks"

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", self.module, *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def settings(self, name: str = "desk", models: Sequence[str] = ("tester",)) -> JsonObject:
        """Return a configuration whose only provider is this server."""
        rows = [{"id": model, "contextWindow": 32000, "input": ["text", "image"]} for model in models]
        provider: dict[str, Json] = {
            "baseUrl": f"{self.url}/v1",
            "apiKey": "k",
            "api": "openai-completions",
            "models": rows,
        }
        return {"models": {"mode": "replace", "providers": {name: provider}}}

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()


class Engine(Server):
    """A model server that remembers what it was told: it loads, unloads, downloads and deletes."""

    module = "homarus.testing.engines"

    def provider(self, name: str = "ollama") -> JsonObject:
        """Return a configuration in which this server is the only provider."""
        return {"models": {"mode": "replace", "providers": {name: {"baseUrl": self.url}}}}
