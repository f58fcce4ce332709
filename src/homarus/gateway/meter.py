"""Count what API clients use, and write it down every now and then rather than with every request."""

import time
from dataclasses import dataclass

from homarus.domain.events import Kind, NewEvent
from homarus.domain.inference import Usage
from homarus.domain.ports import Store

WRITE_EVERY_S = 5.0


@dataclass(slots=True)
class _Count:
    """What one caller used of one model; plain numbers, because every request adds to them."""

    caller: str
    model: str
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Meter:
    """Counts calls and tokens per caller and model."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: dict[str, _Count] = {}
        self._write_at = 0.0

    async def note(self, caller: str, model: str, usage: Usage) -> None:
        """Count one call; every few seconds the call that comes along writes."""
        key = f"{caller} {model}"
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = _Count(caller=caller, model=model)
        count.calls += 1
        count.prompt_tokens += usage.prompt_tokens
        count.completion_tokens += usage.completion_tokens
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
                    "model": count.model,
                    "caller": count.caller,
                    "calls": count.calls,
                    "prompt_tokens": count.prompt_tokens,
                    "completion_tokens": count.completion_tokens,
                },
            )
            for count in counts.values()
        ]
        if events:
            await self._store.append(*events, synced=False)
