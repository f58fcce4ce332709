"""What the house lends its channels: the door, blobs, buttons that decide, and a sign that an answer is coming."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from homarus.domain.labels import Origin
from homarus.domain.ports import Blobs, Clock, Door
from homarus.domain.seats import Seat
from homarus.domain.turns import Inbound
from homarus.gateway.channel_settings import ChannelSettings
from homarus.gateway.guarded import GuardedChannel
from homarus.gateway.intake import Accepted
from homarus.gateway.introductions import Introductions
from homarus.gateway.keeping import logged
from homarus.gateway.moments import Moments
from homarus.gateway.pressing import Presses
from homarus.gateway.senders import origin_of

if TYPE_CHECKING:
    from homarus.gateway.approvals import Approvals
    from homarus.state.database import Database

_EACH_S = 4.0
"""Telegram shows for five seconds that somebody types."""
_LONGEST_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seating:
    """Gives each channel its seat."""

    door: Door
    blobs: Blobs
    introductions: Introductions
    approvals: "Approvals"
    moments: Moments

    @classmethod
    def of(
        cls, store: "Database", door: Door, home: Path, clock: Clock, approvals: "Approvals", moments: Moments
    ) -> Self:
        """Return the seating of a house."""
        from homarus.state.blobs import Blobs as StoredBlobs
        from homarus.state.records import StoredRecords

        return cls(
            door=door,
            blobs=StoredBlobs(home / "blobs"),
            introductions=Introductions(records=StoredRecords(store), clock=clock),
            approvals=approvals,
            moments=moments,
        )

    def seat(self, channel: str, settings: Callable[[], ChannelSettings | None]) -> Seat:
        """Return what a channel is lent."""

        async def origin(sender: str, *, is_group: bool = False) -> Origin | None:
            told = settings()
            let_in = await self.introductions.known(channel)
            return None if told is None else origin_of(sender, channel, told, let_in=let_in, is_group=is_group)

        async def knows(sender: str, in_group: bool, /) -> bool:  # noqa: FBT001 - as a seat says it
            return await origin(sender, is_group=in_group) is not None

        press = Presses(channel=channel, approvals=self.approvals, origin_of=origin)
        return Seat(name=channel, door=self.door, blobs=self.blobs, press=press, knows=knows)

    def show_work(self, place: GuardedChannel, inbound: Inbound, taken: object, tasks: asyncio.TaskGroup) -> None:
        """Show where a message came from that it is worked on, until its turn ends."""
        if isinstance(taken, Accepted) and taken.is_new:
            tasks.create_task(logged(f"work {taken.turn}", self._show_work(place, inbound, taken)))

    async def _show_work(self, place: GuardedChannel, inbound: Inbound, taken: Accepted) -> None:
        until = asyncio.get_running_loop().time() + _LONGEST_S
        while self.moments.has(taken.turn) and asyncio.get_running_loop().time() < until:
            if not await place.working(inbound.reply_to):
                return
            await asyncio.sleep(_EACH_S)
