"""A configuration value that remembers where it was written, through includes, merges and renames."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from homarus.domain.content import Json
from homarus.state.config.problems import Where
from homarus.state.config.scanner import KeyPath, Lines, Places, scan

Scalar: TypeAlias = "bool | int | float | str | None"


class Source:
    """One file's text, scanned for places when the first one is asked for."""

    def __init__(self, name: str, text: str) -> None:
        """Keep the text; `name` is what people see."""
        self.name = name
        self.text = text
        self._places: Places | None = None
        self._lines: Lines | None = None

    @property
    def places(self) -> Places:
        """Where every key stands."""
        if self._places is None:
            self._places = scan(self.text)
        return self._places

    @property
    def lines(self) -> Lines:
        """The lines of the text."""
        if self._lines is None:
            self._lines = Lines(self.text)
        return self._lines

    def where(self, path: KeyPath) -> Where:
        """Return the place of a key, or of the nearest one around it."""
        for length in range(len(path), 0, -1):
            place = self.places.of.get(path[:length])
            if place:
                return Where(file=self.name, line=place.line, column=place.column)
        return Where(file=self.name, line=1, column=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value comes from."""

    source: Source
    path: KeyPath = ()

    def where(self) -> Where:
        """Return file, line and column."""
        return self.source.where(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value with its origin; objects and lists hold nodes."""

    value: "Scalar | dict[str, Node] | list[Node]"
    origin: Origin

    @property
    def members(self) -> "dict[str, Node]":
        """The members of an object; nothing for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "list[Node]":
        """The items of a list; nothing for anything else."""
        return self.value if isinstance(self.value, list) else []

    @property
    def scalar(self) -> Scalar:
        """A plain value; `None` for objects and lists."""
        return None if isinstance(self.value, dict | list) else self.value

    def with_value(self, value: "Scalar | dict[str, Node] | list[Node]") -> "Node":
        """Return another value written at the same place."""
        return Node(value=value, origin=self.origin)


def grow(value: Json, origin: Origin) -> Node:
    """Return the tree of a parsed value; nesting is bounded by the parser."""
    if isinstance(value, dict):
        members = {
            key: grow(item, Origin(source=origin.source, path=(*origin.path, key))) for key, item in value.items()
        }
        return Node(value=members, origin=origin)
    if isinstance(value, list):
        items = [
            grow(item, Origin(source=origin.source, path=(*origin.path, index))) for index, item in enumerate(value)
        ]
        return Node(value=items, origin=origin)
    if isinstance(value, bool | int | float | str) or value is None:
        return Node(value=value, origin=origin)
    raise TypeError(value)


def plain(node: Node) -> Json:
    """Return the bare value."""
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def merge(below: Node, above: Node, *, joins_lists: bool = False) -> Node:
    """Lay one value over another: objects key by key, anything else is replaced.

    `joins_lists` puts lists one after the other, as OpenClaw does for `$include`.
    """
    if isinstance(below.value, dict) and isinstance(above.value, dict):
        merged = dict(below.value)
        for key, item in above.value.items():
            merged[key] = merge(merged[key], item, joins_lists=joins_lists) if key in merged else item
        return Node(value=merged, origin=above.origin if above.value else below.origin)
    if joins_lists and isinstance(below.value, list) and isinstance(above.value, list):
        return Node(value=[*below.value, *above.value], origin=above.origin)
    return above


def find(node: Node, path: Iterable[str | int]) -> Node | None:
    """Return the value at a path, or `None`."""
    current: Node | None = node
    for step in path:
        if current is None:
            return None
        if isinstance(current.value, dict):
            current = current.value.get(str(step))
        elif isinstance(current.value, list) and isinstance(step, int) and 0 <= step < len(current.value):
            current = current.value[step]
        else:
            return None
    return current


def nearest(node: Node, path: Iterable[str | int]) -> Node:
    """Return the value at a path, or the last one on the way to it."""
    current = node
    for step in path:
        following = find(current, (step,))
        if following is not None:
            current = following
    return current


def walk(node: Node, path: KeyPath = ()) -> "Iterator[Spot]":
    """Yield every value in the tree, outer ones first."""
    yield Spot(path=path, node=node)
    for key, item in node.members.items():
        yield from walk(item, (*path, key))
    for index, item in enumerate(node.items):
        yield from walk(item, (*path, index))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A value and the path to it."""

    path: KeyPath
    node: Node
