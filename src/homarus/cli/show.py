"""Print for people and for scripts."""

import sys
from collections.abc import Callable, Mapping, Sequence

from homarus.cli.options import Options
from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.printable import printable

_DIM = "\x1b[2m"
_BOLD = "\x1b[1m"
_RED = "\x1b[31m"
_GREEN = "\x1b[32m"
_PLAIN = "\x1b[0m"
_NARROWEST = 8
"""A column is not cut to less."""


def result(options: Options, data: Mapping[str, Json], sentence: str) -> int:
    """Print what came of a command, as JSON or in words, and return the exit code for success."""
    if options.as_json:
        as_json(data)
    else:
        print(clean(sentence))
    return 0


def as_json(data: Json) -> None:
    """Print one JSON value, without control characters that could move a terminal's cursor."""
    from json import dumps

    print(dumps(data, ensure_ascii=not _is_utf8(), indent=2 if sys.stdout.isatty() else None))


def table(rows: Sequence[Mapping[str, str]], *, empty: str, below: str = "", wraps: bool = False) -> None:
    """Print rows under their headings, columns as wide as they need and the terminal has; columns of nothing go.

    On a terminal that is too narrow, the column `below` stands under its row; with `wraps`, cells go on in the next
    line, else they are cut.
    """
    if not rows:
        print(empty)
        return
    names = [name for place, name in enumerate(rows[0]) if not place or any(row.get(name) for row in rows)]
    rows = [{name: printable(row.get(name, "")) for name in names} for row in rows]
    needed = {name: max(len(name), *(len(row[name]) for row in rows)) for name in names}
    under = below if below in needed and sum(needed.values()) > _room(needed) else ""
    widths = _fitted({name: width for name, width in needed.items() if name != under})
    print(dim(_line({name: name for name in names}, widths)))
    for row in rows:
        for line in _lines(row, widths) if wraps else [_line(row, widths)]:
            print(line)
        if under and row[under]:
            print(dim(hanging("  ", row[under])))


def _line(row: Mapping[str, str], widths: Mapping[str, int]) -> str:
    return "  ".join(_cut(row[name], width).ljust(width) for name, width in widths.items()).rstrip()


def _lines(row: Mapping[str, str], widths: Mapping[str, int]) -> list[str]:
    """Return a row in as many lines as its longest cell needs."""
    from itertools import zip_longest
    from textwrap import wrap

    cells = [wrap(row[name], width, break_on_hyphens=False) for name, width in widths.items()]
    parts = zip_longest(*cells, fillvalue="")
    return [_line(dict(zip(widths, part, strict=True)), widths) for part in parts] or [""]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _room(widths: Mapping[str, int]) -> int:
    """Return how many signs the cells of a row can have together; there is no limit in a pipe or a file."""
    if not sys.stdout.isatty():
        return sys.maxsize
    from shutil import get_terminal_size

    return get_terminal_size().columns - 2 * (len(widths) - 1)


def _fitted(widths: dict[str, int]) -> dict[str, int]:
    """Take from the widest column until all fit into a terminal, from the names in the first one last."""
    room = _room(widths)
    first, *others = widths
    while sum(widths.values()) > room:
        wide = [name for name in others if widths[name] > _NARROWEST] or [first]
        widest = max(wide, key=lambda name: widths[name])
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    return widths


def hanging(begin: str, text: str, *, is_aside: bool = False) -> str:
    """Return text behind a beginning; on a terminal its further lines stand below its first one.

    `is_aside` is for what is said on standard error.
    """
    text = clean(text)
    if not (sys.stderr if is_aside else sys.stdout).isatty():
        return f"{begin}{text}"
    from shutil import get_terminal_size
    from textwrap import wrap

    room = max(20, get_terminal_size().columns - 1 - len(begin))
    lines = [part for line in text.split("\n") for part in _wrapped(line, room, wrap)]
    return begin + f"\n{' ' * len(begin)}".join(lines)


def _wrapped(line: str, room: int, wrap: Callable[..., list[str]]) -> list[str]:
    """Return a line in parts that fit; a word that is wider stays whole, so that it can be copied."""
    return wrap(line, room, break_long_words=False, break_on_hyphens=False) or [""]


def warn(sentence: str) -> None:
    """Say something beside the answer."""
    print(sentence, file=sys.stderr, flush=True)


def hint(step: str) -> None:
    """Say the next step."""
    print(dim(hanging("", _("Next: {hint}").format(hint=step))))


def aside(sentence: str) -> None:
    """Say something paler beside the answer, in lines that break between words."""
    warn(dim(hanging("", sentence, is_aside=True)))


def next_step(step: str) -> None:
    """Say the next step beside the answer."""
    aside(_("Next: {hint}").format(hint=step))


def dim(text: str) -> str:
    """Return the text paler, on a terminal that shows colours."""
    text = clean(text)
    return f"{_DIM}{text}{_PLAIN}" if _has_colours() else text


def bold(text: str) -> str:
    """Return the text stronger, on a terminal that shows colours."""
    text = clean(text)
    return f"{_BOLD}{text}{_PLAIN}" if _has_colours() else text


def red(text: str) -> str:
    """Return the text in red, on a terminal that shows colours: what was, and is not any more."""
    return f"{_RED}{clean(text)}{_PLAIN}" if _has_colours() else clean(text)


def green(text: str) -> str:
    """Return the text in green, on a terminal that shows colours: what is new."""
    return f"{_GREEN}{clean(text)}{_PLAIN}" if _has_colours() else clean(text)


def day(stamp: Json) -> str:
    """Return an ISO time as local date and time, a dash for none."""
    if not isinstance(stamp, str):
        return "-"
    from datetime import datetime

    return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M")


def clean(text: str) -> str:
    """Return text of others with whatever cannot be seen written out, so that it cannot drive the terminal."""
    return text if text.isascii() and text.isprintable() else printable(text, keep="\n\t")


def _has_colours() -> bool:
    import os

    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def is_live() -> bool:
    """Whether somebody sees standard error on a terminal, where a line can be written over."""
    return sys.stderr.isatty()


def status(text: str) -> None:
    """Show on a terminal what goes on, until the next status or the end of it."""
    if is_live():
        sys.stderr.write("\r\x1b[2K" + dim(text))
        sys.stderr.flush()


def clear_status() -> None:
    """Leave the line as if nothing had been there."""
    if is_live():
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()
