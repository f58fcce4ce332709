"""A report as a terminal shows it: headings stand out, tables and lists fit, and no sign of Markdown is in the way.

Into a pipe or a file it goes as it is written, so that other programs read Markdown.
"""

import re
import sys
from collections.abc import Iterator

from homarus.cli import show

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
_LINK = re.compile(r"\[([^\]\n]+)\]\((\S+?)\)")
_STRONG = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_CELLS = re.compile(r"(?<!\\)\|")
_ITEM = re.compile(r"^(\s*(?:[-*]|\d+\.)\s+)(.*)$")
_RULE = re.compile(r"^\|?[\s:|-]+\|?$")


def print_report(text: str) -> None:
    """Print a report."""
    if not sys.stdout.isatty():
        print(show.clean(text))
        return
    table: list[list[str]] = []
    for line in _without_double_blanks(text):
        if line.lstrip().startswith("|"):
            table.append([_plain(cell.strip()) for cell in _CELLS.split(line.strip().strip("|"))])
            continue
        _print_table(table)
        table = []
        _print_line(line)
    _print_table(table)


def _without_double_blanks(text: str) -> Iterator[str]:
    before = "x"
    for line in text.strip().split("\n"):
        if line.strip() or before.strip():
            yield line
        before = line


def _print_line(line: str) -> None:
    if line.startswith("#"):
        print(show.bold(show.hanging("", _plain(line.lstrip("# ")))))
        return
    item = _ITEM.match(line)
    begin, rest = (item[1], item[2]) if item else (line[: len(line) - len(line.lstrip())], line.lstrip())
    print(show.hanging(begin, _plain(rest)))


def _print_table(rows: list[list[str]]) -> None:
    if not rows:
        return
    names, *others = rows
    if not names[-1].strip():
        names = [*names[:-1], "-"]
    body = [row for row in others if not _RULE.match("|".join(row))]
    width = len(names)
    shown = [dict(zip(names, [*row, *[""] * width], strict=False)) for row in body]
    lengths = {name: sum(len(row[name]) for row in shown) for name in names[1:]}
    longest = max(lengths, key=lambda name: lengths[name], default="")
    show.table(shown, empty=" | ".join(names), below=longest, wraps=True)


def _plain(text: str) -> str:
    """Return a line without the signs of Markdown; a link keeps the address it leads to."""
    text = _LINK.sub(_said, text)
    text = _STRONG.sub(r"\1", text)
    text = _CODE.sub(r"\1", text)
    return _ESCAPED.sub(r"\1", text)


def _said(link: "re.Match[str]") -> str:
    label, address = link[1], link[2]
    return address if label in address else f"{label} <{address}>"
