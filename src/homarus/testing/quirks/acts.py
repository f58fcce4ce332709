"""What the server does with an open connection, as values: send a head, send a piece, wait, break off."""

import json
from dataclasses import dataclass
from typing import TypeAlias

from homarus.domain.content import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Send status and headers."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    """The Content-Length to claim; `None` for chunks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Send some of the body, in one chunk of its own."""

    data: bytes
    of: str = ""
    """What it carries: `text`, `reasoning`, `call`, `finish`, `done` or nothing of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Wait, in units of the server's `pause_s`."""

    units: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Say nothing more until the client hangs up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Drop the connection as a killed process does: RST."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Close the connection without ending the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """End the body as it should be."""


Act: TypeAlias = Head | Piece | Pause | Stall | Reset | Cut | End

EVENT_STREAM = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"))
NDJSON = (("Content-Type", "application/x-ndjson"),)
JSON_TYPE = (("Content-Type", "application/json; charset=utf-8"),)


def compact(value: Json) -> bytes:
    """Return JSON as most servers write it: no spaces, letters beyond ASCII as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sse(value: Json, *, event: str = "", of: str = "") -> Piece:
    """Return one server-sent event."""
    name = f"event: {event}\n".encode() if event else b""
    return Piece(data=name + b"data: " + compact(value) + b"\n\n", of=of)


def whole(body: bytes, *, status: int = 200, headers: tuple[tuple[str, str], ...] = JSON_TYPE) -> list[Act]:
    """Return the acts of an answer in one piece."""
    return [Head(status=status, headers=headers, length=len(body)), Piece(data=body, of="text"), End()]
