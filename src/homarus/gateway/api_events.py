"""The event log over HTTP: a page of it, or everything new as it is written."""

import asyncio

from aiohttp import web
from pydantic import BaseModel

from homarus.domain import codec
from homarus.domain.errors import UsageError
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.gateway.answers import ok
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, Parameter, house_of
from homarus.gateway.sse import Stream, frame, stream

LOOK_S = 0.3
"""How often a follower's stream looks for new events."""
_MOST = 1000


class EventPage(BaseModel):
    """Some of the log, oldest first."""

    events: list[Event]
    last_seq: int
    """Ask for what is after this one next."""
    has_more: bool = False
    """Whether there are more on the side that was asked for: older ones with `newest` or `before`, else newer ones."""


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with events after a point, or follow the log."""
    kinds = _kinds(request.query.get("kinds", ""))
    after = number(request.headers.get("Last-Event-ID") or request.query.get("after", "0"), "after")
    if request.query.get("follow") in {"1", "true"}:
        return await _follow(request, after, kinds)
    limit = min(number(request.query.get("limit", "200"), "limit"), _MOST)
    found = await _found(request, after, kinds, limit + 1)
    has_more = len(found) > limit
    found = found[-limit:] if _is_backwards(request) else found[:limit]
    last_seq = found[-1].seq if found else after
    events = [codec.dump(event) for event in found] if limit else []
    return ok({"events": events, "last_seq": last_seq, "has_more": has_more})


def _is_backwards(request: web.Request) -> bool:
    return "before" in request.query or request.query.get("newest") in {"1", "true"}


async def _found(request: web.Request, after: int, kinds: tuple[Kind, ...], count: int) -> list[Event]:
    """Return so many events, oldest first: those right after a point, or the newest up to another."""
    from homarus.gateway.pages_events import latest

    store = house_of(request).store
    before = number(request.query["before"], "before") if "before" in request.query else None
    if turn := request.query.get("turn"):
        events = [event for event in await store.of_turn(TurnId(turn)) if event.seq > after]
        events = [event for event in events if before is None or event.seq < before]
        return events[-count:] if _is_backwards(request) else events[:count]
    if _is_backwards(request):
        return list(reversed(await latest(store, count, kinds=kinds, before=before, after=after)))
    return list(await store.since(after, limit=count, kinds=kinds))


async def _follow(request: web.Request, after: int, kinds: tuple[Kind, ...]) -> web.StreamResponse:
    store = house_of(request).store

    async def write(out: Stream) -> None:
        seen = after if "after" in request.query or "Last-Event-ID" in request.headers else await store.last_seq()
        await out.send(frame("following", {"after": seen}))
        while True:
            found = await store.since(seen, kinds=kinds)
            for event in found:
                await out.send(frame("event", codec.dump(event), str(event.seq)))
                seen = event.seq
            if not found:
                await asyncio.sleep(LOOK_S)

    return await stream(request, write)


def number(text: str, name: str) -> int:
    """Return a whole number from an address.

    Raises:
        UsageError: when it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - SQLite's integers are longer
        raise UsageError(
            _("{name!r} must be a whole number.").format(name=name), hint=_("Write {name}=0.").format(name=name)
        )
    return int(text)


def _kinds(text: str) -> tuple[Kind, ...]:
    words = [word for word in text.split(",") if word]
    known = {kind.value: kind for kind in Kind}
    for word in words:
        if word not in known:
            raise UsageError(
                _("{word!r} is no kind of event.").format(word=word[:100]),
                hint=_("Kinds: {kinds}.").format(kinds=", ".join(known)),
            )
    return tuple(known[word] for word in words)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/events",
        answer=listing,
        need=Need.ADMIN,
        about="Events of the log, oldest first; with `newest=1` the last ones, with `follow=1` all that is written.",
        gives=EventPage,
        streams=True,
        parameters=(
            Parameter(name="after", about="The last event that you have.", kind="integer"),
            Parameter(name="limit", about="How many at most.", kind="integer"),
            Parameter(name="newest", about="1 for the newest ones instead of the first ones."),
            Parameter(name="before", about="The newest ones before this event.", kind="integer"),
            Parameter(name="kinds", about="Only these, with commas."),
            Parameter(name="turn", about="Only of this turn."),
            Parameter(name="follow", about="1 for a stream."),
        ),
    ),
)
