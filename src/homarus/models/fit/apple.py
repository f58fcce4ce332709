"""What macOS says of a machine, through `sysctlbyname`."""

import ctypes
import sys
from collections.abc import Callable
from typing import TypeAlias

from homarus.models.fit.gpus import Gpu

Sysctl: TypeAlias = Callable[[str], int | str | None]
_SMALL_BYTES = 36 << 30


def sysctl(name: str) -> int | str | None:
    """Return a value of the kernel, as a number or text; `None` elsewhere than on macOS."""
    if sys.platform != "darwin":
        return None
    library = ctypes.CDLL(None)
    size = ctypes.c_size_t(0)
    if library.sysctlbyname(name.encode(), None, ctypes.byref(size), None, 0) != 0 or not size.value:
        return None
    buffer = ctypes.create_string_buffer(size.value)
    if library.sysctlbyname(name.encode(), buffer, ctypes.byref(size), None, 0) != 0:
        return None
    raw = buffer.raw[: size.value]
    if size.value in (4, 8):
        return int.from_bytes(raw, sys.byteorder)
    return raw.rstrip(b"\0").decode("utf-8", "replace")


def metal(read: Sysctl, *, memory_total: int, memory_free: int) -> Gpu | None:
    """Return the graphics of an Apple processor, which may use a part of the machine's memory.

    Without `iogpu.wired_limit_mb` the system lets it have two thirds, above 36 GiB three quarters.
    Source: Metal's recommendedMaxWorkingSetSize as reported by users of llama.cpp; not measured here.
    """
    if read("hw.optional.arm64") != 1 or not memory_total:
        return None
    wired = read("iogpu.wired_limit_mb")
    limit = wired * (1 << 20) if isinstance(wired, int) and wired else usual_share(memory_total)
    limit = min(limit, memory_total)
    name = read("machdep.cpu.brand_string")
    return Gpu(
        name=name if isinstance(name, str) else "Apple",
        kind="metal",
        memory_total_bytes=limit,
        memory_free_bytes=min(limit, memory_free),
        is_unified=True,
    )


def usual_share(memory_total: int) -> int:
    """Return what the graphics may use of shared memory when nobody said otherwise."""
    return memory_total * 2 // 3 if memory_total <= _SMALL_BYTES else memory_total * 3 // 4
