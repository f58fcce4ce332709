"""One request to a model server and the frames of its answer; everything that goes wrong is in the failure grammar."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ConnectionFailedError
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.inference import ModelRef
from homarus.domain.labels import Reach
from homarus.domain.ports import Door, Endpoint, Inlet, Outbound, Purpose
from homarus.models.closing import closing
from homarus.models.failures import Who, bad_answer, cut_off, from_connection, from_response, from_stream, stalled
from homarus.models.mislabelled import bare_texts, events_in, texts_in
from homarus.models.ndjson import NdjsonReader, as_object, read_json
from homarus.models.sse import SseEvent, SseReader

_ERROR_BYTES = 64 * 1024
_WHOLE_BYTES = 32 * 1024 * 1024
_NOT_A_WORD = frozenset({"ping"})
_ANSWERS = frozenset(
    {"choices", "usage", "output", "content", "delta", "timings", "prompt_progress", "response", "done", "model"}
)
_COMPLAINTS = frozenset({"message", "detail", "errors", "msg"})
"""What a frame is called that is an error and does not say so: proxies, FastAPI, and gateways of clouds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """How one server is talked to for one request."""

    door: Door
    at: Endpoint
    who: Who
    reach: Reach = Reach.ANYWHERE
    turn: TurnId | None = None

    @classmethod
    def of(
        cls, at: Endpoint, door: Door, *, model: ModelRef | None, reach: Reach, turn: TurnId | None = None
    ) -> "Exchange":
        """Prepare a call for a model, or for the server itself."""
        place = urlsplit(at.base_url).netloc or at.base_url
        who = Who(model=str(model or at.provider), place=place, secrets=_secrets_of(at))
        return cls(door=door, at=at, who=who, reach=reach, turn=turn)

    async def events(self, path: str, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[SseEvent]:
        """Post and yield server-sent events; an answer that is one JSON text comes as one event.

        Raises:
            ModelCallError: when the call fails, or nothing that came was an event.
        """
        reader = SseReader()
        async with closing(self._pieces(path, body, headers)) as pieces:
            async for event in self._framed(pieces, reader):
                yield event

    async def lines(self, path: str, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[JsonObject]:
        """Post and yield JSON objects, one per line.

        Raises:
            ModelCallError: when the call fails, or a line is not a JSON object.
        """
        reader = NdjsonReader()
        async with closing(self._pieces(path, body, headers)) as pieces:
            async for piece in pieces:
                lines = texts_in(piece.data) if piece.is_whole else reader.feed(piece.data)
                for text in (text for line in lines for text in bare_texts(line)):
                    yield self.object(text)
        for text in (text for line in reader.close() for text in bare_texts(line)):
            yield self.object(text, is_last=True)

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> JsonObject:
        """Call and return one JSON object.

        Raises:
            ModelCallError: when the call fails, or the answer is not a JSON object.
        """
        return self.object(await self.whole(method, path, headers, body))

    async def whole(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> str:
        """Call and return the answer as text.

        Raises:
            ModelCallError: when the call fails.
        """
        try:
            async with self.door.open(self._outbound(method, path, body, headers)) as inlet:
                await self._check(inlet)
                return (await inlet.read(_WHOLE_BYTES)).decode("utf-8", "replace")
        except ConnectionFailedError as error:
            raise from_connection(error, self.who, has_begun=False) from error

    def object(self, text: str, *, is_last: bool = False) -> JsonObject:
        """Read one frame; what a dead server left half written is cut off, not bad.

        Raises:
            ModelCallError: when it is not a JSON object, or is an error.
        """
        try:
            value = read_json(text)
        except ValueError as error:
            if is_last:
                raise cut_off(self.who) from error
            raise bad_answer(self.who, _("what it sent is not JSON: {text}").format(text=text[:80])) from error
        if not isinstance(value, dict):
            raise bad_answer(self.who, _("what it sent is not a JSON object: {text}").format(text=text[:80]))
        return value

    def raise_error_in(self, frame: JsonObject) -> None:
        """Raise when a frame is an error and not a piece of an answer."""
        error: Json = frame.get("error")
        if error:
            raise from_stream(error if not isinstance(error, str) else dict(frame), self.who)
        if not (frame.keys() & _ANSWERS or isinstance(frame.get("message"), dict)) and frame.keys() & _COMPLAINTS:
            raise from_stream(dict(frame), self.who)

    def raise_failed(self, frame: JsonObject) -> None:
        """Raise what a frame that means failure says, wherever it says it."""
        inner = as_object(frame.get("response")).get("error") or frame.get("error") or dict(frame)
        raise from_stream(inner, self.who)

    def raise_cut_off(self) -> None:
        """Raise because the stream ended without its end mark."""
        raise cut_off(self.who)

    async def _framed(self, pieces: AsyncIterator["_Piece"], reader: SseReader) -> AsyncIterator[SseEvent]:
        clock = asyncio.get_running_loop().time
        last_word = clock()
        has_begun, unread = False, bytearray()
        timeouts = self.at.timeouts
        async for piece in pieces:
            unread += b"" if has_begun else piece.data[: _WHOLE_BYTES - len(unread)]
            if piece.is_whole:
                break
            events = reader.feed(piece.data)
            if any(event.name not in _NOT_A_WORD for event in events):
                last_word, has_begun = clock(), True
            elif clock() - last_word > (timeouts.idle_s if has_begun else timeouts.first_byte_s):
                raise stalled(self.who, has_begun=has_begun)
            for event in events:
                yield event
        for event in [*reader.close(), *([] if has_begun else events_in(bytes(unread)))]:
            has_begun = True
            yield event
        if not has_begun:
            raise bad_answer(self.who, _("not one event came") if unread.strip() else _("nothing at all came"))

    async def _pieces(self, path: str, body: bytes, headers: Mapping[str, str]) -> AsyncIterator["_Piece"]:
        has_begun = False
        try:
            async with self.door.open(self._outbound("POST", path, body, headers)) as inlet:
                await self._check(inlet)
                if _kind(inlet) == "application/json":
                    yield _Piece(data=await inlet.read(_WHOLE_BYTES), is_whole=True)
                    return
                async with closing(inlet.chunks()) as chunks:
                    async for chunk in chunks:
                        has_begun = True
                        yield _Piece(data=chunk)
        except ConnectionFailedError as error:
            raise from_connection(error, self.who, has_begun=has_begun) from error

    async def _check(self, inlet: Inlet) -> None:
        """Raise when the status is not success, or a web page came where an answer should be."""
        if not 200 <= inlet.status < 300:  # noqa: PLR2004 - the HTTP range of success
            raise from_response(inlet.status, await inlet.read(_ERROR_BYTES), inlet.headers, self.who)
        if _kind(inlet) == "text/html":
            raise bad_answer(self.who, _("a web page came instead of an answer"))

    def _outbound(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Outbound:
        base = {"Accept-Encoding": "identity", **({"Content-Type": "application/json"} if body is not None else {})}
        return Outbound(
            method=method,
            url=f"{self.at.base_url.rstrip('/')}{path}",
            purpose=Purpose.MODEL,
            headers={**base, **headers, **self.at.headers},
            body=body,
            reach=self.reach,
            within=self.at.within,
            region=self.at.region,
            timeouts=self.at.timeouts,
            turn=self.turn,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    data: bytes
    is_whole: bool = False


def _kind(inlet: Inlet) -> str:
    return inlet.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def bearer(at: Endpoint) -> dict[str, str]:
    """Return the header that most servers want the key in; none without a key."""
    return {"Authorization": f"Bearer {at.api_key}"} if at.api_key else {}


def _secrets_of(at: Endpoint) -> tuple[str, ...]:
    """Return what a server was sent and must not be quoted with, longer ones first: key and headers."""
    sent = [at.api_key or "", *at.headers.values()]
    found = {part for value in sent for part in (value, value.partition(" ")[2]) if part}
    return tuple(sorted(found, key=len, reverse=True))
