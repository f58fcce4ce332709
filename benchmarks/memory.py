"""What a gateway holds in memory: idle, and after many turns. `python -m benchmarks.memory`.

Counted is the resident memory of the process and its children; the built-in model's child is not started here.
"""

import sys
import time
from collections.abc import Iterable

from benchmarks import ground
from benchmarks.figures import Figure, main

_SETTLE_S = 1.5


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures."""
    turns = 60 if is_quick else 200
    with ground.folder() as place, ground.server("homarus.testing.quirks", "--instant") as model:
        home, floor = place / "home", place / "floor"
        floor.mkdir()
        ground.write_config(home, model)
        command = ground.floor_command("gateway", model, "--folder", str(floor))
        with ground.process(command) as bare, ground.gateway(home) as ours:
            ground.wait_until_up(floor / "gateway.sock")
            time.sleep(_SETTLE_S)
            idle, idle_floor = ground.tree(ours.pid), ground.tree(bare.pid)
            for number in range(turns):
                ground.turn(ours.socket, f"Hello, for the {number}th time")
                ground.turn(floor / "gateway.sock", f"Hello, for the {number}th time")
            after, after_floor = ground.tree(ours.pid), ground.tree(bare.pid)
    name = "bare aiohttp"
    yield Figure(name="memory, idle", value=idle, unit="MB", goal=70, baseline=idle_floor, baseline_name=name)
    yield Figure(
        name=f"memory, after {turns} turns", value=after, unit="MB", goal=80, baseline=after_floor, baseline_name=name
    )
    yield Figure(name=f"memory, more after {turns} turns", value=after - idle, unit="MB", goal=10)


if __name__ == "__main__":
    sys.exit(main(measure))
