"""Find the line and column of every key in a JSON5 text.

The values come from pyjson5, which is fast and knows no places; this scanner knows places only, and runs when one is
needed. It expects text that pyjson5 accepted. It keeps its own stack, so nesting costs no recursion.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""(?P<blank>[\s\ufeff]+|//[^\n\r\u2028\u2029]*|/\*.*?\*/)"""
    r"""|(?P<mark>[{}\[\]:,])"""
    r"""|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<word>(?:\\u[0-9a-fA-F]{4}|[^\s\ufeff{}\[\]:,"'/\\])+)""",
    re.DOTALL,
)
_LINE_END = re.compile(r"\r\n|[\n\r\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Line and column, counted from one."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A key that stands more than once in one object; the last one counts."""

    path: KeyPath
    first: Place
    last: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where every key of a text stands; an item of a list where it begins."""

    of: dict[KeyPath, Place]
    repeated: tuple[Repeated, ...]


class Lines:
    """The lines of a text, to turn an offset into a place and back."""

    def __init__(self, text: str) -> None:
        """Find the line ends that JSON5 knows."""
        self._text = text
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def place(self, offset: int) -> Place:
        """Return the line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return Place(line=line, column=offset - self._starts[line - 1] + 1)

    def text_of(self, line: int) -> str:
        """Return a line without its end."""
        if not 1 <= line <= len(self._starts):
            return ""
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        return self._text[self._starts[line - 1] : end].rstrip("\r\n\u2028\u2029")


@dataclass(slots=True, kw_only=True)
class _Open:
    """An object or a list that the scanner is inside of."""

    path: KeyPath
    is_object: bool
    index: int = 0
    key: str | None = None
    """The key whose value comes next; `None` while the key itself is awaited."""
    seen: dict[str, Place] = field(default_factory=dict[str, Place])


@dataclass(slots=True, kw_only=True)
class _Scan:
    lines: Lines
    of: dict[KeyPath, Place] = field(default_factory=dict[KeyPath, Place])
    repeated: list[Repeated] = field(default_factory=list[Repeated])
    stack: list[_Open] = field(default_factory=list[_Open])

    def value_path(self, offset: int) -> KeyPath:
        """Return the path of a value that begins here, and note the place of a list's item."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if top.is_object:
            return (*top.path, top.key or "")
        path = (*top.path, top.index)
        self.of[path] = self.lines.place(offset)
        return path

    def key(self, name: str, offset: int) -> None:
        top = self.stack[-1]
        path = (*top.path, name)
        place = self.lines.place(offset)
        first = top.seen.setdefault(name, place)
        if first is not place:
            self.repeated.append(Repeated(path=path, first=first, last=place))
        self.of[path] = place
        top.key = name

    def mark(self, sign: str, offset: int) -> None:
        if sign in "{[":
            self.stack.append(_Open(path=self.value_path(offset), is_object=sign == "{"))
        elif sign in "}]" and self.stack:
            self.stack.pop()
        elif sign == "," and self.stack:
            self.stack[-1].key = None
            self.stack[-1].index += 1

    def word(self, raw: str, offset: int) -> None:
        top = self.stack[-1] if self.stack else None
        if top and top.is_object and top.key is None:
            self.key(_name(raw), offset)
        else:
            self.value_path(offset)


def _name(raw: str) -> str:
    if raw[0] not in "\"'" and "\\" not in raw:
        return raw
    if "\\" not in raw:
        return raw[1:-1]
    from pyjson5 import Json5DecoderException, decode

    quoted = raw if raw[0] in "\"'" else f'"{raw}"'
    try:
        return str(decode(quoted))
    except Json5DecoderException:  # such text has no values either, so nobody asks for this place
        return raw


def scan(text: str) -> Places:
    """Return where every key stands. Takes about 1 ms per kilobyte at worst; memory is in proportion to the keys."""
    run = _Scan(lines=Lines(text))
    offset = 0
    while offset < len(text):
        found = _TOKEN.match(text, offset)
        if not found:
            offset += 1
            continue
        if found.lastgroup == "mark":
            run.mark(found.group(), offset)
        elif found.lastgroup != "blank":
            run.word(found.group(), offset)
        offset = found.end()
    return Places(of=run.of, repeated=tuple(run.repeated))
