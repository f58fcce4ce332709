"""What left this machine today: receipts of the door, written down and added up for the strip on every page.

Calls that stay on this machine (the embedded model, an Ollama on loopback) are not written down one by one: a turn's
own events say them. What leaves, and what is refused, always is.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Protocol

from homarus.domain.content import JsonObject
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.ports import Clock, Store

_HOME = "home"
"""The zone of a receipt that went into the owner's own network."""


class Crossed(Protocol):
    """A receipt of the door."""

    @property
    def left_the_machine(self) -> bool:
        """Whether anything was sent to another machine."""
        ...

    @property
    def decision(self) -> str:
        """`allowed` or `refused`."""
        ...

    @property
    def turn(self) -> TurnId | None:
        """The turn that it was for."""
        ...

    def event(self) -> NewEvent:
        """Return the receipt as a fact."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftToday:
    """What left this machine since midnight in the owner's zone."""

    bytes: int = 0
    calls: int = 0
    hosts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    """The same for a line of words: hosts of the owner's own network are one place."""


@dataclass(slots=True)
class _Day:
    day: date
    bytes: int = 0
    calls: int = 0
    hosts: dict[str, bool] = field(default_factory=dict[str, bool])
    """With whether it is in the owner's own network."""

    def add(self, body: JsonObject) -> None:
        """Add one call, unless nothing of it left: nobody took the connection, or the name has no address."""
        sent = body.get("sent_bytes")
        if sent == 0:
            return
        self.bytes += sent if isinstance(sent, int) else 0
        self.calls += 1
        self.hosts[str(body.get("host"))] = body.get("zone") == _HOME

    def places(self) -> tuple[str, ...]:
        """Return the hosts outside by name, and the own network as one."""
        outside = tuple(host for host, is_home in self.hosts.items() if not is_home)
        return (*outside, _("your network")) if len(outside) < len(self.hosts) else outside


class Crossings:
    """Writes receipts down and knows today's."""

    def __init__(self, store: Store, clock: Clock, *, seq_before: Callable[[datetime], Awaitable[int]]) -> None:
        self._store = store
        self._clock = clock
        self._seq_before = seq_before
        self._today: _Day | None = None

    async def note(self, crossing: Crossed) -> None:
        """Write a receipt down."""
        if not crossing.left_the_machine and crossing.decision != "refused":
            return
        event = crossing.event()
        day = await self._day()
        await self._store.append(event, synced=False)
        if crossing.left_the_machine:
            day.add(event.body)

    def heard(self, event: Event) -> None:
        """Count what another gateway of the house has sent out."""
        if self._today is not None and self._is_of(event, self._today.day):
            self._today.add(event.body)

    async def left_today(self) -> LeftToday:
        """Return what left since midnight."""
        day = await self._day()
        return LeftToday(bytes=day.bytes, calls=day.calls, hosts=tuple(day.hosts), places=day.places())

    async def _day(self) -> _Day:
        today = self._clock.now().date()
        if self._today is None:
            self._today = await self._read(today)
        elif self._today.day != today:
            self._today = _Day(today)
        return self._today

    async def _read(self, today: date) -> _Day:
        midnight = datetime.combine(today, time.min, tzinfo=self._clock.zone)
        day, after = _Day(today), await self._seq_before(midnight)
        while events := await self._store.since(after, kinds=(Kind.EGRESS,)):
            for event in events:
                if self._is_of(event, today):
                    day.add(event.body)
            after = events[-1].seq
        return day

    def _is_of(self, event: Event, today: date) -> bool:
        left = event.body.get("decision") == "allowed"
        return left and event.at.astimezone(self._clock.zone).date() == today
