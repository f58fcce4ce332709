"""The event log on Postgres beside the same log in a file, in the same run. `python -m benchmarks.postgres`.

The server is Debian's, on this machine, and flushes every commit that it acknowledges. "Two processes" are two stores
with connections of their own, which write one after the other under the lock of the log.
"""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks import ground
from benchmarks.figures import Figure, main, median, percentile
from benchmarks.store import turn
from homarus.domain.ids import SessionKey
from homarus.domain.ports import Store
from homarus.state.opening import open_state

_TURNS = 192


async def turns_per_s(stores: Sequence[Store], clients: int, mark: str) -> float:
    """Return how many turns of so many sessions are written a second."""

    async def client(number: int) -> None:
        for n in range(_TURNS // clients):
            session = SessionKey(f"agent:main:c{clients}-{number}")
            await turn(stores[number % len(stores)], f"{mark}-c{clients}-{number}-{n}", session)

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))
    return (_TURNS // clients) * clients / (perf_counter() - began)


async def costs(store: Store, mark: str) -> list[float]:
    """Return what turns of one session cost, in milliseconds."""
    found: list[float] = []
    for n in range(_TURNS):
        began = perf_counter()
        await turn(store, f"{mark}-{n}", SessionKey("agent:main:one"))
        found.append((perf_counter() - began) * 1000)
    return found


async def measure_all(folder: Path, address: str, *, rounds: int) -> list[Figure]:
    """Measure both; rounds alternate, so that a busy machine is busy for both."""
    one, two, alone = (folder / name for name in ("one", "two", "alone"))
    for home in (one, two, alone):
        home.mkdir()
    file = (await open_state(alone)).store
    server = [(await open_state(home, address)).store for home in (one, two)]
    speeds: dict[str, list[float]] = {}
    taken: dict[str, list[float]] = {"file": [], "server": []}
    for number in range(rounds):
        taken["file"] += await costs(file, f"r{number}")
        taken["server"] += await costs(server[0], f"r{number}")
        for name, stores in (("file", [file]), ("server", server[:1]), ("both", server)):
            speeds.setdefault(name, []).append(await turns_per_s(stores, 32, f"{name}{number}"))
    for store in (file, *server):
        await store.close()
    return [
        Figure(
            name="Postgres, durable turn, median",
            value=median(taken["server"]),
            unit="ms",
            baseline=median(taken["file"]),
            baseline_name="SQLite",
        ),
        Figure(name="Postgres, durable turn, 95 %", value=percentile(taken["server"], 0.95), unit="ms"),
        _speed("Postgres, durable turns, 32 at once", speeds["server"], speeds["file"]),
        _speed("Postgres, durable turns, 32 at once in two processes", speeds["both"], speeds["file"]),
    ]


def _speed(name: str, found: Sequence[float], baseline: Sequence[float]) -> Figure:
    return Figure(
        name=name,
        value=median(found),
        unit="turns/s",
        goal=200.0,
        better="higher",
        baseline=median(baseline),
        baseline_name="SQLite",
    )


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures of the log on a server; none where Postgres is not installed."""
    from tests import postgres_server

    if postgres_server.programs() is None:
        return ()
    with ground.folder() as folder, postgres_server.running(is_durable=True) as server:
        return asyncio.run(measure_all(folder, server.database(), rounds=2 if is_quick else 5))


if __name__ == "__main__":
    sys.exit(main(measure))
