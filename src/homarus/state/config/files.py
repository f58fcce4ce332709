"""Bring a configuration file and what it includes from disk, bounded in size, depth and place."""

import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from homarus.domain.i18n import _
from homarus.state.config.json5 import parse
from homarus.state.config.keys import spell
from homarus.state.config.nodes import Node, Source, merge, walk
from homarus.state.config.problems import FaultyFileError, Problem, Severity, Where

INCLUDE = "$include"
_MAX_BYTES = 2 * 1024 * 1024
_MAX_LEVELS = 10
_MAX_INCLUDED = 100


class Shelf(Protocol):
    """Where the texts of files come from."""

    def read(self, path: Path) -> str | None:
        """Return the text of a file, `None` when there is no such file.

        Raises:
            FaultyFileError: when it is there and cannot be read.
        """
        ...


class Disk:
    """The files as they are now; remembers what it was asked for, so that they can be watched."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.texts: dict[Path, str] = {}
        self.asked: set[Path] = set()

    def read(self, path: Path) -> str | None:
        """Return the text of a file as it is now."""
        self.asked.add(path)
        try:
            raw = _plain(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, os.strerror(error.errno) if error.errno else str(error)) from error
        if len(raw) > _MAX_BYTES:
            raise _unreadable(path, _("it is larger than {size} MB").format(size=_MAX_BYTES // 1024 // 1024))
        text = _decoded(path, raw)
        self.texts[path] = text
        return text


class Remembered:
    """The files as they were when the configuration was last good."""

    def __init__(self, texts: Mapping[Path, str]) -> None:
        """Keep the texts by path."""
        self._texts = texts

    def read(self, path: Path) -> str | None:
        """Return the text that the file had."""
        return self._texts.get(path)


def _plain(path: Path) -> bytes:
    """Return what a plain file holds, at most a byte more than is read; a pipe or a device must not hold us up."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unreadable(path, _("it is not a plain file"))
        return file.read(_MAX_BYTES + 1)


def _decoded(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _unreadable(path, _("it is not UTF-8 text"), line=line) from error


def _unreadable(path: Path, because: str, *, line: int = 0) -> FaultyFileError:
    where = Where(file=str(path), line=line, column=1 if line else 0)
    return FaultyFileError(
        Problem(
            severity=Severity.ERROR,
            sentence=_("{where} cannot be read: {because}.").format(where=where, because=because),
            hint=_("Give homarus a readable text file of at most {size} MB there, in UTF-8.").format(
                size=_MAX_BYTES // 1024 // 1024
            ),
            where=where,
        )
    )


def load(path: Path, shelf: Shelf, problems: list[Problem] | None = None) -> Node | None:
    """Return a file with everything it includes, `None` when there is no such file.

    With `problems`, an included file that cannot be used is named there and left out, so that the rest can be checked.

    Raises:
        FaultyFileError: when it, or a file it includes, cannot be used.
    """
    text = shelf.read(path)
    if text is None:
        return None
    node = parse(Source(str(path), text))
    _only_finite(node)
    if not isinstance(node.value, dict):
        raise _at(node, _("The configuration must be an object, in braces"), _("Put `{` before and `}` after it."))
    return _Inclusion(root=path.parent.resolve(), shelf=shelf, problems=problems).expand(node, (path,))


def _only_finite(tree: Node) -> None:
    for spot in walk(tree):
        value = spot.node.value
        if isinstance(value, float) and not math.isfinite(value):
            key = spell(spot.path)
            sentence = _("{key!r} must be a finite number").format(key=key)
            raise _at(spot.node, sentence, _("Write a number in digits."), key=key)


def _at(node: Node, sentence: str, hint: str, *, key: str = "") -> FaultyFileError:
    where = node.origin.where()
    return FaultyFileError(
        Problem(severity=Severity.ERROR, sentence=f"{sentence} ({where}).", hint=hint, key=key, where=where)
    )


class _Inclusion:
    """Puts included files in place of `$include`."""

    def __init__(self, *, root: Path, shelf: Shelf, problems: list[Problem] | None) -> None:
        self._root = root
        self._problems = problems
        self._shelf = shelf
        self._count = 0

    def expand(self, node: Node, chain: tuple[Path, ...]) -> Node:
        if isinstance(node.value, list):
            return node.with_value([self.expand(item, chain) for item in node.value])
        if not isinstance(node.value, dict):
            return node
        own = {key: self.expand(item, chain) for key, item in node.value.items() if key != INCLUDE}
        wanted = node.value.get(INCLUDE)
        if wanted is None:
            return node.with_value(own)
        included = self._all(wanted, chain)
        if own and not isinstance(included.value, dict):
            raise _at(
                wanted,
                _("An included file beside other keys must hold an object"),
                _("Put braces around what is in the included file."),
            )
        return merge(included, node.with_value(own), joins_lists=True) if own else included

    def _all(self, wanted: Node, chain: tuple[Path, ...]) -> Node:
        names = wanted.items if isinstance(wanted.value, list) else [wanted]
        result = wanted.with_value({})
        for name in names:
            try:
                result = merge(result, self._one(name, chain), joins_lists=True)
            except FaultyFileError as error:
                if self._problems is None:
                    raise
                self._problems.append(error.problem)
        return result

    def _one(self, name: Node, chain: tuple[Path, ...]) -> Node:
        if not isinstance(name.value, str) or not name.value.strip() or "\0" in name.value:
            raise _at(name, _("`$include` must be a file name or a list of them"), _("Write it as text in quotes."))
        path = (chain[-1].parent / name.value).resolve()
        if not path.is_relative_to(self._root):
            sentence = _("{name!r} lies outside the folder of the configuration").format(name=name.value)
            raise _at(name, sentence, _("Move it into {folder}.").format(folder=self._root))
        if any(path == earlier.resolve() for earlier in chain):
            loop = " -> ".join(file.name for file in (*chain, path))
            raise _at(name, _("Files include each other in a circle: {loop}").format(loop=loop), _("Take one out."))
        if len(chain) > _MAX_LEVELS:
            sentence = _("Files include each other more than {levels} levels deep").format(levels=_MAX_LEVELS)
            raise _at(name, sentence, _("Include them from fewer files in a row."))
        self._count += 1
        if self._count > _MAX_INCLUDED:
            sentence = _("More than {count} files are included").format(count=_MAX_INCLUDED)
            raise _at(name, sentence, _("Put what belongs together into fewer files."))
        text = self._shelf.read(path)
        if text is None:
            sentence = _("The included file {name!r} is not there").format(name=name.value)
            raise _at(name, sentence, _("Create {path}, or take the line out.").format(path=path))
        node = parse(Source(str(path), text))
        _only_finite(node)
        return self.expand(node, (*chain, path))
