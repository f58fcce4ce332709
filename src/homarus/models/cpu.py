"""Say whether this processor can run the embedded engine, before it is started.

The engine's x86 build has AVX2, FMA, F16C and BMI2 compiled in and no other way to go: on an older processor the first
call ends in SIGILL (measured under qemu as Nehalem). The flags are read, not tried.
"""

import platform
from functools import cache
from pathlib import Path

NEEDED = ("avx2", "fma", "f16c", "bmi2")
_CPUINFO = Path("/proc/cpuinfo")


def missing_flags(cpuinfo: str, machine: str) -> tuple[str, ...]:
    """Return which of the needed instruction sets a `/proc/cpuinfo` does not name; none on other architectures."""
    if machine.lower() not in {"x86_64", "amd64"}:
        return ()
    for line in cpuinfo.splitlines():
        name, _, flags = line.partition(":")
        if name.strip() == "flags":
            return tuple(flag for flag in NEEDED if flag not in flags.split())
    return ()


@cache
def missing_here() -> tuple[str, ...]:
    """Return what this machine's processor lacks; nothing where that cannot be read without starting a program.

    Every Intel Mac on which the engine's wheel installs (macOS 13 and later) has AVX2.
    """
    if not _CPUINFO.exists():
        return ()
    return missing_flags(_CPUINFO.read_text(encoding="utf-8", errors="replace"), platform.machine())
