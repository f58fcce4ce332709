"""Find where the owner is told something: a channel that was named, or the one from which the owner wrote last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from homarus.domain import codec
from homarus.domain.events import Kind
from homarus.domain.jobs import Delivery, DeliveryMode
from homarus.domain.labels import Origin
from homarus.domain.ports import Store
from homarus.domain.turns import Inbound

_PAGE = 2000
_MOST_PAGES = 25
LAST = "last"
WEB = "web"


class Known(Protocol):
    """The channels that run now."""

    def __contains__(self, name: object, /) -> bool:
        """Whether a channel of that name runs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A chat of a channel."""

    channel: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Knows from where the owner wrote, by the log."""

    store: Store
    channels: Known

    async def of(self, delivery: Delivery) -> Place | None:
        """Return where a delivery goes; `None` when it stays with the pages, which always have it."""
        if delivery.mode is not DeliveryMode.ANNOUNCE or delivery.channel in (WEB, "none"):
            return None
        if delivery.channel == LAST:
            return await self._last(None)
        if delivery.to:
            return Place(channel=delivery.channel, to=delivery.to)
        return await self._last(delivery.channel)

    async def _last(self, channel: str | None) -> Place | None:
        """Return from where the owner wrote last, in one channel or in any that runs; pages are no channel."""
        end = await self.store.last_seq()
        for _page in range(_MOST_PAGES):
            begin = max(end - _PAGE, 0)
            events = await self.store.since(begin, limit=_PAGE, kinds=(Kind.INBOUND_ACCEPTED,))
            for event in reversed([event for event in events if event.seq <= end]):
                found = _place(event.body)
                if found is not None and (found.channel == channel if channel else found.channel in self.channels):
                    return found
            if begin == 0:
                break
            end = begin
        return None


def _place(body: Mapping[str, object]) -> Place | None:
    inbound = codec.load(Inbound, cast("dict[str, None]", body["inbound"]))
    if inbound.label.origin is not Origin.OWNER or not inbound.reply_to:
        return None
    return Place(channel=inbound.channel, to=inbound.reply_to)
