"""How long a person waits before anything happens: the command, the gateway, the first turn.

`python -m benchmarks.start`. Baselines: a Python that does nothing, an aiohttp gateway with an SQLite file, a script
that posts to it.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import ground
from benchmarks.figures import ROOT, Figure, main, median

HOMARUS = str(ground.BIN / "homarus")
_POST = """
import socket, sys, json
body = json.dumps({"text": "Hello", "session": "bench"}).encode()
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
head = b"POST /api/v1/turns HTTP/1.0\\r\\nHost: localhost\\r\\nContent-Type: application/json\\r\\n"
line.sendall(head + b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
print(line.makefile("rb").read())
"""


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures."""
    rounds = 5 if is_quick else 11
    yield from _version(rounds * 2)
    with ground.folder() as place, ground.server("homarus.testing.quirks", "--instant") as model:
        for name in ("home", "alone", "fresh"):
            ground.write_config(place / name, model)
        (place / "floor").mkdir()
        floor = ground.floor_command("gateway", model, "--folder", str(place / "floor"))
        yield from _gateway(place, floor, rounds // 2 + 1)
        yield from _through(place, floor, rounds)
        yield _alone(place / "alone", rounds // 3 + 1)


def _version(rounds: int) -> Iterable[Figure]:
    ours, bare = list[float](), list[float]()
    for _ in range(rounds):
        bare.append(_run([sys.executable, "-I", "-c", "pass"]))
        ours.append(_run([HOMARUS, "--version"]))
    yield Figure(
        name="homarus --version",
        value=median(ours),
        unit="ms",
        goal=40,
        baseline=median(bare),
        baseline_name="python -I -c pass",
    )


def _run(command: Sequence[str]) -> float:
    """Return how long a command takes, ms."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr.decode()[-600:]}")
    return (time.perf_counter() - began) * 1000


def _gateway(place: Path, floor: list[str], rounds: int) -> Iterable[Figure]:
    """Start gateways in a folder that was used before, and time the way to the first answers."""
    fresh_ms = _started(ground.gateway_command(place / "fresh"), place / "fresh", lambda _socket: None)
    ready, bare, first, able = list[float](), list[float](), list[float](), list[float]()

    def have_turn(socket: Path) -> None:
        began = time.perf_counter()
        ground.turn(socket, "Hello")
        first.append((time.perf_counter() - began) * 1000)

    _started(ground.gateway_command(place / "home"), place / "home", lambda _socket: None)
    for _ in range(rounds):
        bare.append(_started(floor, place / "floor", lambda _socket: None))
        ready.append(_started(ground.gateway_command(place / "home"), place / "home", have_turn))
        able.append(ready[-1] + first[-1])
    base, base_name = median(bare), "bare aiohttp"
    yield Figure(
        name="gateway answers HTTP", value=median(ready), unit="ms", goal=400, baseline=base, baseline_name=base_name
    )
    yield Figure(name="gateway answers HTTP, new folder", value=fresh_ms, unit="ms", note="once")
    yield Figure(
        name="first turn ended, after start", value=median(able), unit="ms", goal=800, baseline=base,
        baseline_name=base_name,
    )  # fmt: skip
    yield Figure(name="first turn of a gateway", value=median(first), unit="ms", goal=50)


def _started(command: list[str], home: Path, then: Callable[[Path], None]) -> float:
    """Start a server and return after how many ms it answered; then do something with it and end it."""
    socket = home / "gateway.sock"
    socket.unlink(missing_ok=True)
    began = time.perf_counter()
    with ground.process(command):
        ground.wait_until_up(socket)
        taken = (time.perf_counter() - began) * 1000
        then(socket)
    return taken


def _through(place: Path, floor: list[str], rounds: int) -> Iterable[Figure]:
    ours, bare = list[float](), list[float]()
    home = place / "home"
    with ground.process(floor), ground.gateway(home):
        ground.wait_until_up(place / "floor" / "gateway.sock")
        for number in range(rounds + 1):
            script = [sys.executable, "-I", "-c", _POST, str(place / "floor" / "gateway.sock")]
            bare_ms, ours_ms = _run(script), _run([HOMARUS, "ask", "--home", str(home), "Hello"])
            if number:
                bare.append(bare_ms)
                ours.append(ours_ms)
    yield Figure(
        name="CLI turn, gateway runs",
        value=median(ours),
        unit="ms",
        goal=80,
        baseline=median(bare),
        baseline_name="script and bare aiohttp",
    )


def _alone(home: Path, rounds: int) -> Figure:
    """Ask with nothing running: the command starts a gateway, which we end each time."""
    taken: list[float] = []
    for _ in range(rounds):
        taken.append(_run([HOMARUS, "ask", "--home", str(home), "Hello"]))
        told = ground.call(home / "gateway.sock", "POST", "/api/v1/stop", {})
        assert told.status < 300, told
        _wait_until_down(home / "gateway.sock")
    return Figure(name="CLI turn, nothing runs", value=median(taken), unit="ms", goal=1000)


def _wait_until_down(socket: Path) -> None:
    deadline = time.monotonic() + ground.STOP_LIMIT_S
    while time.monotonic() < deadline:
        try:
            ground.call(socket, "GET", "/api/v1/status")
        except (OSError, IndexError):
            time.sleep(0.3)  # it gives its lock back last
            return
        time.sleep(0.02)
    raise TimeoutError("the gateway does not stop")


if __name__ == "__main__":
    sys.exit(main(measure))
