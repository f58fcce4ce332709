"""Markdown as Telegram shows it: plain text with marked stretches.

Telegram's own markup is never used, so nothing can be parsed wrongly and no message is refused for a stray star.
Lengths are UTF-16 units, as Telegram counts them (Source: core.telegram.org/api/entities). An address stands in the
text, where everybody can read it, and not behind other words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

MOST_UNITS = 4096
_BREAKS = ("\n\n", "\n", ". ", " ")
_PAIRS = {"strong": "bold", "em": "italic", "s": "strikethrough"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a text that is shown in its own way."""

    kind: str
    """`bold`, `italic`, `strikethrough`, `code`, `pre`, `blockquote`."""
    begin: int
    end: int
    """In UTF-16 units, `end` not included."""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One message of at most `MOST_UNITS`."""

    text: str
    stretches: tuple[Stretch, ...] = ()

    def entities(self) -> list[dict[str, object]]:
        """Return the stretches as the Bot API takes them."""
        found: list[dict[str, object]] = []
        for one in self.stretches:
            entity: dict[str, object] = {"type": one.kind, "offset": one.begin, "length": one.end - one.begin}
            if one.language:
                entity["language"] = one.language
            found.append(entity)
        return found


def units(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def pieces_of(markdown: str, *, limit: int = MOST_UNITS) -> tuple[Piece, ...]:
    """Return a text as the messages that it takes."""
    whole = read(markdown)
    found: list[Piece] = []
    begin = 0
    for part in _parts(whole.text, min(limit, MOST_UNITS)):
        lead = len(part) - len(part.lstrip())
        shown = part.strip()
        if shown:
            start = begin + units(part[:lead])
            found.append(Piece(text=shown, stretches=_within(whole.stretches, start, start + units(shown))))
        begin += units(part)
    return tuple(found)


def read(markdown: str) -> Piece:
    """Return a text as one piece, however long."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    writer = _Writer()
    for token in parser.parse(markdown):
        writer.write(token)
    return writer.piece()


def _parts(text: str, limit: int) -> Iterator[str]:
    """Yield a text in parts that fit, broken where people would break it; nothing is left out."""
    while units(text) > limit:
        most = _fitting(text, limit)
        cut = next(
            (at + len(mark) for mark in _BREAKS if (at := text.rfind(mark, most // 2, most - len(mark) + 1)) > 0), most
        )
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text


def _fitting(text: str, limit: int) -> int:
    """Return how many letters of a text fit."""
    used = 0
    for place, char in enumerate(text):
        used += 2 if char > "\uffff" else 1
        if used > limit:
            return place
    return len(text)


def _within(stretches: Sequence[Stretch], begin: int, end: int) -> tuple[Stretch, ...]:
    found = (
        Stretch(
            kind=one.kind,
            begin=max(one.begin, begin) - begin,
            end=min(one.end, end) - begin,
            language=one.language,
        )
        for one in stretches
    )
    return tuple(one for one in found if one.begin < one.end)


@dataclass(slots=True)
class _Writer:
    """Writes tokens down as text and remembers where stretches begin."""

    parts: list[str] = field(default_factory=list[str])
    length: int = 0
    stretches: list[Stretch] = field(default_factory=list[Stretch])
    open: list[int] = field(default_factory=list[int])
    lists: list[int] = field(default_factory=list[int])
    """Of each list around: the next number, zero for one with dots."""
    cells: list[list[str]] = field(default_factory=list[list[str]])
    is_table: bool = False

    def piece(self) -> Piece:
        text = "".join(self.parts).rstrip()
        return Piece(text=text, stretches=_within(sorted(self.stretches, key=_order), 0, units(text)))

    def say(self, text: str) -> None:
        if text:
            self.parts.append(text)
            self.length += units(text)

    def gap(self, lines: int) -> None:
        """End what stands there, with so many line breaks in all."""
        if not self.parts:
            return
        tail = "".join(self.parts[-3:])
        missing = lines - (len(tail) - len(tail.rstrip("\n")))
        self.say("\n" * max(0, missing))

    def begin(self) -> None:
        self.open.append(self.length)

    def close(self, kind: str, language: str = "") -> None:
        begin = self.open.pop()
        if begin < self.length:
            self.stretches.append(Stretch(kind=kind, begin=begin, end=self.length, language=language))

    def write(self, token: "Token") -> None:
        kind = token.type
        if self.is_table or kind == "table_open":
            self._table(token)
        elif kind == "inline":
            self._inline(token.children or [])
        elif kind in {"fence", "code_block"}:
            self._code(token)
        elif kind.startswith(("bullet_list", "ordered_list", "list_item")):
            self._list(token)
        elif kind == "hr":
            self.gap(2)
            self.say("———")
        elif kind.startswith(("paragraph", "heading", "blockquote")):
            self._block(token)

    def _block(self, token: "Token") -> None:
        shown = {"heading": "bold", "blockquote": "blockquote"}.get(token.type.rpartition("_")[0])
        if token.nesting > 0:
            if not (self.lists and self.parts and self.parts[-1].endswith((". ", "• "))):
                self.gap(1 if self.lists else 2)
            if shown:
                self.begin()
        elif shown:
            self.close(shown)

    def _list(self, token: "Token") -> None:
        if token.type.endswith("list_open"):
            if not self.lists:
                self.gap(2)
            self.lists.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else 0)
        elif token.type.endswith("list_close"):
            self.lists.pop()
        elif token.nesting > 0:
            self.gap(1)
            number = self.lists[-1]
            self.say("  " * (len(self.lists) - 1) + (f"{number}. " if number else "• "))
            if number:
                self.lists[-1] += 1

    def _code(self, token: "Token") -> None:
        self.gap(2)
        self.begin()
        self.say(token.content.rstrip("\n"))
        self.close("pre", token.info.split()[0] if token.info.split() else "")

    def _inline(self, tokens: Sequence["Token"]) -> None:
        addresses: list[str] = []
        for token in tokens:
            name, _dash, end = token.type.rpartition("_")
            if token.type in {"softbreak", "hardbreak"}:
                self.say("\n")
            elif token.type == "code_inline":
                self.begin()
                self.say(token.content)
                self.close("code")
            elif name in _PAIRS:
                if end == "open":
                    self.begin()
                else:
                    self.close(_PAIRS[name])
            elif token.type == "link_open":
                addresses.append(str(token.attrGet("href") or ""))
            elif token.type == "link_close":
                self._address(addresses.pop())
            elif token.type == "image":
                self.say(token.content)
                self._address(str(token.attrGet("src") or ""))
            else:
                self.say(token.content)

    def _address(self, address: str) -> None:
        """Write an address after its words, unless it is what they say."""
        if address and not "".join(self.parts[-4:]).endswith(address):
            self.say(f" ({address})")

    def _table(self, token: "Token") -> None:
        self.is_table = token.type != "table_close"
        if token.type == "table_open":
            self.cells = []
        elif token.type == "tr_open":
            self.cells.append([])
        elif token.type == "inline":
            self.cells[-1].append(" ".join(token.content.split()))
        elif token.type == "table_close":
            columns = [max((len(row[at]) for row in self.cells if at < len(row)), default=0) for at in range(20)]
            lines = ["  ".join(cell.ljust(columns[at]) for at, cell in enumerate(row)).rstrip() for row in self.cells]
            self.gap(2)
            self.begin()
            self.say("\n".join(lines))
            self.close("pre")


def _order(stretch: Stretch) -> tuple[int, int]:
    return stretch.begin, -stretch.end
