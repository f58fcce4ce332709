"""Build the wheel and look whether everything is in it.

    python scripts/build_wheel.py [--out FOLDER]     default: dist/

No isolation and no index: the build uses hatchling as the lock installed it.
"""

import argparse
import subprocess
import sys
import zipfile
from pathlib import Path

from bootstrap import ROOT

PACKAGE = ROOT / "src" / "homarus"
CARRIED = {".py", ".typed", ".sql", ".md", ".html", ".css", ".js", ".svg", ".png", ".json", ".txt", ".po", ".mo"}
"""Kinds of files of the package that a running homarus may read."""


def main() -> int:
    """Build, check, and print where the wheel is."""
    parser = argparse.ArgumentParser(description="Build the wheel of homarus.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    out = parser.parse_args().out
    wheel = build(out)
    problems = missing(wheel) + uninvited(wheel)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{wheel} ({wheel.stat().st_size / 1024:.0f} KiB)")
    return 1 if problems else 0


def build(out: Path) -> Path:
    """Build the wheel into a folder and return its path."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("homarus-*.whl"):
        old.unlink()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out.resolve())]
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    return next(iter(sorted(out.glob("homarus-*.whl"))))


def missing(wheel: Path) -> list[str]:
    """Name the files of the package that the wheel should have and has not."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = (path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*") if path.suffix in CARRIED)
    return [f"missing in the wheel: {path}" for path in wanted if _is_ours(path) and path.as_posix() not in inside]


def uninvited(wheel: Path) -> list[str]:
    """Name what the wheel has and should not have."""
    names = zipfile.ZipFile(wheel).namelist()
    expected = ("homarus/", "homarus-")
    strange = [name for name in names if not name.startswith(expected) or "__pycache__" in name or "/tests/" in name]
    return [f"not for the wheel: {name}" for name in strange]


def _is_ours(path: Path) -> bool:
    return "__pycache__" not in path.parts and not any(part.startswith(".") for part in path.parts)


if __name__ == "__main__":
    sys.exit(main())
