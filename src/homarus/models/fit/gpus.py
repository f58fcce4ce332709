"""The graphics cards of this machine, read from the driver's library or the system's files; no program is started."""

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from homarus.models.fit.limits import number, read

GpuKind: TypeAlias = Literal["cuda", "rocm", "intel", "metal", "other"]
Library: TypeAlias = Callable[[], Any]
"""Loads a native library, or raises OSError."""
_NVML_NAMES = ("libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1")
_AMD, _INTEL = "0x1002", "0x8086"
_INTEGRATED_METRICS = 2
"""From this format of `gpu_metrics` on it is a processor with graphics; cards have format 1."""
_SMALL_CARVE_OUT = 1 << 30
_LEAST_BAR = 2 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A graphics card, or graphics that share the machine's memory."""

    name: str
    kind: GpuKind
    memory_total_bytes: int
    memory_free_bytes: int
    is_unified: bool = False
    """Whether its memory is the machine's own."""


class _NvmlMemory(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


def load_nvml() -> Any:
    """Load NVIDIA's management library.

    Raises:
        OSError: when there is none.
    """
    for name in _NVML_NAMES[:-1]:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return ctypes.CDLL(_NVML_NAMES[-1])


def nvidia(load: Library, *, shared_total: int, shared_free: int) -> tuple[Gpu, ...]:
    """Return NVIDIA's cards; those whose driver names no memory of their own (Jetson, GB10) share the machine's.

    Source: NVML API reference, nvmlInit_v2, nvmlDeviceGetCount_v2, nvmlDeviceGetMemoryInfo.
    """
    try:
        nvml = load()
    except OSError:
        return ()
    if nvml.nvmlInit_v2() != 0:
        return ()
    try:
        count = ctypes.c_uint()
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return ()
        found = (_nvidia(nvml, index, shared_total, shared_free) for index in range(min(count.value, 64)))
        return tuple(gpu for gpu in found if gpu is not None)
    finally:
        nvml.nvmlShutdown()


def _nvidia(nvml: Any, index: int, shared_total: int, shared_free: int) -> Gpu | None:
    handle = ctypes.c_void_p()
    if nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)) != 0:
        return None
    name = ctypes.create_string_buffer(96)
    nvml.nvmlDeviceGetName(handle, name, ctypes.c_uint(96))
    memory = _NvmlMemory()
    has_own = nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) == 0 and memory.total > 0
    return Gpu(
        name=name.value.decode("utf-8", "replace") or "NVIDIA",
        kind="cuda",
        memory_total_bytes=int(memory.total) if has_own else shared_total,
        memory_free_bytes=int(memory.free) if has_own else shared_free,
        is_unified=not has_own,
    )


def jetson(*, shared_total: int, shared_free: int) -> Gpu:
    """Return the graphics of an NVIDIA Jetson without the management library: they share the machine's memory."""
    return Gpu(
        name="NVIDIA Jetson",
        kind="cuda",
        memory_total_bytes=shared_total,
        memory_free_bytes=shared_free,
        is_unified=True,
    )


def from_files(sysfs: Path, *, shared_total: int, shared_free: int) -> tuple[Gpu, ...]:
    """Return the cards of AMD and Intel that the Linux kernel describes."""
    found: list[Gpu | None] = []
    for device in _devices(sysfs):
        vendor = read(device / "vendor").strip()
        if vendor == _AMD:
            found.append(_amd(device, shared_total, shared_free))
        elif vendor == _INTEL:
            found.append(_intel(device))
    return tuple(gpu for gpu in found if gpu is not None)


def _devices(sysfs: Path) -> Iterator[Path]:
    cards = (sysfs / "class" / "drm").glob("card*")
    named = sorted((path for path in cards if re.fullmatch(r"card\d+", path.name)), key=lambda path: path.name)
    return (path / "device" for path in named)


def _amd(device: Path, shared_total: int, shared_free: int) -> Gpu | None:
    total, used = number(device / "mem_info_vram_total"), number(device / "mem_info_vram_used") or 0
    if not total:
        return None
    shared = number(device / "mem_info_gtt_total") or 0
    name = read(device / "product_name").strip() or "AMD Radeon"
    if not _is_integrated(device, total):
        return Gpu(name=name, kind="rocm", memory_total_bytes=total, memory_free_bytes=max(0, total - used))
    free_shared = max(0, min(shared - (number(device / "mem_info_gtt_used") or 0), shared_free))
    return Gpu(
        name=name,
        kind="rocm",
        memory_total_bytes=total + min(shared, shared_total),
        memory_free_bytes=max(0, total - used) + free_shared,
        is_unified=True,
    )


def _is_integrated(device: Path, vram: int) -> bool:
    """Tell processors with graphics from cards: the third byte of `gpu_metrics` is the format.

    Source: Linux drivers/gpu/drm/amd/include/kgd_pp_interface.h, struct metrics_table_header.
    """
    try:
        header = (device / "gpu_metrics").read_bytes()[:4]
    except OSError:
        header = b""
    if len(header) >= 3:  # noqa: PLR2004 - size, size, format
        return header[2] >= _INTEGRATED_METRICS
    return vram <= _SMALL_CARVE_OUT


def _intel(device: Path) -> Gpu | None:
    """Return a card of Intel's; graphics inside a processor are no gain for models and not listed."""
    sizes = [number(path) or 0 for path in device.glob("tile*/physical_vram_size_bytes")]
    total = sum(sizes) or _largest_bar(device)
    if total < _LEAST_BAR:
        return None
    name = read(device / "product_name").strip() or "Intel Arc"
    return Gpu(name=name, kind="intel", memory_total_bytes=total, memory_free_bytes=total)


def _largest_bar(device: Path) -> int:
    """Return the largest window into a card's memory, which is all of it with resizable BAR."""
    largest = 0
    for line in read(device / "resource").splitlines():
        parts = line.split()
        if len(parts) == 3 and all(part.startswith("0x") for part in parts):  # noqa: PLR2004 - start, end, flags
            start, end, flags = (int(part, 16) for part in parts)
            is_prefetchable = bool(flags & 0x2000)
            largest = max(largest, end - start + 1 if end > start and is_prefetchable else 0)
    return largest
