"""Make the environment in `.venv`: uv, the hash-locked packages, homarus itself.

    python3 scripts/bootstrap.py           what a gateway needs to run
    python3 scripts/bootstrap.py --dev     and what the tests and checks need

Runs on the standard library alone. A second run finds a stamp and does nothing.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "requirements"


class SetupError(Exception):
    """Something is missing; the message says what to do."""


def main() -> int:
    """Make what is missing and say in a line what was done."""
    parser = argparse.ArgumentParser(description="Make the environment in .venv.")
    parser.add_argument("--dev", action="store_true", help="also install what tests and checks need")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        check_python()
        did_something = environment(is_dev=options.dev)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"setup: `{' '.join(map(str, error.cmd))}` failed with exit code {error.returncode}.", file=sys.stderr)
        print("setup: mend what it says above, then run the same command again.", file=sys.stderr)
        return 1
    if did_something:
        print(f"Environment ready in .venv ({time.monotonic() - started:.0f} s).")
    return 0


def check_python() -> None:
    """Refuse a Python that is too old, in words."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file may be run by any Python that is there
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(
            f"Python 3.11 or newer is needed, and this is {found}. On Debian or Ubuntu: apt install python3.11 "
            "python3.11-venv, then: make PYTHON=python3.11 up"
        )


def environment(*, is_dev: bool) -> bool:
    """Install the locked packages and homarus; tell whether anything had to be done."""
    lock = LOCKS / ("dev.lock" if is_dev else "run.lock")
    wanted = fingerprint(lock)
    stamp = VENV / (".homarus-dev" if is_dev else ".homarus-run")
    dev_stamp = VENV / ".homarus-dev"
    known = {path.read_text() for path in (stamp, dev_stamp) if path.exists()}
    if PYTHON.exists() and wanted in known:
        return False
    uv = find_uv()
    print(f"Installing the packages of requirements/{lock.name} (versions and hashes are pinned) ...", flush=True)
    if not PYTHON.exists():
        run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)])
    install = [uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--no-deps"]
    run([*install, "--require-hashes", "-r", str(lock)])
    run([*install, "--no-build-isolation", "--editable", str(ROOT)])
    stamp.write_text(wanted)
    if is_dev:
        (VENV / ".homarus-run").write_text(fingerprint(LOCKS / "run.lock"))
    return True


def fingerprint(lock: Path) -> str:
    """Return a hash of everything that decides what is installed."""
    parts = [lock.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def find_uv() -> str:
    """Return a uv: the one in `.venv`, the one on PATH, else install it by hash, with whatever this Python can do."""
    inside = VENV / "bin" / "uv"
    if inside.exists():
        return str(inside)
    if found := shutil.which("uv"):
        return found
    if not _has("ensurepip", "venv"):
        return str(_uv_by_pip())
    print("Installing uv into .venv ...", flush=True)
    run([sys.executable, "-m", "venv", str(VENV)])
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", str(LOCKS / "bootstrap.lock")])
    return str(inside)


def _uv_by_pip() -> Path:
    """Install uv into a folder of its own: a Debian without python3-venv may still have pip, and uv makes environments.

    Raises:
        SetupError: when there is no pip either; says what to install.
    """
    if not _has("pip"):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"this Python cannot make environments. On Debian or Ubuntu: apt install python{version}-venv "
            "(or install uv), then run the same command again."
        )
    place = ROOT / ".make" / "uv"
    if not (place / "bin" / "uv").exists():
        print("Installing uv into .make/uv ...", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(place)]
        run([*pip, "--require-hashes", "-r", str(LOCKS / "bootstrap.lock")])
    return place / "bin" / "uv"


def _has(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in modules)


def run(command: list[str], *, cwd: Path = ROOT) -> None:
    """Run a command; its complaints are shown as they come.

    Raises:
        subprocess.CalledProcessError: when it fails.
    """
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV), "UV_NO_PROGRESS": "1"}
    subprocess.run(command, cwd=cwd, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
