"""How much of a machine this process may use: memory and cores, as the system and its control groups allow."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from homarus.domain.i18n import _

_UNLIMITED = 1 << 60
"""Version 1 of control groups writes a number near 2**63 for no limit."""
_MOST_READ = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What there is for this process."""

    memory_total_bytes: int
    memory_free_bytes: int
    cores: int
    physical_cores: int
    limits: tuple[str, ...] = ()
    """What holds it below the machine, in sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    total: int
    free: int


def allowed(proc: Path, sysfs: Path, cores: int | None = None) -> Allowed:
    """Read what there is; `cores` stands in for what the scheduler allows this process."""
    memory = _memory(proc)
    here = cores or _affinity()
    said: list[str] = []
    held = _memory_limit(proc, sysfs)
    if held is not None and held.total < memory.total:
        said.append(_("This container may use {gib:.1f} GiB of memory.").format(gib=held.total / 2**30))
        memory = _Memory(total=held.total, free=min(memory.free, held.free))
    quota = _quota(proc, sysfs)
    if quota is not None and quota < here:
        said.append(_("This container may use {cores:g} cores.").format(cores=round(quota, 2)))
        here = max(1, int(quota))
    if "microsoft" in read(proc / "version").lower():
        told = _("Windows gives this Linux {gib:.1f} GiB; `memory=` in .wslconfig changes that.")
        said.append(told.format(gib=memory.total / 2**30))
    return Allowed(
        memory_total_bytes=memory.total,
        memory_free_bytes=max(0, min(memory.free, memory.total)),
        cores=here,
        physical_cores=min(here, _physical(sysfs) or here),
        limits=tuple(said),
    )


def usual_free(total: int) -> int:
    """Return what is usually free of a machine's memory: without a tenth, at least half a GiB and at most four."""
    return max(0, total - max(1 << 29, min(total // 10, 4 << 30)))


def read(path: Path) -> str:
    """Return what a file of the system says; nothing when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST_READ).decode("utf-8", "replace").strip("\0")
    except OSError:
        return ""


def number(path: Path) -> int | None:
    """Return the number in a file of the system; `None` when there is none."""
    text = read(path).strip()
    return int(text) if text.isdecimal() else None


def _memory(proc: Path) -> _Memory:
    """Return all memory, and what can be had without swapping."""
    sizes = {
        name: int(rest.split()[0]) * 1024
        for name, _colon, rest in (line.partition(":") for line in read(proc / "meminfo").splitlines())
        if rest.split() and rest.split()[0].isdecimal()
    }
    if total := sizes.get("MemTotal", 0):
        kept = sizes.get("MemFree", 0) + sizes.get("Buffers", 0) + sizes.get("Cached", 0)
        return _Memory(total=total, free=sizes.get("MemAvailable", kept))
    import psutil

    memory = psutil.virtual_memory()
    return _Memory(total=int(memory.total), free=int(memory.available))


def _affinity() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _physical(sysfs: Path) -> int:
    """Return the cores without their second threads; 0 when the system does not say."""
    siblings = sysfs.glob("devices/system/cpu/cpu[0-9]*/topology/thread_siblings_list")
    return len({read(path).strip() for path in siblings})


# --- control groups ---


def _groups(proc: Path, sysfs: Path, controller: str) -> Iterator[Path]:
    """Yield this process's folders of a controller, its own first, then each above it; version 2 and version 1."""
    for line in read(proc / "self" / "cgroup").splitlines():
        number_, _colon, rest = line.partition(":")
        controllers, _colon, path = rest.partition(":")
        if number_ == "0" and not controllers:
            root = sysfs / "fs" / "cgroup"
        elif controller in controllers.split(","):
            root = sysfs / "fs" / "cgroup" / controller
        else:
            continue
        parts = [part for part in path.split("/") if part and part != ".."]
        for end in range(len(parts), -1, -1):
            yield root.joinpath(*parts[:end])


def _memory_limit(proc: Path, sysfs: Path) -> _Memory | None:
    """Return the tightest limit, and what is left below it; pages of files are given back when they are needed."""
    tightest: _Memory | None = None
    for folder in _groups(proc, sysfs, "memory"):
        limit = number(folder / "memory.max") or number(folder / "memory.limit_in_bytes")
        if not limit or limit >= _UNLIMITED:
            continue
        used = number(folder / "memory.current") or number(folder / "memory.usage_in_bytes") or 0
        free = max(0, limit - max(0, used - _reclaimable(folder)))
        if tightest is None:
            tightest = _Memory(total=limit, free=free)
        else:
            tightest = _Memory(total=min(limit, tightest.total), free=min(free, tightest.free))
    return tightest


def _reclaimable(folder: Path) -> int:
    for line in read(folder / "memory.stat").splitlines():
        name, _space, count = line.partition(" ")
        if name in {"inactive_file", "total_inactive_file"} and count.isdecimal():
            return int(count)
    return 0


def _quota(proc: Path, sysfs: Path) -> float | None:
    """Return how many cores' worth of time there is; `None` without a limit."""
    tightest: float | None = None
    for folder in _groups(proc, sysfs, "cpu"):
        quota, _space, period = read(folder / "cpu.max").strip().partition(" ")
        if not quota:
            quota = read(folder / "cpu.cfs_quota_us").strip()
            period = read(folder / "cpu.cfs_period_us").strip()
        if quota.isdecimal() and period.isdecimal() and int(period):
            cores = int(quota) / int(period)
            tightest = cores if tightest is None else min(tightest, cores)
    return tightest
