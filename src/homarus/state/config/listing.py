"""List every setting with its value, its default and the place where it was written; secrets are masked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import BaseModel

from homarus.domain.content import Json
from homarus.domain.settings import Settings
from homarus.state.config.keys import spell
from homarus.state.config.nodes import Node, find
from homarus.state.config.problems import Where
from homarus.state.config.scanner import KeyPath
from homarus.state.config.schema import Setting, kind, settings_of

MASK = "••••••"
_SECRET_NAME = re.compile(
    r"(?:key|token|secret|password|passphrase|authorization|credential|cookie)s?\Z|\A(?:x-)?api-?key|bearer",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingValue:
    """One setting as it holds."""

    key: str
    path: tuple[str | int, ...]
    value: Json
    default: Json
    kind: str
    """What may be written, in words."""
    description: str
    is_set: bool
    """Whether a file says so; otherwise the default holds."""
    is_secret: bool
    """Whether the value is masked."""
    where: Where | None
    needs_restart: bool = False
    """Whether a change counts only from the next start of the gateway."""


def rows(settings: Settings, tree: Node, extra: Mapping[str, BaseModel]) -> Iterator[SettingValue]:
    """Yield every setting of the house, then those of channels and tools; maps and lists of sections are opened."""
    covered = [name for name in extra if name.startswith("channels.")]
    for row in _of_section(settings, (), tree):
        if not (row.path == ("channels",) and covered):
            yield row
    for name, section in extra.items():
        yield from _of_section(section, tuple(name.split(".")), tree)


def _of_section(section: BaseModel, path: KeyPath, tree: Node) -> Iterator[SettingValue]:
    for setting in settings_of(type(section)).values():
        value = cast("object", getattr(section, setting.attribute))
        yield from _opened(setting, value, (*path, setting.name), tree)


def _opened(setting: Setting, value: object, path: KeyPath, tree: Node) -> Iterator[SettingValue]:
    if isinstance(value, BaseModel):
        yield from _of_section(value, path, tree)
        return
    members = _sections_in(value)
    if members:
        for step, member in members.items():
            yield from _of_section(member, (*path, step), tree)
        return
    yield _row(setting, value, path, tree)


def _sections_in(value: object) -> dict[str | int, BaseModel]:
    pairs: list[tuple[str | int, object]] = []
    if isinstance(value, Mapping):
        pairs = list(cast("Mapping[str | int, object]", value).items())
    elif isinstance(value, tuple):
        pairs = list(enumerate(cast("tuple[object, ...]", value)))
    return {step: member for step, member in pairs if isinstance(member, BaseModel)}


def _row(setting: Setting, value: object, path: KeyPath, tree: Node) -> SettingValue:
    node = find(tree, path)
    is_secret = setting.shape.is_secret or bool(setting.shape.items and setting.shape.items.is_secret)
    annotation = cast("object", setting.field.annotation)
    return SettingValue(
        key=spell(path),
        path=path,
        value=masked(_json(value), is_secret=is_secret),
        default=default_of(setting),
        kind=kind(annotation, setting.field),
        description=setting.description,
        is_set=node is not None,
        is_secret=is_secret,
        where=node.origin.where() if node else None,
        needs_restart=setting.needs_restart,
    )


def default_of(setting: Setting) -> Json:
    """Return what holds when nothing is written."""
    if setting.field.is_required():
        return None
    return _json(setting.field.get_default(call_default_factory=True))


def _json(value: object) -> Json:
    """Return a settings value as JSON; secrets come out as their mask."""
    if isinstance(value, BaseModel):
        return cast("Json", value.model_dump(mode="json", by_alias=True))
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, tuple | list):
        return [_json(item) for item in cast("list[object]", value)]
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return str(value)


def masked(value: Json, *, is_secret: bool = False, name: str = "") -> Json:
    """Return a value in which nothing can be read that looks like a secret."""
    hides = is_secret or bool(_SECRET_NAME.search(name))
    if isinstance(value, Mapping):
        return {key: masked(item, is_secret=hides, name=key) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, is_secret=hides, name=name) for item in value]
    if hides and value not in {None, "", True, False}:
        return MASK
    return value
