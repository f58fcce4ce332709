"""HTTP/1.1 over raw streams: read requests one by one, play acts, notice when the client hangs up."""

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

from homarus.testing.quirks.acts import Act, Cut, End, Head, Pause, Piece, Reset, Stall
from homarus.testing.quirks.received import Received

_READ_BYTES = 256 * 1024
_MAX_BODY_BYTES = 256 * 1024 * 1024
Answer = Callable[["Connection", Received], Awaitable[None]]


class HungUpError(Exception):
    """The client is not there any more."""


class NotHttpError(Exception):
    """What came is not a request."""


class Connection:
    """One client."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, pause_s: float, is_watched: bool = True
    ) -> None:
        """Take over an accepted connection; unwatched, nobody looks whether the client hangs up meanwhile."""
        self._is_watched = is_watched
        self._reader = reader
        self._writer = writer
        self._pause_s = pause_s
        self._buffer = bytearray()
        self._is_chunked = False
        self.is_closing = False

    async def serve(self, answer: Answer) -> None:
        """Read requests and answer each, until either side has enough."""
        try:
            while not self.is_closing and (request := await self._read_request()) is not None:
                await (self._watched(answer, request) if self._is_watched else answer(self, request))
                if request.headers.get("connection", "").lower() == "close":
                    break
        except (ConnectionError, HungUpError):
            pass
        except NotHttpError:
            self._writer.write(_head_bytes(Head(status=400, headers=(("Connection", "close"),), length=0)))
        finally:
            self.abort() if self._writer.transport.is_closing() else self._writer.close()

    def abort(self) -> None:
        """Drop the connection at once."""
        self.is_closing = True
        self._writer.transport.abort()

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def play(self, acts: Iterable[Act], request: Received) -> None:
        """Do one act after another.

        Raises:
            HungUpError: when the client hangs up meanwhile.
        """
        for act in acts:
            if request.has_hung_up:
                raise HungUpError
            await self._do(act, request)

    async def wait(self, seconds: float | None, request: Received) -> None:
        """Wait, or forever, as long as the client is there.

        Raises:
            HungUpError: when it hangs up.
        """
        try:
            async with asyncio.timeout(seconds):
                await request.gone.wait()
        except TimeoutError:
            return
        raise HungUpError

    async def _do(self, act: Act, request: Received) -> None:
        match act:
            case Head():
                request.status = act.status
                self._is_chunked = act.length is None
                await self.send(_head_bytes(act))
            case Piece():
                await self.send(_chunk(act.data) if self._is_chunked else act.data)
                request.sent_pieces += 1
            case End():
                await self.send(b"0\r\n\r\n" if self._is_chunked else b"")
            case Pause():
                await self.wait(act.units * self._pause_s, request)
            case Stall():
                await self.wait(None, request)
            case Reset():
                self._linger_not()
                self.abort()
            case Cut():
                self.is_closing = True

    def _linger_not(self) -> None:
        """Let the next close send RST: unsent bytes are dropped, as when a process is killed."""
        sock = self._writer.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def _watched(self, answer: Answer, request: Received) -> None:
        """Answer a request and notice meanwhile when the client hangs up."""
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._watch(request))
                try:
                    await answer(self, request)
                finally:
                    watch.cancel()
        except* (ConnectionError, HungUpError):
            if not self.is_closing:
                request.gone.set()
            self.is_closing = True
        finally:
            request.until = time.monotonic()
            request.ended.set()

    async def _watch(self, request: Received) -> None:
        while await self._fill():
            pass
        request.gone.set()

    async def _fill(self) -> bool:
        """Read some more; say whether the client is still there."""
        try:
            data = await self._reader.read(_READ_BYTES)
        except ConnectionError:
            return False
        self._buffer += data
        return bool(data)

    async def _read_request(self) -> Received | None:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not await self._fill():
                return None
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise NotHttpError
        method, target, _ = words
        pairs = [line.partition(":") for line in lines]
        headers = {name.strip().lower(): value.strip() for name, _colon, value in pairs}
        if headers.get("expect", "").lower() == "100-continue":
            await self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._read_body(headers)
        path, _mark, query = target.partition("?")
        return Received(method=method, path=path, query=query, headers=headers, body=body)

    async def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await self._take(_size(headers.get("content-length", "0"), 10))
        body = b""
        while size := _size((await self._take_line()).partition(b";")[0].decode("latin-1"), 16):
            body += await self._take(size)
            await self._take_line()
        await self._take_line()
        return body

    async def _take(self, size: int) -> bytes:
        if size > _MAX_BODY_BYTES:
            raise HungUpError
        while len(self._buffer) < size:
            if not await self._fill():
                raise HungUpError
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def _take_line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if not await self._fill():
                raise HungUpError
        return (await self._take(end + 2))[:-2]


def _size(digits: str, base: int) -> int:
    try:
        size = int(digits.strip(), base)
    except ValueError as error:
        raise NotHttpError from error
    if size < 0:
        raise NotHttpError
    return size


def on_the_wire(acts: Iterable[Act]) -> bytes:
    """Return the bytes of acts that only send."""
    sent: list[bytes] = []
    is_chunked = False
    for act in acts:
        if isinstance(act, Head):
            is_chunked = act.length is None
            sent.append(_head_bytes(act))
        elif isinstance(act, Piece):
            sent.append(_chunk(act.data) if is_chunked else act.data)
    return b"".join(sent) + (b"0\r\n\r\n" if is_chunked else b"")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _head_bytes(head: Head) -> bytes:
    try:
        phrase = HTTPStatus(head.status).phrase
    except ValueError:
        phrase = "Unknown"
    size = ("Transfer-Encoding", "chunked") if head.length is None else ("Content-Length", str(head.length))
    lines = [f"HTTP/1.1 {head.status} {phrase}", *(f"{name}: {value}" for name, value in (*head.headers, size))]
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1")
