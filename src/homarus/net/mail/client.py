"""IMAP over a socket that the door opened: Python's client without its own connecting and reading.

Reading is ours because the client's differs between Python's versions, waits for ever, and would take what somebody
slipped in before TLS began for the server's word (CVE-2021-38371 and its kin).
"""

import imaplib
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from imap_tools import BaseMailBox

_LONGEST_LINE = 20 * 1024 * 1024
"""An answer to a search over two million messages."""
_PIECE_BYTES = 64 * 1024
NEWS = ("EXISTS", "EXPUNGE", "VANISHED", "FETCH")
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

    def _wait(self, limit_s: float) -> bool:
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

    def idle(self, limit_s: float) -> bool:
        """Wait until the server tells of something in the folder that is open."""
        for name in NEWS:
            self.untagged_responses.pop(name, None)
        tag = self._command("IDLE")
        while self._get_response() is not None:  # up to its `+`
            if refusal := self.tagged_commands[tag]:
                raise self.error(text_of(cast("object", refusal[1])))
        self._wait(limit_s)
        self.send(b"DONE\r\n")
        self._command_complete("IDLE", tag)
        return any(name in self.untagged_responses for name in NEWS)

    def hang_up(self) -> None:
        """Break the connection under whoever reads from it, from any thread."""
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _more(self, size: int) -> None:
        piece = self.sock.recv(min(size, 4 * 1024 * 1024))
        if not piece:
            raise self.abort("socket error: EOF")
        self._held += piece


def text_of(answer: object) -> str:
    """Return what a server said as text."""
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
