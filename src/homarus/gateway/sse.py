"""Server-sent events: written as they happen, kept alive while nothing happens, taken up again where they broke off.

An id says how much of a turn's text was sent and what it was. Whoever comes back with one gets the rest; if the text
is another by now (a fallback began anew, the gateway was started again) it is told so and gets everything once more.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from homarus.domain import codec
from homarus.domain.content import Json
from homarus.domain.turns import Moment, Retracted, Said, Thought
from homarus.gateway.answers import encoded
from homarus.gateway.connection import connection_of
from homarus.gateway.security import CALLER
from homarus.gateway.site import SITE

KEEP_S = 15.0
WRITE_S = 20.0
"""A client that takes nothing for this long is let go; it can come back and take up where it was."""
_KEEP = b": keep\n\n"
EVENT_STREAM = "text/event-stream"


def frame(event: str, data: Json, event_id: str | None = None) -> bytes:
    """Return one event as bytes."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {event}\n".encode() + b"data: " + encoded(data) + b"\n\n"


def wants_stream(request: web.Request) -> bool:
    """Tell whether the asker accepts events."""
    return EVENT_STREAM in request.headers.get("Accept", "")


class Stream:
    """An answer that goes on."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response
        self._written_at = time.monotonic()

    async def send(self, data: bytes) -> None:
        """Send some bytes.

        Raises:
            ConnectionError: when nobody takes them.
        """
        self._written_at = time.monotonic()
        try:
            async with asyncio.timeout(WRITE_S):
                await self._response.write(data)
        except TimeoutError:
            raise ConnectionResetError("nobody reads") from None

    async def keep(self, is_still_valid: Callable[[], bool]) -> None:
        """Send a comment whenever nothing was sent for a while; end when the caller lost its rights."""
        while True:
            await asyncio.sleep(KEEP_S)
            if not is_still_valid():
                raise ConnectionResetError("the caller lost its rights")
            if time.monotonic() - self._written_at >= KEEP_S / 2:
                await self.send(_KEEP)


async def stream(
    request: web.Request, write: Callable[[Stream], Awaitable[None]], *, headers: dict[str, str] | None = None
) -> web.StreamResponse:
    """Answer with events; ends when `write` does, when the client goes, or when its rights are taken away."""
    response = web.StreamResponse(headers={"Content-Type": f"{EVENT_STREAM}; charset=utf-8", **(headers or {})})
    response.headers["X-Accel-Buffering"] = "no"
    caller = request[CALLER]
    with connection_of(request).cancelling(), request.app[SITE].streaming(caller):
        await response.prepare(request)
        out = Stream(response)
        try:
            async with asyncio.TaskGroup() as tasks:
                keeping = tasks.create_task(out.keep(lambda: request.app[SITE].is_still(caller)))
                await write(out)
                keeping.cancel()
            await response.write_eof()
        except* ConnectionError:
            response.force_close()
    return response


@dataclass(slots=True)
class _Told:
    """How much of one text a client has."""

    length: int = 0
    checksum: int = 0

    def add(self, text: str) -> None:
        self.length += len(text)
        self.checksum = zlib.crc32(text.encode("utf-8", "surrogatepass"), self.checksum)

    def rest(self, whole: str) -> str | None:
        """Return what the client does not have of a text, `None` when it has another one."""
        if len(whole) < self.length:
            return None
        begun = zlib.crc32(whole[: self.length].encode("utf-8", "surrogatepass"))
        return whole[self.length :] if begun == self.checksum else None


class Place:
    """Where in a turn a client is, written as an event id like `s120.9ab3-t0.0`."""

    def __init__(self, last_event_id: str = "") -> None:
        self.said, self.thought = _Told(), _Told()
        self._was_said, self._was_thought = _read_id(last_event_id)
        self._all_thought = ""

    def event_id(self) -> str:
        """Return the id of where the client is now."""
        return f"s{self.said.length}.{self.said.checksum:x}-t{self.thought.length}.{self.thought.checksum:x}"

    def next(self, moment: Moment) -> list[Moment]:
        """Return what to send so that the client has this moment too, given what it had when it came back."""
        match moment:
            case Said():
                return self._next_said(moment)
            case Thought():
                return self._next_thought(moment)
            case Retracted():
                self.said, self.thought = _Told(), _Told()
                self._was_said = self._was_thought = None
                return [moment]
            case _:
                return [moment]

    def _next_thought(self, moment: Thought) -> list[Moment]:
        self.thought.add(moment.text)
        self._all_thought += moment.text if self._was_said is not None else ""
        had, self._was_thought = self._was_thought, None
        if had is None:
            return [moment]
        rest = had.rest(moment.text)
        if rest is None:
            self._was_said = None
            return [Retracted(because=""), moment]
        return [Thought(text=rest)] if rest else []

    def _next_said(self, moment: Said) -> list[Moment]:
        self.said.add(moment.text)
        had, self._was_said = self._was_said, None
        if had is None:
            return [moment]
        rest = had.rest(moment.text)
        if rest is None:
            again: list[Moment] = [Retracted(because="")]
            again += [Thought(text=self._all_thought)] if self._all_thought else []
            return [*again, moment]
        return [Said(text=rest)] if rest else []


def _read_id(event_id: str) -> tuple[_Told | None, _Told | None]:
    said, _dash, thought = event_id.partition("-")
    return _read_told(said, "s"), _read_told(thought, "t")


def _read_told(text: str, letter: str) -> _Told | None:
    length, _dot, checksum = text.removeprefix(letter).partition(".")
    if not (text.startswith(letter) and length.isascii() and length.isdigit() and len(length) < 10):  # noqa: PLR2004
        return None
    try:
        told = _Told(length=int(length), checksum=int(checksum, 16))
    except ValueError:
        return None
    return told if told.length else None


async def send_moments(out: Stream, moments: AsyncIterator[Moment], place: Place) -> None:
    """Send the moments of a turn, each with the id under which the client may take it up again."""
    async for moment in moments:
        parts = place.next(moment)
        for part in parts:
            # Only after the last part does the client have what the id says.
            event_id = place.event_id() if part is parts[-1] else None
            await out.send(frame(type(part).__name__.lower(), codec.dump(part), event_id))
