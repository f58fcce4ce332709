"""The event log alone: durable turns, one after the other and many at once. `python -m benchmarks.store`.

A turn here is what a real one writes: message, start, route, answer and reply, two of them synced to the disk. The
baseline writes two rows of the same size with a commit and a flush each, and nothing else.
"""

import asyncio
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from time import perf_counter

from benchmarks import ground
from benchmarks.figures import Figure, main, median, percentile
from homarus.domain.content import JsonObject
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Store
from homarus.state.sessions import Sessions
from homarus.state.store import SqliteStore, open_store, verify

_TEXT = "What is due this week, and who asked for it? " * 4
_TURNS = 192
_LONG = 2000


async def turn(store: Store, name: str, session: SessionKey) -> None:
    """Write what a turn writes."""
    turn_id = TurnId(name)

    def event(kind: Kind, body: JsonObject, key: str) -> NewEvent:
        return NewEvent(kind=kind, body=body, session=session, turn=turn_id, dedupe=f"{name}:{key}")

    inbound: JsonObject = {"text": _TEXT, "agent": "main", "channel": "cli", "session": session}
    await store.append(event(Kind.INBOUND_ACCEPTED, {"inbound": inbound}, "in"))
    await store.append(event(Kind.TURN_STARTED, {"history_seq": 0}, "started"), synced=False)
    await store.append(event(Kind.ROUTE_CHOSEN, {"route": {"because": "first configured"}}, "route"), synced=False)
    await store.append(event(Kind.MODEL_ANSWERED, {"answer": {"text": _TEXT}}, "answer"), synced=False)
    await store.append(event(Kind.REPLY_WRITTEN, {"reply": {"text": _TEXT}}, "reply"))


def bare_turns_per_s(folder: Path) -> float:
    """Return how many pairs of flushed commits the barest code manages."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as sql:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA synchronous = FULL")
        sql.execute("CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, body TEXT)")
        began = perf_counter()
        for _turn in range(_TURNS):
            for _commit in range(2):
                sql.execute("INSERT INTO rows (body) VALUES (?)", (_TEXT,))
        return _TURNS / (perf_counter() - began)


async def turns_per_s(store: SqliteStore, clients: int, mark: str) -> float:
    """Return how many turns of so many sessions are written a second."""

    async def client(number: int) -> None:
        for n in range(_TURNS // clients):
            await turn(store, f"{mark}-c{clients}-{number}-{n}", SessionKey(f"agent:main:c{clients}-{number}"))

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))
    return (_TURNS // clients) * clients / (perf_counter() - began)


async def measure_all(folder: Path, *, rounds: int) -> list[Figure]:
    """Measure everything in a folder of its own; rounds alternate, so that a busy machine is busy for all of them."""
    speeds: dict[int, list[float]] = {1: [], 8: [], 32: []}
    bare: list[float] = []
    async with await open_store(folder) as store:
        for number in range(rounds):
            bare.append(bare_turns_per_s(folder))
            for clients, found in speeds.items():
                found.append(await turns_per_s(store, clients, f"r{number}"))
        figures = [_speed(clients, median(found), median(bare)) for clients, found in speeds.items()]
        figures += await measure_long_session(store, 1000 / median(bare))
    return [*figures, await measure_opening(folder)]


def _speed(clients: int, turns: float, bare: float) -> Figure:
    return Figure(
        name=f"store, durable turns, {clients} at once",
        value=turns,
        unit="turns/s",
        goal=200.0,
        better="higher",
        baseline=bare,
        baseline_name="two bare commits, one at a time",
    )


async def measure_long_session(store: SqliteStore, bare_ms: float) -> list[Figure]:
    """Measure whether a turn costs more when the session is long."""
    session, costs = SessionKey("agent:main:long"), list[float]()
    for n in range(_LONG):
        began = perf_counter()
        await turn(store, f"long-{n}", session)
        costs.append((perf_counter() - began) * 1000)
    first, last = median(costs[100:300]), median(costs[-200:])
    began = perf_counter()
    await Sessions(store).cards()
    listed = (perf_counter() - began) * 1000
    began = perf_counter()
    report = await verify(store)
    checked = (perf_counter() - began) * 1000
    return [
        Figure(
            name="store, durable turn, median",
            value=median(costs),
            unit="ms",
            goal=1.7,
            baseline=bare_ms,
            baseline_name="two bare commits",
        ),
        Figure(name="store, durable turn, 95 %", value=percentile(costs, 0.95), unit="ms"),
        Figure(
            name=f"store, turn {_LONG} of a session",
            value=last,
            unit="ms",
            baseline=first,
            baseline_name="turns 100-300",
        ),
        Figure(name="store, list of sessions", value=listed, unit="ms"),
        Figure(name=f"store, chain of {report.rows} events checked", value=checked, unit="ms"),
    ]


async def measure_opening(folder: Path) -> Figure:
    """Measure how long it takes to open what was written, with the check for damage."""
    size_mb = (folder / "homarus.db").stat().st_size / 1e6
    began = perf_counter()
    await (await open_store(folder)).close()
    return Figure(name=f"store, opened with {size_mb:.0f} MB", value=(perf_counter() - began) * 1000, unit="ms")


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures of the event log."""
    with ground.folder() as folder:
        return asyncio.run(measure_all(folder, rounds=2 if is_quick else 5))


if __name__ == "__main__":
    sys.exit(main(measure))
