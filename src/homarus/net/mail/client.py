"""IMAP over a socket that the door opened: Python's client without its own connecting and reading.

Reading is ours because the client's differs between Python's versions, waits for ever, and would take what somebody
slipped in before TLS began for the server's word (CVE-2021-38371 and its kin).
"""

import imaplib
import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from imap_tools import BaseMailBox

_LONGEST_LINE = 20 * 1024 * 1024
"""An answer to a search over two million messages."""
_PIECE_BYTES = 64 * 1024
_APPENDED = re.compile(r"\[APPENDUID \d+ (\d+)\]")
_NEWS = ("EXISTS", "EXPUNGE", "VANISHED", "FETCH")
imaplib.Commands.setdefault("IDLE", ("AUTH", "SELECTED"))


class SlippedInError(imaplib.IMAP4.abort):
    """Something stood in the connection before TLS began; whoever put it there is not the server."""


class SocketClient(imaplib.IMAP4):
    """`imaplib.IMAP4` that neither opens connections nor reads past what it was asked for."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        """Take a connected socket and read the greeting."""
        self._given = connection
        self._held = bytearray()
        super().__init__(host)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:  # noqa: ARG002 - as the client calls it
        """Use the socket that is there."""
        self.host, self.port, self.sock = host, port, self._given

    def read(self, size: int) -> bytes:
        """Return so many bytes."""
        while len(self._held) < size:
            self._more(max(size - len(self._held), _PIECE_BYTES))
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def readline(self) -> bytes:
        """Return the next line."""
        searched = 0
        while (end := self._held.find(b"\n", searched)) < 0:
            searched = len(self._held)
            if searched > _LONGEST_LINE:
                raise self.error("got more than 20 MiB in one line")
            self._more(_PIECE_BYTES)
        line = bytes(self._held[: end + 1])
        del self._held[: end + 1]
        return line

    def send(self, data: "ReadableBuffer") -> None:
        """Send bytes."""
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Close the connection."""
        self.sock.close()

    def secure(self, context: ssl.SSLContext) -> None:
        """Begin TLS.

        Raises:
            SlippedInError: when there is more in the connection than the server's consent.
        """
        status, _answer = self._simple_command("STARTTLS")
        if status != "OK":
            raise self.error("STARTTLS refused")
        if self._held:
            raise SlippedInError("answers before TLS began")
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        self._get_capabilities()

    def wait(self, limit_s: float) -> bool:
        """Wait until the server says something, without reading it; tell whether it did."""
        until = time.monotonic() + limit_s
        before = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            while not self._held and (left_s := until - time.monotonic()) > 0:
                try:
                    self._more(_PIECE_BYTES)
                except (BlockingIOError, ssl.SSLWantReadError):
                    poller = select.poll()
                    poller.register(self.sock.fileno(), select.POLLIN)
                    poller.poll(left_s * 1000)
            return bool(self._held)
        finally:
            self.sock.settimeout(before)

    def extended(self) -> frozenset[str]:
        """Return what the server can do after signing in, and switch on what is of use."""
        self._get_capabilities()
        known = self.extensions()
        if "ENABLE" in known and self.state == "AUTH":
            if "QRESYNC" in known:
                self.enable("QRESYNC")
            elif "CONDSTORE" in known:
                self.enable("CONDSTORE")
        return known

    def extensions(self) -> frozenset[str]:
        """Return what the server says that it can do, in capitals."""
        return frozenset(str(word).upper() for word in self.capabilities)

    def choose(self, folder: str, *, is_read_only: bool) -> dict[str, int]:
        """Open a folder and return the numbers that the server tells of it."""
        from imap_tools.utils import encode_folder

        status, answer = self.select(encode_folder(folder).decode("ascii"), readonly=is_read_only)
        if status != "OK":
            raise self.error(_text(answer))
        numbers: dict[str, int] = {}
        for name in ("EXISTS", "UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"):
            _name, told = self.response(name)
            word = told[-1] if told else None
            if isinstance(word, bytes) and word.isdigit():
                numbers[name] = int(word)
        return numbers

    def told(self, command: str, *words: str) -> list[Any]:
        """Return the answers to a command over uids."""
        self.untagged_responses.pop("VANISHED", None)
        status, answer = self.uid(command, *words)
        if status != "OK":
            raise self.error(_text(answer))
        return [one for one in answer if one is not None]

    def found(self, criteria: str) -> tuple[int, ...]:
        """Return the uids that a search finds, ascending."""
        words = criteria if criteria.isascii() else f"CHARSET UTF-8 {criteria}"
        status, answer = self.uid("SEARCH", words.encode())  # pyright: ignore[reportArgumentType] - bytes go as they are
        if status != "OK":
            raise self.error(_text(answer))
        return tuple(sorted(int(uid) for line in answer if line for uid in line.split()))

    def put(self, folder: str, raw: bytes, *, flags: Sequence[str], at: datetime) -> int | None:
        """Add a message to a folder; return its uid where the server tells it."""
        from imap_tools.utils import encode_folder

        name = encode_folder(folder).decode("ascii")
        status, answer = self.append(name, f"({' '.join(flags)})" if flags else "", at, raw)
        if status != "OK":
            raise self.error(_text(answer))
        told = _APPENDED.search(_text(answer))
        return int(told[1]) if told else None

    def carry(self, uids: str, to: str) -> None:
        """Move messages of the open folder; where the server cannot, they are copied, and only these are taken away."""
        from imap_tools.utils import encode_folder

        name = encode_folder(to).decode("ascii")
        if "MOVE" in self.extensions():
            self.told("MOVE", uids, name)
            return
        self.told("COPY", uids, name)
        self.told("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self.extensions():
            self.told("EXPUNGE", uids)

    def vanished(self) -> tuple[int, ...]:
        """Return the uids that the last answer called gone."""
        _name, told = self.response("VANISHED")
        gone: set[int] = set()
        for line in told or ():
            for span in bytes(line or b"").split()[-1:]:
                for part in span.decode("ascii", "replace").split(","):
                    first, _colon, last = part.partition(":")
                    gone.update(range(int(first), int(last or first) + 1))
        return tuple(sorted(gone))

    def has_news(self, folder: str) -> bool:
        """Ask whether something happened in a folder since it was opened."""
        if self.state != "SELECTED":
            self.choose(folder, is_read_only=True)
        before = self.untagged_responses.copy()
        self.noop()
        return any(self.untagged_responses.get(name) != before.get(name) for name in _NEWS)

    def idle(self, folder: str, limit_s: float) -> bool:
        """Wait until the server tells of something in a folder."""
        self.choose(folder, is_read_only=True)
        for name in _NEWS:
            self.untagged_responses.pop(name, None)
        tag = self._command("IDLE")
        while self._get_response() is not None:  # up to its `+`
            if refusal := self.tagged_commands[tag]:
                raise self.error(_text(cast("object", refusal[1])))
        self.wait(limit_s)
        self.send(b"DONE\r\n")
        self._command_complete("IDLE", tag)
        return any(name in self.untagged_responses for name in _NEWS)

    def hang_up(self) -> None:
        """Break the connection under whoever reads from it, from any thread."""
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _more(self, size: int) -> None:
        piece = self.sock.recv(min(size, 4 * 1024 * 1024))
        if not piece:
            raise self.abort("socket error: EOF")
        self._held += piece


def _text(answer: object) -> str:
    words = cast("Sequence[object]", answer) if isinstance(answer, list | tuple) else [answer]
    return " ".join(word.decode("utf-8", "replace") for word in words if isinstance(word, bytes))


def mailbox_over(connect: Callable[[], SocketClient]) -> "BaseMailBox":
    """Return imap-tools' mailbox around a client of ours; its extra must be there."""
    from imap_tools import BaseMailBox

    class DoorMailBox(BaseMailBox):
        """A mailbox whose connection the door opened."""

        def _get_mailbox_client(self) -> Any:
            return connect()

    return DoorMailBox()
