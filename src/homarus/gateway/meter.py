"""Count what API clients use, and write it down every now and then rather than with every request."""

import time
from dataclasses import dataclass, field

from homarus.domain.events import Kind, NewEvent
from homarus.domain.inference import Usage
from homarus.domain.ports import Store

WRITE_EVERY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Whose use of what is counted."""

    caller: str
    model: str


@dataclass(slots=True)
class _Count:
    calls: int = 0
    usage: Usage = field(default_factory=Usage)


class Meter:
    """Counts calls and tokens per caller and model."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: dict[Metered, _Count] = {}
        self._write_at = 0.0

    async def note(self, metered: Metered, usage: Usage) -> None:
        """Count one call; every few seconds the call that comes along writes."""
        count = self._counts.get(metered)
        if count is None:
            count = self._counts[metered] = _Count()
        count.calls += 1
        count.usage += usage
        if time.monotonic() >= self._write_at:
            await self.write()

    async def write(self) -> None:
        """Write down what was counted since the last time."""
        counts, self._counts = self._counts, {}
        self._write_at = time.monotonic() + WRITE_EVERY_S
        events = [
            NewEvent(
                kind=Kind.MODEL_PROXIED,
                body={
                    "model": metered.model,
                    "caller": metered.caller,
                    "calls": count.calls,
                    "prompt_tokens": count.usage.prompt_tokens,
                    "completion_tokens": count.usage.completion_tokens,
                },
            )
            for metered, count in counts.items()
        ]
        if events:
            await self._store.append(*events, synced=False)
