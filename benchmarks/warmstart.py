"""How long the first word takes after a restart: the prompt's beginning read anew, or given back from the disk.

`python -m benchmarks.warmstart`. The built-in engine is started in an empty folder and asked something behind a
beginning of about 1,300 tokens; then the same with the slot that was kept. Both are measured on fresh processes.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure, main, median
from homarus.domain.content import system, user
from homarus.domain.inference import ModelRequest, Sampling
from homarus.domain.labels import OWNER, Reach
from homarus.domain.settings import EmbeddedSettings
from homarus.models.embedded import MODEL, SLOTS, Embedded
from homarus.models.openai_completions import OpenAiCompletions
from homarus.models.slots import Slots, slot_name
from homarus.models.warmup import restoring
from homarus.net.door import OpenDoor

_TIMES = 3
_BEGINNING = "You help the keeper of a harbour. " + " ".join(
    f"Berth {number} belongs to the boat number {number * 7}, which comes on day {number % 30}." for number in range(60)
)


def _asking(text: str) -> ModelRequest:
    return ModelRequest(
        model=MODEL, messages=(system(_BEGINNING), user(text, OWNER)), sampling=Sampling(temperature=0.0, max_tokens=2)
    )


async def _first_word_ms(engine: Embedded, door: OpenDoor, text: str) -> float:
    """Return the time from a question to the first word, the start of the engine apart."""
    at = await engine.endpoint()
    began = perf_counter()
    async for event in OpenAiCompletions().stream(_asking(text), at, door, reach=Reach.LOCAL_ONLY):
        if type(event).__name__ == "TextDelta":
            break
    return (perf_counter() - began) * 1000


async def _once(home: Path, door: OpenDoor, text: str, *, saves: bool, restores: bool) -> float:
    engine = Embedded(EmbeddedSettings(context_tokens=4096), home)
    slots = Slots(door=door, folder=home / SLOTS)
    if restores:
        engine.prepare = restoring(slots)
    try:
        took = await _first_word_ms(engine, door, text)
        if saves:
            await slots.save(await engine.endpoint(), slot_name(_asking(""), ""))
    finally:
        await engine.stop()
    return took


async def _measured(times: int) -> list[Figure]:
    cold: list[float] = []
    warm: list[float] = []
    async with OpenDoor() as door:
        for _time in range(times):
            with tempfile.TemporaryDirectory() as folder:
                home = Path(folder)
                cold.append(await _once(home, door, "Who has berth 3?", saves=True, restores=False))
                warm.append(await _once(home, door, "And who has berth 9?", saves=False, restores=True))
    baseline = median(cold)
    return [
        Figure(name="first word after a restart, read anew", value=baseline, unit="ms"),
        Figure(
            name="first word after a restart, slot given back",
            value=median(warm),
            unit="ms",
            goal=1_000,
            baseline=baseline,
            baseline_name="read anew",
        ),
    ]


def measure(*, is_quick: bool = False) -> Iterable[Figure]:
    """Return the figures."""
    return asyncio.run(_measured(1 if is_quick else _TIMES))


if __name__ == "__main__":
    sys.exit(main(measure))
