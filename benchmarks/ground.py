"""What benchmarks stand on: gateways, floors and model servers, each in a process of its own, ended by its pid."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import ROOT

START_LIMIT_S = 30.0
STOP_LIMIT_S = 15.0
PACED_WORDS = 500
"""What the floor's model named `paced` says, each word in a packet of its own."""
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a server said."""

    status: int
    content: bytes


@contextmanager
def folder() -> Generator[Path]:
    """Make a folder for a while, beside the code: the one for temporary files may be in memory, where a flush is free.

    Its path is short, because the path of a Unix socket must be.
    """
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as place:
        yield Path(place)


@contextmanager
def process(command: Sequence[str], *, is_heard: bool = False) -> Generator["subprocess.Popen[str]"]:
    """Run a process for a while; it is gone afterwards, whatever happens."""
    output = subprocess.PIPE if is_heard else subprocess.DEVNULL
    started = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        yield started
    finally:
        end(started)


def end(started: "subprocess.Popen[str]") -> None:
    """End a process and wait until it is gone."""
    started.terminate()
    try:
        started.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()
    if started.stdout is not None:
        started.stdout.close()


@contextmanager
def server(*command: str) -> Generator[str]:
    """Run one of our servers for a while and return the address that it prints."""
    with process([sys.executable, "-m", *command], is_heard=True) as started:
        yield address_of(started)


def address_of(started: "subprocess.Popen[str]") -> str:
    """Return the address that a server prints when it listens."""
    assert started.stdout is not None
    address = started.stdout.readline().strip()
    if not address:
        raise RuntimeError(f"{started.args} did not start")
    return address


def floor_command(what: str, model: str, *rest: str) -> list[str]:
    """Return the command of a floor in front of a model server."""
    return [sys.executable, "-m", "benchmarks.floor", what, "--upstream", f"{model}/v1", *rest]


def write_config(
    home: Path,
    upstream: str,
    *,
    window_tokens: int = 32_768,
    max_tokens: int | None = None,
    models: Sequence[str] = ("quirk",),
) -> None:
    """Configure a state folder for the model server of a benchmark; nothing else is looked for."""
    limits = {"contextWindow": window_tokens, **({"maxTokens": max_tokens} if max_tokens else {})}
    entries = [{"id": name, **limits} for name in models]
    port = free_port()
    # The instant server takes everybody at once, whatever its `/props` says: the queue is measured elsewhere.
    way = {"api": "openai-completions", "baseUrl": f"{upstream}/v1", "apiKey": "up", "compat": {"slots": 1024}}
    provider = {**way, "models": entries}
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = {"models": {"mode": "replace", "providers": {"up": provider}}, "gateway": {"port": port}}
    (home / "homarus.json5").write_text(json.dumps(config))
    (home / "root-is-fine").touch(mode=0o600)


def free_port() -> int:
    """Return a port that nobody has now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def gateway_command(home: Path) -> list[str]:
    """Return the command of a gateway on a port of the system's choice."""
    return [sys.executable, "-m", "homarus.gateway", "--home", str(home), "--port", "0"]


class Gateway:
    """A homarus that answers."""

    def __init__(self, home: Path, pid: int) -> None:
        self.home, self.pid = home, pid
        self.socket = home / "gateway.sock"
        wait_until_up(self.socket)
        self.url = f"http://127.0.0.1:{self.ask('GET', '/api/v1/status')['port']}"

    def key(self, *scopes: str) -> str:
        """Make an API key; without scopes, one that may chat."""
        wanted = {"name": "benchmark", "scopes": list(scopes) or ["chat"]}
        return str(self.ask("POST", "/api/v1/keys", wanted)["secret"])

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what it says over its socket."""
        told = call(self.socket, method, path, body)
        if told.status >= 300:
            raise RuntimeError(f"{method} {path}: {told}")
        return json.loads(told.content)


@contextmanager
def gateway(home: Path) -> Generator[Gateway]:
    """Run a gateway for a while."""
    with process(gateway_command(home)) as started:
        yield Gateway(home, started.pid)


def call(path: Path, method: str, target: str, body: Mapping[str, Any] | None = None) -> Told:
    """Ask over a Unix socket."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {target} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    accept = "text/event-stream" if target.endswith("/turns") else "application/json"
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(START_LIMIT_S)
        line.connect(str(path))
        line.sendall(f"{head}Accept: {accept}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        with line.makefile("rb") as answer:
            head_bytes, _end, rest = answer.read().partition(b"\r\n\r\n")
    return Told(status=int(head_bytes.split(b" ", 2)[1]), content=rest)


def wait_until_up(path: Path) -> float:
    """Return how long it took until a request over a socket was answered."""
    began = time.perf_counter()
    while time.perf_counter() - began < START_LIMIT_S:
        try:
            told = call(path, "GET", "/api/v1/status")
        except OSError:
            time.sleep(0.002)
            continue
        if told.status < 300:
            return time.perf_counter() - began
    raise TimeoutError(f"nobody answers on {path.name}")


def turn(path: Path, text: str, session: str = "bench") -> None:
    """Have one turn over a socket."""
    have_turn(path, {"text": text, "session": session})


def have_turn(path: Path, body: Mapping[str, Any]) -> None:
    """Have a turn over a socket, and look that it ended well."""
    told = call(path, "POST", "/api/v1/turns", body)
    if told.status >= 300 or b"event: ended" not in told.content or b'"is_error":true' in told.content:
        raise RuntimeError(f"the turn failed: {told}")


def tree(pid: int) -> float:
    """Return the memory of a process and its children, MB."""
    import psutil

    parent = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (parent, *parent.children(recursive=True))) / 1e6


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used."""
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def uv() -> str | None:
    """Return a uv, if there is one."""
    inside = BIN / "uv"
    return str(inside) if inside.exists() else shutil.which("uv", path=os.environ.get("PATH"))
