"""Cut a stream of bytes into lines, wherever the network cut it."""

from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.i18n import _

LINE_LIMIT_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class Lines:
    """Takes pieces, gives whole lines without their ends: LF, CRLF or CR, also when CR and LF come apart."""

    def __init__(self, limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        """Take the longest line that is still believed."""
        self._limit_bytes = limit_bytes
        self._rest = b""
        self._ended_with_cr = False
        self._is_first = True

    def feed(self, piece: bytes) -> list[str]:
        """Return the lines that are whole now.

        Raises:
            ModelCallError: when a line grows past the limit.
        """
        if self._ended_with_cr and piece[:1] == b"\n":
            piece = piece[1:]
            self._ended_with_cr = False
        if not piece:
            return []
        self._ended_with_cr = piece[-1:] == b"\r"
        lines = (self._rest + piece).splitlines(keepends=True)
        self._rest = b"" if lines[-1][-1:] in (b"\n", b"\r") else lines.pop()
        if len(self._rest) > self._limit_bytes:
            raise ModelCallError(
                Failure.BAD_ANSWER,
                _("The server sent a line of more than {limit} MiB.").format(limit=self._limit_bytes >> 20),
                hint=_("Look into the server's log; the answer is not usable."),
            )
        return [self._text(line.rstrip(b"\r\n")) for line in lines]

    def close(self) -> list[str]:
        """Return the last line when nothing ended it."""
        rest, self._rest = self._rest, b""
        return [self._text(rest)] if rest else []

    def _text(self, line: bytes) -> str:
        if self._is_first:
            self._is_first = False
            line = line.removeprefix(_BOM)
        return line.decode("utf-8", "replace")
