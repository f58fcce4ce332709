"""Turn the house's values into JSON and back, by their types."""

from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

from homarus.domain.content import Json, JsonObject

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(kind: type[object]) -> "TypeAdapter[object]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def prepare(*kinds: type[object]) -> None:
    """Build what `dump` and `load` need for these types, before somebody waits for it."""
    for kind in kinds:
        _adapter(kind)


def dump(value: object) -> JsonObject:
    """Return a dataclass as a JSON object."""
    return cast("JsonObject", _adapter(type(value)).dump_python(value, mode="json"))


def load(kind: type[T], value: Json) -> T:
    """Build a dataclass of the given type from what `dump` returned.

    Raises:
        pydantic.ValidationError: when the value is of another shape.
    """
    return cast("T", _adapter(kind).validate_python(value))
