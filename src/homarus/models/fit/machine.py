"""What this machine has for models: memory, cores, graphics cards, and what holds it back; read in milliseconds."""

import platform
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from homarus.domain.content import Json
from homarus.models import cpu
from homarus.models.fit import apple, described, gpus, limits
from homarus.models.fit.gpus import Gpu


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
        return described.parsed(value, Machine)


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
