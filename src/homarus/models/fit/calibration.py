"""Measure this machine in about a second: how fast its memory is, and how fast its cores work through weights."""

import asyncio
import ctypes
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

from homarus.domain.content import user
from homarus.domain.errors import HomarusError
from homarus.domain.inference import Finished, ModelRef, ModelRequest, Sampling
from homarus.domain.labels import HOUSE, Reach
from homarus.domain.ports import Door, Endpoint, Wire
from homarus.models.fit.machine import Machine

_MIB = 1 << 20
_BUFFER_BYTES = 64 * _MIB
_LEAST_BYTES = 4 * _MIB
_PIECE_BYTES = 2 * _MIB
_MOST_THREADS = 16
MEMORY_S = 0.3
MODEL_TIMEOUT_S = 30.0
EMBEDDED_PARAMETERS = 134_515_008
"""Of SmolLM2-135M, counted from its file."""
_TRIES = 2
_PROMPT_WORDS = 150
_ANSWER_TOKENS = 24
_WRITING_THREADS = 4
"""The embedded engine writes with at most so many threads, one core less than there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How fast a model of known size was, in weights a second."""

    prefill_weights_s: float
    generation_weights_s: float


async def calibrate(
    machine: Machine, *, at: Endpoint | None = None, door: Door | None = None, wire: Wire | None = None
) -> Machine:
    """Return the machine with what was measured of it.

    `at` is where the embedded model answers; without it, or when it does not answer in time, only the memory is
    measured.
    """
    async with asyncio.timeout(MODEL_TIMEOUT_S):
        bandwidth = await asyncio.to_thread(memory_gb_s, machine)
    measured = replace(machine, bandwidth_gb_s=round(bandwidth, 1), calibrated_at=datetime.now(UTC))
    if at is None or door is None or wire is None:
        return measured
    try:
        async with asyncio.timeout(MODEL_TIMEOUT_S):
            tried = [await model_rates(machine, at, door, wire) for _again in range(_TRIES)]
    except (HomarusError, TimeoutError):
        return measured
    rates = [rate for rate in tried if rate is not None]
    if not rates:
        return measured
    return replace(  # the better one: in the other, another program wanted the cores
        measured,
        prefill_weights_s=max(rate.prefill_weights_s for rate in rates),
        generation_weights_s=max(rate.generation_weights_s for rate in rates),
    )


def memory_gb_s(machine: Machine, seconds: float = MEMORY_S) -> float:
    """Return the bandwidth of the main memory while all cores copy, GB/s: what is read and what is written."""
    threads = max(1, min(machine.cores, _MOST_THREADS))
    size = max(_LEAST_BYTES, min(_BUFFER_BYTES, machine.memory_free_bytes // (8 * threads)))
    with ThreadPoolExecutor(threads) as pool:
        rates = list(pool.map(_copy, [size] * threads, [seconds] * threads))
    return sum(rates) / 1e9


def _copy(size: int, seconds: float) -> float:
    """Copy for a while and return the bytes moved in a second; the copy runs without the interpreter's lock.

    The buffers are walked through in pieces, and of the pieces the faster fifth counts: in the others this thread had
    to wait for a core that another program used.
    """
    source, target = ctypes.create_string_buffer(size), ctypes.create_string_buffer(size)
    ctypes.memset(source, 1, size)
    ctypes.memmove(target, source, size)
    read, write = ctypes.addressof(source), ctypes.addressof(target)
    times: list[float] = []
    until = perf_counter() + seconds
    while perf_counter() < until or not times:
        for begin in range(0, size - _PIECE_BYTES + 1, _PIECE_BYTES):
            began = perf_counter()
            ctypes.memmove(write + begin, read + begin, _PIECE_BYTES)
            times.append(perf_counter() - began)
    fast = sorted(times)[len(times) // 5]
    return 2 * _PIECE_BYTES / max(fast, 1e-9)


async def model_rates(machine: Machine, at: Endpoint, door: Door, wire: Wire) -> Rates | None:
    """Return how fast the embedded model is here; `None` when its server does not time itself.

    Raises:
        ModelCallError: in the failure grammar, when it does not answer.
    """
    words = " ".join(["The harbour is quiet and the boats lie still."] * (_PROMPT_WORDS // 9))
    request = ModelRequest(
        model=ModelRef(provider=at.provider, model_id="smollm2"),
        messages=(user(f"{secrets.token_hex(8)} {words} Tell what you see.", HOUSE),),  # never in a cache
        sampling=Sampling(temperature=0.0, max_tokens=_ANSWER_TOKENS),
    )
    end: Finished | None = None
    async for event in wire.stream(request, at, door, reach=Reach.LOCAL_ONLY):
        if isinstance(event, Finished):
            end = event
    if end is None or not end.prefill_ms or not end.generation_ms or not end.usage.completion_tokens:
        return None
    read = max(1, end.usage.prompt_tokens - end.usage.cached_tokens)
    threads = max(1, min(machine.physical_cores, _WRITING_THREADS + 1) - 1)
    return Rates(
        prefill_weights_s=EMBEDDED_PARAMETERS * read / end.prefill_ms * 1000,
        generation_weights_s=EMBEDDED_PARAMETERS
        * end.usage.completion_tokens
        / end.generation_ms
        * 1000
        * machine.physical_cores
        / threads,
    )
