"""The line to the gateway: plain HTTP over the Unix socket in the state folder, which is also the credential.

HTTP/1.0 on purpose: the answer ends where the connection does, so there is nothing to decode and nothing to import.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from homarus.domain.content import Json
from homarus.domain.errors import EXIT_GATEWAY_DOWN, HomarusError, OperatorError
from homarus.domain.i18n import _

ANSWER_LIMIT_S = 600.0
_CONNECT_LIMIT_S = 5.0
_SOCKET_NAME = "gateway.sock"


class GatewayDownError(OperatorError):
    """No gateway answers here."""

    exit_code = EXIT_GATEWAY_DOWN


class AnsweredError(HomarusError):
    """The gateway answered with an error, which is passed on as it is."""

    def __init__(self, status: int, message: str, hint: str, exit_code: int) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One event of a stream."""

    name: str
    data: dict[str, Json]


class Line:
    """Asks the gateway of one state folder."""

    def __init__(self, home: Path) -> None:
        self._path = home / _SOCKET_NAME

    def is_up(self) -> bool:
        """Whether a gateway accepts connections."""
        try:
            self._connect().close()
        except GatewayDownError:
            return False
        return True

    def get(self, path: str) -> dict[str, Json]:
        """Return what the gateway says to a GET."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, Json] | None = None) -> dict[str, Json]:
        """Return what the gateway says to a POST."""
        return self._call("POST", path, body or {})

    def put(self, path: str, body: Mapping[str, Json]) -> dict[str, Json]:
        """Return what the gateway says to a PUT."""
        return self._call("PUT", path, body)

    def delete(self, path: str) -> dict[str, Json]:
        """Return what the gateway says to a DELETE."""
        return self._call("DELETE", path, None)

    def stream(self, method: str, path: str, body: Mapping[str, Json] | None = None) -> Iterator[Frame]:
        """Yield the events of an answer as they come; closing the iterator hangs up."""
        with self._connect() as connection:
            connection.settimeout(None)
            _send(connection, method, path, body, accept="text/event-stream")
            with connection.makefile("rb") as answer:
                status = _head(answer)
                if status >= 400:  # noqa: PLR2004 - RFC 9110 section 15
                    raise _error(status, answer.read())
                yield from _frames(answer)

    def content(self, path: str) -> bytes:
        """Return what the gateway says to a GET, as it is: a report, a file."""
        return self._content("GET", path, None)

    def _content(self, method: str, path: str, body: Mapping[str, Json] | None) -> bytes:
        with self._connect() as connection:
            connection.settimeout(ANSWER_LIMIT_S)
            _send(connection, method, path, body, accept="application/json")
            with connection.makefile("rb") as answer:
                status = _head(answer)
                content = answer.read()
        if status >= 400:  # noqa: PLR2004 - RFC 9110 section 15
            raise _error(status, content)
        return content

    def _call(self, method: str, path: str, body: Mapping[str, Json] | None) -> dict[str, Json]:
        content = self._content(method, path, body)
        return cast("dict[str, Json]", json.loads(content)) if content.strip() else {}

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_CONNECT_LIMIT_S)
        try:
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise GatewayDownError(
                _("No gateway runs for {home}.").format(home=self._path.parent), hint="homarus up"
            ) from error
        return connection


def _send(connection: socket.socket, method: str, path: str, body: Mapping[str, Json] | None, *, accept: str) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.0\r\nHost: localhost\r\nAccept: {accept}\r\nContent-Length: {len(content)}\r\n"
    if body is not None:
        head += "Content-Type: application/json\r\n"
    connection.sendall(head.encode() + b"\r\n" + content)


def _head(answer: BinaryIO) -> int:
    first = answer.readline()
    while answer.readline().strip():
        pass
    try:
        return int(first.split(b" ", 2)[1])
    except (IndexError, ValueError) as error:
        raise GatewayDownError(_("The gateway hung up."), hint="homarus logs") from error


def _error(status: int, content: bytes) -> AnsweredError:
    try:
        told = cast("dict[str, dict[str, Json]]", json.loads(content))["error"]
        message, hint = str(told["message"]), str(told["hint"])
    except (ValueError, KeyError, TypeError):
        message, hint = _("The gateway answered {status}.").format(status=status), "homarus logs"
        told = {}
    code = told.get("exit_code", 1)
    return AnsweredError(status, message, hint, code if isinstance(code, int) else 1)


def _frames(answer: BinaryIO) -> Iterator[Frame]:
    name, data = "", ""
    for raw in answer:
        line = raw.decode().rstrip("\r\n")
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line and data:
            yield Frame(name=name, data=cast("dict[str, Json]", json.loads(data)))
            name, data = "", ""
