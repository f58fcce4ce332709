"""An answer that is coming in: a body with a limit on silence, on size and on what it unpacks to."""

from collections.abc import AsyncIterator, Mapping

import aiohttp

from homarus.domain.errors import ConnectionFailedError, Stage
from homarus.domain.i18n import _
from homarus.net.direct import DirectAnswer
from homarus.net.failed import failed

PIECE_BYTES = 64 * 1024
BODY_LIMIT_BYTES = 1024 * 1024 * 1024
UNPACKED_LIMIT_BYTES = 64 * 1024 * 1024


class OpenInlet:
    """One response; the body is read once."""

    def __init__(self, response: DirectAnswer | aiohttp.ClientResponse, *, place: str, idle_s: float) -> None:
        """Take the response whose headers are there."""
        self._response = response
        self._place = place
        self._idle_s = idle_s
        self._has_begun = False
        is_packed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
        self._limit_bytes = UNPACKED_LIMIT_BYTES if is_packed else BODY_LIMIT_BYTES
        self.received_bytes = 0

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Case-insensitive headers."""
        return self._response.headers

    @property
    def url(self) -> str:
        """The address that answered, after redirects."""
        return str(self._response.url)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes, decompressed, in pieces of at most 64 KiB."""
        while piece := await self._piece():
            yield piece

    async def read(self, limit_bytes: int) -> bytes:
        """Return the whole body, cut at the limit."""
        piece = await self._piece()
        if self._response.content.at_eof() and len(piece) <= limit_bytes:
            return piece
        whole = bytearray(piece)
        while piece and len(whole) < limit_bytes:
            piece = await self._piece()
            whole += piece
        return bytes(whole[:limit_bytes])

    async def _piece(self) -> bytes:
        try:
            piece = await self._response.content.read(PIECE_BYTES)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise failed(error, self._place, stage=self._stage_of(error)) from error
        if not self._has_begun:
            self._begin()
        self.received_bytes += len(piece)
        if self.received_bytes > self._limit_bytes:
            raise ConnectionFailedError(
                Stage.CUT,
                _("{place} sends more than {limit} MiB.").format(
                    place=self._place, limit=self._limit_bytes // (1024 * 1024)
                ),
                hint=_("It is not read further; ask for something smaller."),
            )
        return piece

    def _begin(self) -> None:
        """From the first byte on, silence is measured by the idle limit."""
        self._has_begun = True
        connection = self._response.connection
        protocol = connection.protocol if connection is not None else None
        if protocol is None or protocol.transport is None:
            return
        protocol.read_timeout = self._idle_s
        # The clock that the first byte started runs with the old limit. It stands still while nothing is read.
        if protocol.transport.is_reading() and not self._response.content.is_eof():
            protocol.start_timeout()

    def _stage_of(self, error: Exception) -> Stage:
        if isinstance(error, TimeoutError):
            return Stage.IDLE if self._has_begun else Stage.FIRST_BYTE
        return Stage.CUT

    def close(self) -> None:
        """Give the connection back when the body was read to its end, else close it at once."""
        self._response.close()
