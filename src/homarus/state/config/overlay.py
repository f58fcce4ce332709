"""The file that pages and commands write, laid over the owner's: plain JSON with two lines that say so."""

import json
from collections.abc import Mapping
from pathlib import Path

from homarus.domain.content import Json
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.state.config.json5 import parse
from homarus.state.config.keys import spell
from homarus.state.config.nodes import Source, plain
from homarus.state.config.problems import FaultyFileError

_ABSENT = object()


def changed(before: str | None, path: Path, key: tuple[str, ...], value: Json, *, by: str) -> str:
    """Return the file's text with one setting changed, or taken out when the value is `None`.

    Raises:
        FaultyFileError: when the file was broken by hand.
        UsageError: when the value would have to stand inside of something that is no section.
    """
    tree = _content(before, str(path))
    if value is None:
        _take_out(tree, key)
    else:
        _put(tree, key, value)
    return _text(tree, spell(key), by=by)


def signed(text: str, change: str, *, by: str) -> str:
    """Return a file's text with another last change in its head."""
    return _text(_content(text, ""), change, by=by)


def differences(before: str | None, after: str | None) -> tuple[tuple[str, ...], ...]:
    """Return the paths of the values that differ between two texts of the file."""
    old, new = _leaves(before), _leaves(after)
    return tuple(sorted(path for path in old.keys() | new.keys() if old.get(path, _ABSENT) != new.get(path, _ABSENT)))


def _leaves(text: str | None) -> dict[tuple[str, ...], object]:
    try:
        tree = _content(text, "")
    except FaultyFileError:  # broken by hand: nothing in it holds
        return {}
    found: dict[tuple[str, ...], object] = {}
    open_sections: list[tuple[tuple[str, ...], Mapping[str, Json]]] = [((), tree)]
    while open_sections:
        path, section = open_sections.pop()
        for key, value in section.items():
            if isinstance(value, Mapping) and value:
                open_sections.append(((*path, key), value))
            else:
                found[(*path, key)] = value
    return found


def _content(text: str | None, name: str) -> dict[str, Json]:
    if not text or not text.strip():
        return {}
    content = plain(parse(Source(name, text)))
    return dict(content) if isinstance(content, Mapping) else {}


def _text(tree: dict[str, Json], change: str, *, by: str) -> str:
    try:
        content = json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False)
        content.encode()
    except (ValueError, TypeError) as error:
        raise UsageError(
            _("{key!r} cannot have a value that JSON cannot write ({error}).").format(key=change, error=error),
            hint=_("Give text, a finite number, true, false, a list or an object."),
        ) from error
    last = json.dumps(f"{change}, {by}")[1:-1]
    return (
        f"// Written by homarus; your own settings belong into the file beside it.\n// Last change: {last}\n{content}\n"
    )


def _put(tree: dict[str, Json], key: tuple[str, ...], value: Json) -> None:
    current = tree
    for step in key[:-1]:
        inner = current.setdefault(step, {})
        if not isinstance(inner, dict):
            raise UsageError(
                _("{key!r} lies inside a value that is no section.").format(key=spell(key)),
                hint=_("Set {step!r} itself.").format(step=step),
            )
        current = inner
    current[key[-1]] = value


def _take_out(tree: dict[str, Json], key: tuple[str, ...]) -> None:
    inner = tree.get(key[0])
    if len(key) == 1:
        tree.pop(key[0], None)
    elif isinstance(inner, dict):
        _take_out(inner, key[1:])
        if not inner:
            tree.pop(key[0])
