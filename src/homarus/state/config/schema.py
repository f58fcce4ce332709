"""Look at the settings' own types: which keys there are, what they take, what they mean."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from homarus.domain.i18n import _
from homarus.domain.sections import AT_START
from homarus.state.config.meanings import meaning
from homarus.state.config.scanner import KeyPath

Sections = Mapping[str, type[BaseModel]]
"""Settings of channels and tools by section: `channels.telegram`, `tools.images`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What may stand at a place."""

    model: type[BaseModel] | None = None
    """The keys, where it is an object of ours."""
    items: "Shape | None" = None
    """What the members of a map or a list are."""
    is_list: bool = False
    is_secret: bool = False

    @property
    def is_free(self) -> bool:
        """Whether anything may stand below."""
        return self.model is None and self.items is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of a section."""

    name: str
    """As it is written in the file."""
    attribute: str
    shape: Shape
    field: FieldInfo
    section: type[BaseModel]

    @property
    def description(self) -> str:
        """What it means."""
        return meaning(self.section, self.attribute)

    @property
    def needs_restart(self) -> bool:
        """Whether it is read when the gateway starts, and not looked at again."""
        return self.field.json_schema_extra == AT_START


@cache
def shape_of(annotation: object) -> Shape:
    """Return what an annotation lets stand."""
    model = _model(annotation)
    if model is not None:
        return Shape(model=model)
    origin, arguments = get_origin(annotation), cast("tuple[object, ...]", get_args(annotation))
    if origin is Annotated:
        return shape_of(arguments[0])
    if origin in {Union, types.UnionType}:
        shapes = [shape_of(item) for item in arguments if item is not types.NoneType]
        telling = next((shape for shape in shapes if not shape.is_free or shape.is_secret), None)
        return telling or Shape()
    if origin is dict:
        return Shape(items=_items(arguments[1]))
    if origin in {tuple, list}:
        return Shape(items=_items(arguments[0]), is_list=True)
    return Shape(is_secret=annotation is SecretStr)


def _model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _items(annotation: object) -> Shape | None:
    shape = shape_of(annotation)
    return shape if not shape.is_free or shape.is_secret else None


@cache
def settings_of(model: type[BaseModel]) -> Mapping[str, Setting]:
    """Return the keys of a section, by the name in the file."""
    found: dict[str, Setting] = {}
    for attribute, field in model.model_fields.items():
        name = field.alias or attribute
        annotation = cast("object", field.annotation)
        found[name] = Setting(name=name, attribute=attribute, shape=shape_of(annotation), field=field, section=model)
    return found


def look_up(model: type[BaseModel], path: KeyPath, sections: Sections) -> Setting | None:
    """Return the setting that a path leads to; `None` when there is none or the path is inside a free value."""
    found: Setting | None = None
    shape = Shape(model=model)
    for index, step in enumerate(path):
        extra = sections.get(".".join(str(part) for part in path[: index + 1]))
        if extra is not None:
            shape = Shape(model=extra)
            continue
        if shape.model is not None:
            found = settings_of(shape.model).get(str(step))
            if found is None:
                return None
            shape = found.shape
        elif shape.items is not None:
            shape = shape.items
        else:
            return None
    return found


def has_below(sections: Sections, path: KeyPath) -> bool:
    """Tell whether a section lies at or below a path."""
    spelled = ".".join(str(step) for step in path)
    return any(name == spelled or name.startswith(f"{spelled}.") for name in sections)


def leaves(model: type[BaseModel], path: tuple[str, ...] = ()) -> "Iterator[Leaf]":
    """Yield every setting that is no section itself, in the order of the types; `*` stands for names of yours."""
    for setting in settings_of(model).values():
        here = (*path, setting.name)
        shape = setting.shape
        inner = shape.items if shape.items and shape.items.model else None
        if shape.model is not None:
            yield from leaves(shape.model, here)
        elif inner is not None and inner.model is not None:
            yield Leaf(path=here, setting=setting)
            yield from leaves(inner.model, (*here, "[]" if shape.is_list else "*"))
        else:
            yield Leaf(path=here, setting=setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A setting and its path."""

    path: tuple[str, ...]
    setting: Setting


def kind(annotation: object, field: FieldInfo | None = None) -> str:
    """Say in words what may be written."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(arguments[0], field)
    if origin is Literal:
        return _("one of {choices}").format(choices=", ".join(str(item) for item in arguments))
    if origin in {Union, types.UnionType}:
        return _(" or ").join(kind(item, field) for item in arguments if item is not types.NoneType)
    if origin in {tuple, list}:
        return _("a list")
    if origin is dict:
        return _("an object")
    return _simple(annotation) + (_bounds(field) if field else "")


def _simple(annotation: object) -> str:
    model = _model(annotation)
    if model is not None:
        named = "primary" in model.model_fields
        return _("a name or an object with {keys}").format(keys="primary, fallbacks") if named else _("an object")
    words = {
        "bool": _("true or false"),
        "int": _("a whole number"),
        "float": _("a number"),
        "str": _("text"),
        "SecretStr": _("text, secret"),
    }
    return words.get(getattr(annotation, "__name__", ""), _("anything"))


def _bounds(field: FieldInfo) -> str:
    limits: dict[str, Any] = {}
    for rule in field.metadata:
        for name in ("gt", "ge", "lt", "le"):
            if getattr(rule, name, None) is not None:
                limits[name] = getattr(rule, name)
    low = limits.get("ge", limits.get("gt"))
    high = limits.get("le", limits.get("lt"))
    if low is not None and high is not None:
        return _(" from {low} to {high}").format(low=low, high=high)
    if "gt" in limits:
        return _(" above {low}").format(low=low)
    if low is not None:
        return _(" of at least {low}").format(low=low)
    return ""
