"""Slots of model servers, shared by all processes of a house: rows in line, granted under the lock of the log.

Whoever joins or leaves grants what can be granted now, for everybody: a person at one gateway comes before a swarm at a
worker. The rows of a process that dies go with it; those who wait look again every second, so that none waits for the
dead.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from homarus.state.ledger import Pen, clean, now_us
from homarus.state.postgres.engine_order import Row, granted
from homarus.state.postgres.store import PostgresStore
from homarus.state.postgres.writer import CHANNEL
from homarus.state.statements import Sql

_LOOK_S = 1.0
_MANY_SLOTS: Final = 64
"""Hosted models have no end of slots that is ours to share out."""
_JOIN: Final = (
    "INSERT INTO engine_places (owner_id, engine, process, priority, slots, model, is_swapping, since_us) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING place"
)
_LINE: Final = (
    "SELECT place, priority, slots, model, is_swapping, since_us, held_us FROM engine_places "
    "WHERE owner_id = ? AND engine = ? ORDER BY place"
)
_HOLD: Final = "UPDATE engine_places SET held_us = ? WHERE owner_id = ? AND place = ?"
_LEAVE: Final = "DELETE FROM engine_places WHERE owner_id = ? AND place = ? RETURNING engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks of an engine."""

    engine: str
    priority: int
    slots: int
    model: str
    is_swapping: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a place is in its line."""

    ahead: int
    is_held: bool


class EnginePlaces:
    """Implements `domain.sharing.EnginePlaces`."""

    def __init__(self, store: PostgresStore, *, on_news: Callable[[Callable[[], None]], None]) -> None:
        """Take what calls back whenever something was written; needs a running loop."""
        self._store = store
        self._waiting: set[asyncio.Event] = set()
        on_news(self._wake)

    def place(self, engine: str, *, slots: int, priority: int, model: str, is_swapping: bool) -> "EnginePlace | None":
        """Return a place before an engine, `None` where each process has one of its own or there is no end of slots."""
        if ":" not in engine or slots >= _MANY_SLOTS:
            return None
        name = _on_this_machine(engine)
        wanted = Wanted(engine=name, priority=priority, slots=slots, model=clean(model), is_swapping=is_swapping)
        return EnginePlace(self, wanted)

    async def join(self, wanted: Wanted) -> int:
        """Line up, and return the number of the place."""
        owner, process = self._store.owner_id, self._store.presence.process

        def work(pen: Pen) -> int:
            asked = (wanted.priority, wanted.slots, wanted.model, wanted.is_swapping)
            values = (owner, wanted.engine, process, *asked, now_us())
            number = int(pen.sql.execute(_JOIN, values).fetchone()[0])
            self._advance(pen.sql, wanted.engine)
            return number

        return await self._store.writer.write(work, synced=False)

    def leave(self, number: int) -> None:
        """Give a place back, and let the next ones go on."""
        owner = self._store.owner_id

        def work(pen: Pen) -> None:
            gone = pen.sql.execute(_LEAVE, (owner, number)).fetchone()
            if gone is not None and self._advance(pen.sql, gone[0]):
                pen.sql.execute(f"NOTIFY {CHANNEL}")

        self._store.writer.post(work)

    async def look_again(self, engine: str) -> None:
        """Grant what can be granted: somebody may have died with a slot."""

        def work(pen: Pen) -> None:
            if self._advance(pen.sql, engine):
                pen.sql.execute(f"NOTIFY {CHANNEL}")

        await self._store.writer.write(work, synced=False)

    async def standing(self, engine: str, number: int) -> Standing | None:
        """Return where a place is; `None` when it is gone: the others believed this process dead."""

        def query(sql: Sql) -> Standing | None:
            line = _line(sql, self._store.owner_id, engine)
            mine = next((row for row in line if row.place == number), None)
            if mine is None:
                return None
            before = [row for row in line if not row.is_held and (row.priority, row.place) < (mine.priority, number)]
            return Standing(ahead=len(before), is_held=mine.is_held)

        return await self._store.read(query)

    async def news(self) -> bool:
        """Wait until something was written, at most a second; tell whether it was."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            async with asyncio.timeout(_LOOK_S):
                await changed.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(changed)
        return True

    def _advance(self, sql: Sql, engine: str) -> bool:
        """Grant slots to whoever is next; tell whether somebody waits or was granted one."""
        now, owner = now_us(), self._store.owner_id
        line = _line(sql, owner, engine)
        for place in granted(line, now_us=now):
            sql.execute(_HOLD, (now, owner, place))
        return any(not row.is_held for row in line)

    def _wake(self) -> None:
        for changed in self._waiting:
            changed.set()


class EnginePlace:
    """Implements `domain.sharing.EnginePlace`."""

    def __init__(self, places: EnginePlaces, wanted: Wanted) -> None:
        self._places = places
        self._wanted = wanted
        self._number: int | None = None

    async def wait(self) -> AsyncGenerator[int]:
        """Line up, and yield how many come before, again when that changes, until a slot is held."""
        engine, told = self._wanted.engine, -1
        while True:
            if self._number is None:
                self._number = await self._join()
            standing = await self._places.standing(engine, self._number)
            if standing is None:
                self._number = None
                continue
            if standing.is_held:
                return
            if standing.ahead != told:
                told = standing.ahead
                yield told
            if not await self._places.news():
                await self._places.look_again(engine)

    async def _join(self) -> int:
        joining = asyncio.ensure_future(self._places.join(self._wanted))
        try:
            return await asyncio.shield(joining)
        except asyncio.CancelledError:
            joining.add_done_callback(self._give_back)  # the row is written all the same
            raise

    def _give_back(self, joined: "asyncio.Future[int]") -> None:
        if not joined.cancelled() and joined.exception() is None:
            self._places.leave(joined.result())

    def leave(self) -> None:
        """Give the slot or the place back; does not wait until the others know."""
        if self._number is not None:
            self._places.leave(self._number)
            self._number = None


def _line(sql: Sql, owner: str, engine: str) -> list[Row]:
    return [
        Row(
            place=row[0],
            priority=row[1],
            slots=row[2],
            model=row[3],
            is_swapping=row[4],
            since_us=row[5],
            is_held=row[6] is not None,
        )
        for row in sql.execute(_LINE, (owner, engine))
    ]


def _on_this_machine(engine: str) -> str:
    """Return the name of an engine among all machines: a loopback address is another server on each of them."""
    host = urlsplit(f"//{engine}").hostname or ""
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    return f"{socket.gethostname()}/{engine}" if is_loopback else engine
