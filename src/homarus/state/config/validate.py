"""Check a configuration against the types of the house and of what was discovered; every problem has its place."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

from pydantic import BaseModel, ValidationError

from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.settings import Settings
from homarus.state.config.keys import spell
from homarus.state.config.nodes import Node, find, nearest, plain
from homarus.state.config.problems import Problem, Severity
from homarus.state.config.scanner import KeyPath
from homarus.state.config.schema import Sections, Shape, has_below, kind, look_up, settings_of

_VARIABLES: KeyPath = ("env",)
_READ_ELSEWHERE: dict[KeyPath, str] = {_VARIABLES: "vars", ("secrets",): "providers"}
"""Sections that are no settings and still used, and what of them; `env` has variables directly in it as well."""
_SHOWN_CHARS = 60
_MOST_PROBLEMS = 100
"""Of a kind: nobody reads more, and a file that is all mistakes must not take minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """The settings, when there is nothing wrong with them, and what there is to say."""

    settings: Settings | None
    extra: dict[str, BaseModel]
    """The settings of channels and tools, by section."""
    problems: tuple[Problem, ...]


def validate(tree: Node, sections: Sections, *, apart: Collection[str] = ()) -> Validated:
    """Return the settings that a tree in the canonical shape stands for.

    A wrong value in one of the sections that stand `apart` leaves out that section, and nothing else.
    """
    problems = list(islice(_strangers(tree, Shape(model=Settings), (), sections), _MOST_PROBLEMS))
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(plain(tree), by_alias=True, by_name=False)
    except ValidationError as error:
        problems += _explained(error, tree, (), sections)
    extra: dict[str, BaseModel] = {}
    for name, model in sections.items():
        path = tuple(name.split("."))
        part = find(tree, path)
        try:
            extra[name] = model.model_validate(plain(part) if part else {})
        except ValidationError as error:
            if part is not None:
                found = _explained(error, tree, path, sections)
                problems += [replace(one, severity=Severity.WARNING) for one in found] if name in apart else found
    return Validated(settings=settings, extra=extra, problems=tuple(problems))


def _strangers(node: Node, shape: Shape, path: KeyPath, sections: Sections) -> Iterator[Problem]:
    """Yield a problem for every key that nobody knows."""
    if shape.items is not None:
        for index, item in enumerate(node.items):
            yield from _strangers(item, shape.items, (*path, index), sections)
    for key, item in node.members.items():
        here = (*path, key)
        section = sections.get(".".join(str(step) for step in here))
        known = settings_of(shape.model).get(key) if shape.model else None
        if section is not None and section.model_config.get("extra") == "allow":
            continue  # what may stand there is not known
        if section is not None:
            yield from _strangers(item, Shape(model=section), here, sections)
        elif path == ("channels",):
            yield from _unknown(item, here, _names(shape, path, sections))
        elif known is not None:
            yield from _strangers(item, known.shape, here, sections)
        elif shape.model is not None and not has_below(sections, here):
            yield from _unknown(item, here, _names(shape, path, sections))
        elif shape.items is not None:
            yield from _strangers(item, shape.items, here, sections)


def _names(shape: Shape, path: KeyPath, sections: Sections) -> list[str]:
    from homarus.state.config.openclaw import names_below

    own = list(settings_of(shape.model)) if shape.model else []
    prefix = ".".join(str(step) for step in path)
    discovered = [name[len(prefix) + 1 :] for name in sections if prefix and name.startswith(f"{prefix}.")]
    return [*own, *discovered, *names_below(path)]


def _unknown(node: Node, path: KeyPath, names: Sequence[str]) -> Iterator[Problem]:
    from difflib import get_close_matches

    from homarus.state.config.openclaw import is_known

    if is_known(path):
        yield from _unused(node, path)
        return
    if path == ("agents", "list"):
        yield from _homeless(node)
        return
    key, name, where = spell(path), str(path[-1]), node.origin.where()
    close = get_close_matches(name, names, n=1, cutoff=0.6) or get_close_matches(
        name.lower().replace("_", ""), [known.lower() for known in names], n=1, cutoff=0.6
    )
    near = next((known for known in names if close and known.lower() == close[0].lower()), "")
    hint = _("Did you mean {near!r}? ").format(near=spell((*path[:-1], near))) if near else ""
    yield Problem(
        severity=Severity.WARNING,
        sentence=_("{key!r} is not a setting ({where}); it is left out.").format(key=key, where=where),
        hint=hint + _("`homarus config list` shows every setting."),
        key=key,
        where=where,
    )


def _homeless(listed: Node) -> Iterator[Problem]:
    """Yield a problem for each agent of a list that has no id of its own."""
    for item in listed.items or [listed]:
        where = item.origin.where()
        yield Problem(
            severity=Severity.WARNING,
            sentence=_("An agent in 'agents.list' has no `id`, or one that is taken ({where}); it is left out.").format(
                where=where
            ),
            hint=_("Give every agent an `id` of its own."),
            key="agents.list",
            where=where,
        )


def _unused(node: Node, path: KeyPath) -> Iterator[Problem]:
    if path in _READ_ELSEWHERE:
        used = _READ_ELSEWHERE[path]
        for name, item in node.members.items():
            if name != used and (path != _VARIABLES or not isinstance(item.value, str)):
                yield from _unused(item, (*path, name))
        return
    key, where = spell(path), node.origin.where()
    if path != ("$schema",):
        yield Problem(
            severity=Severity.NOTE,
            sentence=_("{key!r} is a setting of OpenClaw that homarus does not use ({where}).").format(
                key=key, where=where
            ),
            hint=_("It can stay; nothing depends on it."),
            key=key,
            where=where,
        )


def _explained(error: ValidationError, tree: Node, base: KeyPath, sections: Sections) -> Iterator[Problem]:
    """Yield a problem for each wrong value, once per key."""
    seen: set[str] = set()
    for fault in islice(error.errors(include_url=False), _MOST_PROBLEMS):
        path = (*base, *_path_in(tree, base, fault["loc"]))
        key = spell(path)
        if key in seen:
            continue
        seen.add(key)
        node = nearest(tree, path)
        where = node.origin.where()
        yield Problem(
            severity=Severity.ERROR,
            sentence=_("{fault} ({where}).").format(
                fault=_fault(
                    key, fault["type"], fault["msg"], _shown(node, cast("Json", fault["input"])), path, sections
                ),
                where=where,
            ),
            hint=_("Write another value there, or take the line out for the default."),
            key=key,
            where=where,
        )


def _by(code: str, message: str) -> str:
    """Say what was expected from pydantic's code, where no setting of ours says it."""
    words = {
        "model_type": _("an object"),
        "model_attributes_type": _("an object"),
        "dict_type": _("an object"),
        "list_type": _("a list"),
        "tuple_type": _("a list"),
        "string_type": _("text"),
        "bool_type": _("true or false"),
        "bool_parsing": _("true or false"),
        "int_type": _("a whole number"),
        "int_parsing": _("a whole number"),
        "float_type": _("a number"),
        "float_parsing": _("a number"),
    }
    return words.get(code) or _("something else ({message})").format(message=message)


def _shown(node: Node, value: Json) -> str:
    """Return a value for people; nothing of what was put in from a variable or a reference."""
    line = node.origin.source.lines.text_of(node.origin.where().line)
    if isinstance(value, dict | list) or "${" in line or "source" in line:
        return ""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_CHARS else shown[:_SHOWN_CHARS] + "..."


def _path_in(tree: Node, base: KeyPath, loc: tuple[int | str, ...]) -> KeyPath:
    """Return the part of pydantic's path that is a path in the file; the names of alternatives are not."""
    path: list[str | int] = []
    for index, step in enumerate(loc):
        is_last = index == len(loc) - 1
        if find(tree, (*base, *path, step)) is not None or (is_last and not str(step).startswith(("function-", "["))):
            path.append(step)
    return tuple(path)


def _fault(key: str, code: str, message: str, shown: str, path: KeyPath, sections: Sections) -> str:
    if code == "missing":
        return _("{key!r} is missing").format(key=key)
    setting = look_up(Settings, path, sections)
    is_itself = bool(setting and path and path[-1] == setting.name)
    wanted = (
        kind(cast("object", setting.field.annotation), setting.field) if setting and is_itself else _by(code, message)
    )
    if code == "value_error":
        wanted = message.removeprefix("Value error, ")
    elif code == "string_pattern_mismatch":
        wanted = _("an http:// or https:// address")
    is_secret = bool(setting and (setting.shape.is_secret or (setting.shape.items and setting.shape.items.is_secret)))
    if is_secret or not shown:
        return _("{key!r} must be {wanted}").format(key=key, wanted=wanted)
    return _("{key!r} must be {wanted}, not {value}").format(key=key, wanted=wanted, value=shown)
