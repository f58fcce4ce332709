"""A swarm of 200 agents on one gateway: what it holds in memory, what it costs a person. `python -m benchmarks.swarm`.

Overnight research reads 200 texts, each with a researcher and a verifier of its own, at a model server with four slots
that thinks for a fifth of a second. Meanwhile a person chats with another model of the same gateway. What the gateway
adds to a chat is compared with what it adds when nothing else goes on, in the same run.
"""

import json
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import ground
from benchmarks.figures import Figure, main

_SAYING = "Everybody in the valley waits for the spring of the coming year."
_ANSWER = {
    "claims": [{"claim": _SAYING, "quote": _SAYING}],
    "verdicts": [{"number": 1, "follows": "yes"}],
    "sentences": ["Everybody waits."],
}
_LIMIT_S = 80.0
_SETTLE_S = 1.5


def write_texts(folder: Path, count: int) -> None:
    """Write texts that have one sentence in common and are otherwise unlike."""
    folder.mkdir()
    chance = random.Random("texts")  # noqa: S311 - the same made-up words every time
    words = ["".join(chance.choices("abcdefghijklmnoprstuvw", k=7)) for _ in range(4_000)]
    for number in range(count):
        lines = [" ".join(chance.choices(words, k=12)) + "." for _ in range(40)]
        (folder / f"text-{number:03}.md").write_text("\n".join([*lines, _SAYING, *lines[:5]]) + "\n")


def write_config(home: Path, chat: str, swarm: str, texts: Path) -> None:
    """Configure a model for people, one for the swarm, and the texts."""
    ground.write_config(home, chat)
    file = home / "homarus.json5"
    config: dict[str, Any] = json.loads(file.read_text())
    config["models"]["providers"]["swarm"] = {
        "api": "openai-completions",
        "baseUrl": f"{swarm}/v1",
        "apiKey": "up",
        "compat": {"slots": 4},
        "models": [{"id": "worker", "contextWindow": 32_768}],
    }
    config["agents"] = {"defaults": {"model": "up/quirk"}}
    config["sources"] = {"texts": {"kind": "files", "folders": [str(texts)], "mayLeave": True}}
    file.write_text(json.dumps(config))


def chats(socket: Path, count: int) -> list[float]:
    """Have chats one after the other; return what each took, ms."""
    times: list[float] = []
    for number in range(count):
        began = time.perf_counter()
        ground.turn(socket, f"Hello, for the {number}th time")
        times.append((time.perf_counter() - began) * 1_000)
    return times


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures."""
    agents = 60 if is_quick else 200
    say = json.dumps(_ANSWER)
    slow = ("--say", say, "--model", "worker", "--quirk", "slow_first_token", "--pause", "0.2")
    quirks = "homarus.testing.quirks"
    with ground.folder() as place, ground.server(quirks, "--instant") as chat, ground.server(quirks, *slow) as swarm:
        write_texts(place / "texts", agents)
        write_config(place / "home", chat, swarm, place / "texts")
        with ground.gateway(place / "home") as house:
            yield from _swarm(house, agents)


def _swarm(house: ground.Gateway, agents: int) -> Iterable[Figure]:
    chats(house.socket, 20)
    time.sleep(_SETTLE_S)
    idle_mb, idle_ms = ground.tree(house.pid), median(chats(house.socket, 60))
    settings = {"atOnce": 64, "mostDocuments": agents, "researcher": "swarm/worker", "verifier": "swarm/worker"}
    began = time.perf_counter()
    run = house.ask("POST", "/api/v1/playbooks/research/run", {"settings": settings})["run"]["run_id"]
    most_mb, times = idle_mb, list[float]()
    state: dict[str, Any] = {}
    while time.perf_counter() - began < _LIMIT_S:
        times += chats(house.socket, 5)
        most_mb = max(most_mb, ground.tree(house.pid))
        state = house.ask("GET", f"/api/v1/runs/{run}")["run"]
        if state["state"] not in {"queued", "waiting", "running"}:
            break
        time.sleep(0.1)
    if state["state"] != "done":
        raise RuntimeError(f"the swarm did not end well: {state}")
    took = time.perf_counter() - began
    yield Figure(
        name=f"swarm of {agents}, memory above idle", value=most_mb - idle_mb, unit="MB", goal=300, note=f"{took:.0f} s"
    )
    yield Figure(
        name=f"chat beside a swarm of {agents}, p50",
        value=median(times) / idle_ms,
        unit="x idle",
        goal=2.0,
        note=f"{idle_ms:.1f} ms idle, {median(times):.1f} ms beside it, the instant model included",
    )


if __name__ == "__main__":
    sys.exit(main(measure))
