"""Every request that the server was sent, kept for the test."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from homarus.domain.content import JsonObject


@dataclass(slots=True, kw_only=True, eq=False)
class Received:
    """One request as it came in, and what became of it."""

    method: str
    path: str
    """Without the query."""
    query: str = ""
    """What follows the question mark, as it was sent."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: float = field(default_factory=time.monotonic)
    """Seconds on the monotonic clock."""
    until: float = 0.0
    """When the server was done with it, on the same clock; zero before."""
    status: int = 0
    """What was answered; zero while nothing was."""
    sent_pieces: int = 0
    """How many pieces of the body were sent so far."""
    is_prompt: bool = False
    """Whether it asked the model for an answer."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client hung up before the answer was whole."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server is done with it."""

    @property
    def has_hung_up(self) -> bool:
        """Whether the client hung up before the answer was whole."""
        return self.gone.is_set()

    @property
    def json(self) -> JsonObject:
        """The body as a JSON object."""
        return cast("JsonObject", json.loads(self.body))
