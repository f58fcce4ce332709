"""The event log in memory, with the rules of the real one."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from homarus.domain.content import JsonObject
from homarus.domain.errors import DiskFullError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import OwnerId, SessionKey, TurnId
from homarus.domain.ports import Clock


class FakeStore:
    """A `domain.ports.Store` that forgets everything when it goes; what was appended stands in `events`."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin with an empty log; without a clock, events carry the machine's time."""
        self._clock = clock
        self._taken: dict[tuple[OwnerId, str], Event] = {}
        self.events: list[Event] = []
        self.is_full = False
        """Set it, and the next append fails as a full disk does."""

    async def append(self, *events: NewEvent, synced: bool = True) -> tuple[Event, ...]:
        """Write facts and return them as they stand; an event whose key is taken is found instead.

        Raises:
            DiskFullError: when `is_full` is set; nothing was written.
        """
        del synced  # memory has no disk to wait for
        if self.is_full:
            raise DiskFullError("The state folder's disk is full.", hint="Make room, then send again.")
        return tuple([self._write(event) for event in events])

    def _write(self, new: NewEvent) -> Event:
        place = (new.owner_id, new.dedupe or "")
        if new.dedupe is not None and place in self._taken:
            return self._taken[place]
        event = Event(
            seq=len(self.events) + 1,
            at=(self._clock.now() if self._clock else datetime.now(UTC)).astimezone(UTC),
            kind=new.kind,
            body=cast("JsonObject", json.loads(json.dumps(new.body))),
            session=new.session,
            turn=new.turn,
            dedupe=new.dedupe,
            owner_id=new.owner_id,
        )
        self.events.append(event)
        if new.dedupe is not None:
            self._taken[place] = event
        return event

    async def of_turn(self, turn: TurnId) -> tuple[Event, ...]:
        """Return the events of a turn, oldest first."""
        return tuple(event for event in self.events if event.turn == turn)

    async def of_session(
        self, session: SessionKey, *, after_seq: int = 0, kinds: Sequence[Kind] = ()
    ) -> tuple[Event, ...]:
        """Return the events of a session after a point, oldest first."""
        return tuple(event for event in await self._after(after_seq, kinds) if event.session == session)

    async def since(self, after_seq: int, *, limit: int = 500, kinds: Sequence[Kind] = ()) -> tuple[Event, ...]:
        """Return events of the whole log after a point, oldest first."""
        return (await self._after(after_seq, kinds))[:limit]

    async def find(self, dedupe: str) -> Event | None:
        """Return the event that has this key, if any."""
        return next((event for event in self.events if event.dedupe == dedupe), None)

    async def unfinished_turns(self) -> tuple[Event, ...]:
        """Return the `inbound.accepted` events of turns without a reply, in the order they were accepted."""
        done = {event.turn for event in self.events if event.kind is Kind.REPLY_WRITTEN}
        return tuple(e for e in self.events if e.kind is Kind.INBOUND_ACCEPTED and e.turn not in done)

    async def last_seq(self) -> int:
        """Return the number of the newest event, zero when there is none."""
        return self.events[-1].seq if self.events else 0

    async def _after(self, seq: int, kinds: Sequence[Kind]) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.seq > seq and (not kinds or event.kind in kinds))
