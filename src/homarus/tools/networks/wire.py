"""JSON over the door, for the APIs of social networks."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.ports import Door, Outbound, Purpose, Timeouts

_MOST_BYTES = 4 << 20
_WHOLE_S = 45.0
_TIMEOUTS = Timeouts(connect_s=10, first_byte_s=30, idle_s=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an API answered."""

    status: int
    value: Json = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def is_ok(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP

    @property
    def body(self) -> JsonObject:
        """The object that it answered with; an empty one where it was none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def rows(self) -> list[JsonObject]:
        """The objects of the list that it answered with."""
        return [row for row in self.value if isinstance(row, dict)] if isinstance(self.value, list) else []

    @property
    def problem(self) -> str:
        """What it says went wrong, short."""
        told = self.body.get("message") or self.body.get("error_description") or self.body.get("error") or ""
        return f"{self.status} {' '.join(str(told).split())[:200]}".strip()


async def call(
    door: Door,
    method: str,
    url: str,
    *,
    token: str = "",
    body: JsonObject | None = None,
    headers: dict[str, str] | None = None,
) -> Said:
    """Ask an API.

    Raises:
        ConnectionFailedError: when it cannot be reached, or breaks off; its stage tells whether it may have heard.
        EgressRefusedError: when the door stays shut.
        TimeoutError: when the whole of it takes too long; nobody knows then whether it heard.
    """
    told = {"Accept": "application/json", "User-Agent": "homarus (personal agent)", **(headers or {})}
    if token:
        told["Authorization"] = f"Bearer {token}"
    if body is not None:
        told["Content-Type"] = "application/json"
    outbound = Outbound(
        method=method,
        url=url,
        purpose=Purpose.TOOL,
        headers=told,
        body=json.dumps(body, ensure_ascii=False).encode() if body is not None else None,
        timeouts=_TIMEOUTS,
    )
    async with asyncio.timeout(_WHOLE_S), door.open(outbound) as inlet:
        content = await inlet.read(_MOST_BYTES)
        names = {name.lower(): value for name, value in inlet.headers.items()}
        return Said(status=inlet.status, value=_json(content), headers=names)


def _json(content: bytes) -> Json:
    try:
        return cast("Json", json.loads(content))
    except (ValueError, RecursionError):
        return None
