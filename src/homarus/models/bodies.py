"""Request bodies that are the same bytes from turn to turn, so that servers find their prefix cache again.

Keys keep their order, messages come before everything that changes, and what a message looks like on a wire is
kept, so that a long history costs nothing per turn.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from homarus.domain.content import Json, JsonObject

T = TypeVar("T")
_KEPT = 4096
_KEPT_BYTES = 32 * 1024 * 1024


def to_bytes(value: Json) -> bytes:
    """Return compact JSON; half a surrogate pair becomes a question mark instead of an error."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def body_of(head: JsonObject, lists: Mapping[str, Iterable[bytes]], tail: JsonObject) -> bytes:
    """Join an object from parts that are already bytes: head, then the lists in their order, then the tail."""
    parts = [to_bytes(key) + b":" + to_bytes(value) for key, value in head.items()]
    parts += [to_bytes(key) + b":[" + b",".join(items) + b"]" for key, items in lists.items()]
    parts += [to_bytes(key) + b":" + to_bytes(value) for key, value in tail.items()]
    return b"{" + b",".join(parts) + b"}"


class Kept(Generic[T]):
    """What was made of a value, found again by the value's identity; bounded in number and bytes."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[int, str], tuple[T, bytes]] = OrderedDict()
        self._bytes = 0

    def of(self, value: T, flavour: str, make: Callable[[T], Json]) -> bytes:
        """Return the bytes of a value, made now or before; `flavour` names everything else that they depend on.

        `make` may return several objects as a list; they are joined by commas.
        """
        key = (id(value), flavour)
        found = self._made.get(key)
        if found is not None:
            self._made.move_to_end(key)
            return found[1]
        rendered = make(value)
        made = b",".join(map(to_bytes, rendered)) if isinstance(rendered, list) else to_bytes(rendered)
        self._made[key] = (value, made)
        self._bytes += len(made)
        while len(self._made) > _KEPT or self._bytes > _KEPT_BYTES:
            _key, (_value, old) = self._made.popitem(last=False)
            self._bytes -= len(old)
        return made
