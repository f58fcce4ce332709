"""Import what a file holds without trusting it to work: whatever it raises becomes a problem with file and line.

A plugin is code with all rights of the house, so it runs only when its owner approved exactly these bytes. They are
read once, hashed, and the same bytes are run: a file that changes in between is not imported.
"""

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.abc import SourceLoader
from pathlib import Path
from types import ModuleType

from homarus.domain.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was found and cannot be used, in a sentence with the next step."""

    sentence: str
    hint: str
    file: str
    line: int = 0


class BrokenPluginError(Exception):
    """A file could not be imported; carries what to tell the owner."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(problem.sentence)
        self.problem = problem


def sha256_of(file: Path) -> str:
    """Return the hash that an approval of this file is bound to."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


class _Bytes(SourceLoader):
    """Loads a module from the very bytes that were hashed."""

    def __init__(self, file: Path, source: bytes) -> None:
        self._file = file
        self._source = source

    def get_filename(self, fullname: str) -> str:
        del fullname
        return str(self._file)

    def get_data(self, path: str | bytes) -> bytes:
        del path
        return self._source


def approved_source(file: Path, approved: Mapping[str, str]) -> bytes:
    """Return what a plugin file holds, without running any of it.

    Raises:
        BrokenPluginError: when these very bytes are not approved.
    """
    source = file.read_bytes()
    if approved.get(str(file)) != hashlib.sha256(source).hexdigest():
        raise BrokenPluginError(_not_approved(file, is_changed=str(file) in approved))
    return source


def import_approved(file: Path, approved: Mapping[str, str]) -> ModuleType:
    """Import a plugin file whose hash the owner approved; `approved` maps a path to its SHA-256.

    Raises:
        BrokenPluginError: when it is not approved, or raises while it is imported.
    """
    source = approved_source(file, approved)
    digest = hashlib.sha256(source).hexdigest()
    name = f"homarus_plugin_{file.stem}_{digest[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_loader(name, _Bytes(file, source), origin=str(file))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(file)  # a spec without a location leaves it out, and files look for things beside them
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise BrokenPluginError(_broken(str(file), error)) from error
    return module


def import_named(name: str, file: str) -> ModuleType:
    """Import an installed module.

    Raises:
        BrokenPluginError: when it raises while it is imported.
    """
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise BrokenPluginError(_broken(file, error)) from error


def file_of(name: str) -> Path | None:
    """Return the file of an installed module, or `None` when there is none; packages above it are imported."""
    try:
        spec = importlib.util.find_spec(name)
    except Exception:  # noqa: BLE001 - a package above it may raise anything; there is no file to use then
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _not_approved(file: Path, *, is_changed: bool) -> Problem:
    sentence = (
        _("The plugin {name!r} has changed since you approved it, so it was not loaded.")
        if is_changed
        else _("The plugin {name!r} is new, so it was not loaded: plugins run with all rights of the house.")
    )
    return Problem(
        sentence=sentence.format(name=file.name),
        hint=_("Read {file}, then run `homarus plugin approve {name}`.").format(file=file, name=file.name),
        file=str(file),
    )


def _broken(file: str, error: Exception) -> Problem:
    """Say where in the file it went wrong: the deepest line of it in the trace, or the line of a syntax error."""
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    line = (error.lineno or 0) if isinstance(error, SyntaxError) else (lines[-1] if lines else 0)
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return Problem(
        sentence=_("{file}:{line} cannot be loaded: {said}").format(file=file, line=line, said=said),
        hint=_("Mend it or move it away, then restart with `homarus stop` and `homarus up`."),
        file=file,
        line=line,
    )
