"""What this machine has for models: memory, cores, graphics cards, and what holds it back; read in milliseconds."""

import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import cast, get_args

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.models import cpu
from homarus.models.fit import apple, gpus, limits
from homarus.models.fit.gpus import Gpu, GpuKind

_UNITS = {"": 1, "b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}
_MOST_BYTES = 1 << 50
_MOST_CORES = 4096
_MOST_GPUS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine, as far as models go."""

    name: str
    """What it is, in its maker's words: `AMD EPYC`, `Apple M4 Pro`, `Raspberry Pi 5 Model B`."""
    system: str
    """`Linux x86_64`"""
    cores: int
    """That this process may use."""
    physical_cores: int
    """Of these, without their second threads."""
    memory_total_bytes: int
    memory_free_bytes: int
    """Without pushing other programs out."""
    is_unified: bool = False
    """Whether graphics and processor share the memory."""
    gpus: tuple[Gpu, ...] = ()
    limits: tuple[str, ...] = ()
    """What holds it back, in sentences."""
    missing_flags: tuple[str, ...] = ()
    """What the processor lacks for the embedded engine."""
    bandwidth_gb_s: float | None = None
    """Of the main memory, as it was measured; `None` before that."""
    prefill_weights_s: float | None = None
    """How many weights it works through in a second while reading a prompt, measured on the embedded model."""
    generation_weights_s: float | None = None
    """The same while writing."""
    calibrated_at: datetime | None = None

    @property
    def cards(self) -> tuple[Gpu, ...]:
        """The cards with memory of their own."""
        return tuple(gpu for gpu in self.gpus if not gpu.is_unified)

    def with_back(self, ram_bytes: int, gpu_bytes: int = 0) -> "Machine":
        """Return the machine as it is when models that are loaded now are unloaded."""
        left = gpu_bytes
        given: list[Gpu] = []
        for gpu in self.gpus:
            gets = 0 if gpu.is_unified else min(left, gpu.memory_total_bytes - gpu.memory_free_bytes)
            left -= gets
            shared = ram_bytes + gpu_bytes if gpu.is_unified else 0
            free = min(gpu.memory_total_bytes, gpu.memory_free_bytes + gets + shared)
            given.append(replace(gpu, memory_free_bytes=free))
        back = ram_bytes + (gpu_bytes if self.is_unified else 0)
        free = min(self.memory_total_bytes, self.memory_free_bytes + back)
        return replace(self, memory_free_bytes=free, gpus=tuple(given))

    @staticmethod
    def parse(value: Json) -> "Machine":
        """Read the description of another machine, as `homarus doctor` prints it or as a person writes it.

        `memory_total_bytes` may be a number or text with a unit (`"16 GB"`, also as `memory`); what is left out gets a
        plain default: free is what is left when the system has its share, one core, no card.

        Raises:
            UsageError: when it is no object, or a value cannot be.
        """
        return _parsed(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a machine is read from; tests describe any hardware here."""

    proc: Path = Path("/proc")
    sysfs: Path = Path("/sys")
    device_tree: Path = Path("/proc/device-tree")
    load_nvml: gpus.Library = gpus.load_nvml
    sysctl: apple.Sysctl = apple.sysctl
    cores: int | None = None
    """Instead of what the scheduler allows this process."""
    system: str = field(default_factory=lambda: f"{platform.system()} {platform.machine()}")


def look(sources: Sources | None = None) -> Machine:
    """Return this machine; nothing is measured, no program is started, no large library is imported."""
    at = sources or Sources()
    here = limits.allowed(at.proc, at.sysfs, at.cores)
    shared = {"shared_total": here.memory_total_bytes, "shared_free": here.memory_free_bytes}
    found = [*gpus.nvidia(at.load_nvml, **shared), *gpus.from_files(at.sysfs, **shared)]
    own = apple.metal(at.sysctl, memory_total=here.memory_total_bytes, memory_free=here.memory_free_bytes)
    found += [own] if own is not None else []
    name = _name(at)
    if not found and "jetson" in name.lower():
        found = [gpus.jetson(**shared)]
    return Machine(
        name=name,
        system=at.system,
        cores=here.cores,
        physical_cores=here.physical_cores,
        memory_total_bytes=here.memory_total_bytes,
        memory_free_bytes=here.memory_free_bytes,
        is_unified=any(gpu.is_unified for gpu in found),
        gpus=tuple(found),
        limits=here.limits,
        missing_flags=cpu.missing_flags(limits.read(at.proc / "cpuinfo"), at.system.rpartition(" ")[2]),
    )


def _name(at: Sources) -> str:
    model = limits.read(at.device_tree / "model").strip()
    if model:
        return model
    for line in limits.read(at.proc / "cpuinfo").splitlines():
        key, _colon, value = line.partition(":")
        if key.strip() in {"model name", "Model", "Hardware"} and value.strip():
            return " ".join(value.split())
    brand = at.sysctl("machdep.cpu.brand_string")
    return brand if isinstance(brand, str) and brand else at.system


# --- other machines ---


def _parsed(value: Json) -> Machine:
    if not isinstance(value, dict):
        raise _unfit("machine", value)
    total = _size(value, "memory_total_bytes", "memory", "ram")
    if total is None:
        raise _unfit("memory_total_bytes", value.get("memory_total_bytes"))
    free = _size(value, "memory_free_bytes", "memory_free", "free")
    cores = _count(value, "cores", 1, _MOST_CORES)
    listed = value.get("gpus") or []
    if not isinstance(listed, list) or len(listed) > _MOST_GPUS:
        raise _unfit("gpus", listed)
    is_unified = value.get("is_unified") is True
    found = tuple(_gpu(item, is_unified=is_unified) for item in listed)
    return Machine(
        name=_text(value, "name", _("another machine")),
        system=_text(value, "system", f"{sys.platform} {platform.machine()}"),
        cores=cores,
        physical_cores=min(cores, _count(value, "physical_cores", cores, _MOST_CORES)),
        memory_total_bytes=total,
        memory_free_bytes=min(total, usual_free(total) if free is None else free),
        is_unified=is_unified or any(gpu.is_unified for gpu in found),
        gpus=found,
        limits=tuple(str(item) for item in _list(value.get("limits"))),
        missing_flags=tuple(str(item) for item in _list(value.get("missing_flags"))),
        bandwidth_gb_s=_rate(value, "bandwidth_gb_s"),
        prefill_weights_s=_rate(value, "prefill_weights_s"),
        generation_weights_s=_rate(value, "generation_weights_s"),
    )


def usual_free(total: int) -> int:
    """Return what is usually free of a machine's memory: without a tenth, at least half a GiB and at most four."""
    return max(0, total - max(1 << 29, min(total // 10, 4 << 30)))


def _gpu(value: Json, *, is_unified: bool) -> Gpu:
    if not isinstance(value, dict):
        raise _unfit("gpus", value)
    total = _size(value, "memory_total_bytes", "memory", "vram")
    if total is None:
        raise _unfit("gpus.memory_total_bytes", value.get("memory_total_bytes"))
    free = _size(value, "memory_free_bytes", "memory_free", "free")
    kind = _text(value, "kind", "other")
    known = kind if kind in get_args(GpuKind) else "other"
    return Gpu(
        name=_text(value, "name", _("graphics card")),
        kind=cast("GpuKind", known),
        memory_total_bytes=total,
        memory_free_bytes=min(total, total * 19 // 20 if free is None else free),
        is_unified=value.get("is_unified", is_unified) is True,
    )


def _size(value: JsonObject, *names: str) -> int | None:
    """Return a size in bytes from the first name that is there: a number, or text like `16 GB`."""
    for name in names:
        said = value.get(name)
        if said is None:
            continue
        size = _bytes(said)
        if size is None or not 0 <= size <= _MOST_BYTES:
            raise _unfit(name, said)
        return size
    return None


def _bytes(said: Json) -> int | None:
    if isinstance(said, int | float) and not isinstance(said, bool):
        return int(said) if 0 <= said <= _MOST_BYTES else None
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)i?(b?)(?:ytes)?\s*", str(said), re.IGNORECASE)
    return int(float(found[1]) * _UNITS[(found[2] + "b").lower() if found[2] else ""]) if found else None


def _count(value: Mapping[str, Json], name: str, default: int, most: int) -> int:
    said = value.get(name)
    if said is None:
        return default
    if not isinstance(said, int) or isinstance(said, bool) or not 1 <= said <= most:
        raise _unfit(name, said)
    return said


def _rate(value: Mapping[str, Json], name: str) -> float | None:
    said = value.get(name)
    if said is None:
        return None
    if not isinstance(said, int | float) or isinstance(said, bool) or not 0 < said < 1e18:  # noqa: PLR2004 - absurd
        raise _unfit(name, said)
    return float(said)


def _text(value: Mapping[str, Json], name: str, default: str) -> str:
    said = value.get(name)
    return said[:200] if isinstance(said, str) and said.strip() else default


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _unfit(name: str, said: Json) -> UsageError:
    example = '{"memory": "16 GB", "cores": 8, "gpus": [{"name": "RTX 3060", "memory": "12 GB"}]}'
    return UsageError(
        _("{name!r} of the machine cannot be {value!r}.").format(name=name, value=str(said)[:80]),
        hint=_("Describe it like {example}.").format(example=example),
    )
