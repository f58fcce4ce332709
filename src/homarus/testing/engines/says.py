"""What the servers of this room share: reading requests, and answers as acts."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast
from urllib.parse import parse_qs

from homarus.domain.content import Json, JsonObject
from homarus.testing.engines.stock import Loaded, Rack
from homarus.testing.quirks.acts import Act, compact, whole
from homarus.testing.quirks.received import Received

Says: TypeAlias = list[Act] | AsyncIterator[Act]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request, read."""

    rack: Rack
    method: str
    path: str
    body: JsonObject
    query: Mapping[str, str]
    pause_s: float
    """How long a download waits between two pieces."""
    source: Received
    is_router: bool = False

    def word(self, key: str) -> str:
        """Return a member of the body that is text."""
        value = self.body.get(key)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A prompt that may be answered, by a model in memory; or the refusal."""

    loaded: Loaded | None = None
    refused: list[Act] | None = None


def question(rack: Rack, received: Received, *, pause_s: float, is_router: bool = False) -> Question:
    """Read a request."""
    try:
        body = cast("Json", json.loads(received.body or b"{}"))
    except ValueError:
        body = None
    query = {key: values[-1] for key, values in parse_qs(received.query).items()}
    return Question(
        rack=rack,
        method=received.method,
        path=received.path,
        body=body if isinstance(body, dict) else {},
        query=query,
        pause_s=pause_s,
        source=received,
        is_router=is_router,
    )


def ok(body: Json, *, status: int = 200) -> list[Act]:
    """Return a JSON answer."""
    return whole(compact(body), status=status)


def text(body: str) -> list[Act]:
    """Return an answer that is plain text."""
    return whole(body.encode(), headers=(("Content-Type", "text/plain; version=0.0.4"),))


def openai_error(message: str, *, status: int, kind: str = "invalid_request_error", **extra: Json) -> list[Act]:
    """Return an error in the shape of OpenAI."""
    return ok({"error": {"message": message, "type": kind, "code": status, **extra}}, status=status)
