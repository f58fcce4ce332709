"""Bytes of an exported table become text with one header: encodings, delimiters, lines above the header."""

import codecs
import csv
import io
import json
import re
from dataclasses import dataclass
from math import isfinite
from pathlib import PurePath
from typing import cast

from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.sources import NoDataError
from homarus.playbooks.board.tables.headings import Heading, header_of, is_nameless
from homarus.playbooks.board.tables.lines import closed
from homarus.tools.charsets import guessed

_DELIMITERS = ",;\t|"
_LOOKED_AT = 200
"""Lines: the header is among them, and the delimiter shows in them."""
_LONGEST_CELL = 1 << 20
_MOST_BYTES = 1 << 30
_MOST_JSON_BYTES = 200 << 20
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype|html|head|body|!--|[a-z][\w:-]*[\s>/])", re.IGNORECASE)
_DEEPEST = 8
_FAILED = frozenset({"error", "errors", "error_description"})
_LONGEST_TITLE = 60
_ROOMY = 2
"""Fewer lines than that are no table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table as text, or a Parquet file as it is."""

    content: bytes
    """UTF-8 from the header on, or Parquet."""
    header: tuple[str, ...] = ()
    delimiter: str = ","
    is_parquet: bool = False
    encoding: str = "utf-8"
    skipped: int = 0
    """How many lines stood above the header."""
    is_comma_decimal: bool = False
    """Whether the file looks as if commas were decimal: semicolons between cells."""
    notes: tuple[str, ...] = ()
    """What was guessed or mended so that it could be read, as sentences."""


def decode(content: bytes, path: str) -> Sheet:
    """Read a file's bytes as a table.

    Raises:
        NoDataError: when there is no table in it, with what to do instead.
    """
    _refuse_what_is_no_table(content, path)
    if content.startswith(_PARQUET):
        return Sheet(content=content, is_parquet=True)
    read = _text(content)
    if "\0" in read.text[:4096]:
        raise NoDataError(
            _("{path!r} is not a table: it holds binary data.").format(path=path),
            hint=_("Export it as CSV, TSV, JSON or Parquet."),
        )
    if _WEB_PAGE.match(read.text[:500]):
        raise NoDataError(
            _("{path!r} is a web page and no table: mostly a message of an error, or to sign in.").format(path=path),
            hint=_("Open it in a browser to see what it says, then export the table anew."),
        )
    if PurePath(path).suffix.lower() in {".json", ".jsonl", ".ndjson"} or read.text.lstrip()[:1] in {"[", "{"}:
        return _from_json(read.text, path)
    text = read.text if "\n" in read.text or "\r" not in read.text else read.text.replace("\r", "\n")
    return _from_lines(text, path, read.encoding)


def _refuse_what_is_no_table(content: bytes, path: str) -> None:
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise NoDataError(
            _("{path!r} is empty.").format(path=path), hint=_("Export it anew, or take it out of `files`.")
        )
    if len(content) > _MOST_BYTES:
        raise NoDataError(
            _("{path!r} is larger than 1 GB.").format(path=path), hint=_("Export a shorter period, or fewer columns.")
        )
    if content.startswith((_ZIP, _OLD_OFFICE)):
        raise NoDataError(
            _("{path!r} is a spreadsheet or an archive, which is not read.").format(path=path),
            hint=_("Open it and save the sheet as CSV (UTF-8), then name that file."),
        )
    if content.startswith(_GZIP):
        raise NoDataError(_("{path!r} is packed.").format(path=path), hint=_("Unpack it, then name the file inside."))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    encoding: str
    text: str


def _text(content: bytes) -> _Text:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return _Text(encoding=encoding, text=content.decode(encoding, errors="replace"))
    head = content[:2000]
    if head.count(0) * 3 > len(head):
        encoding = "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"
        return _Text(encoding=encoding, text=content.decode(encoding, errors="replace"))
    try:
        return _Text(encoding="utf-8", text=content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    encoding = guessed(content)
    return _Text(encoding=encoding, text=content.decode(encoding, errors="replace"))


def _from_lines(text: str, path: str, encoding: str) -> Sheet:
    lines = _head(text)
    told = _told_delimiter(lines)
    start = 1 if told else 0
    delimiter = told or max(_DELIMITERS, key=lambda mark: _fit(lines[start:], mark))
    header = header_of(_cells(lines[start:], delimiter), start) or _single(lines, start)
    if header is None:
        raise NoDataError(
            _("{path!r} has no line that names columns.").format(path=path),
            hint=_("A table begins with the names of its columns, parted by commas, semicolons or tabs."),
        )
    body = text
    for _line in range(header.line):
        body = body.partition("\n")[2]
    cells, content, notes = header.cells, body.encode("utf-8"), _notes(encoding, path)
    if is_nameless(_cells(lines[header.line :], delimiter)):
        cells = tuple(f"column {number}" for number in range(1, len(cells) + 1))
        content = delimiter.join(cells).encode() + b"\n" + content
        notes.append(
            _("{path!r} has no names of columns; they are numbered, and its first line is a row.").format(path=path)
        )
    ended = closed(content, delimiter, len(cells))
    if ended.lines:
        notes.append(
            _("{path!r}: the quotation marks of line {lines} do not close; the line was read without them.").format(
                path=path, lines=", ".join(str(line + header.line) for line in ended.lines[:5])
            )
        )
    return Sheet(
        content=ended.content,
        header=cells,
        delimiter=delimiter,
        encoding=encoding,
        skipped=header.line,
        is_comma_decimal=delimiter == ";",
        notes=tuple(notes),
    )


def _notes(encoding: str, path: str) -> list[str]:
    if encoding.startswith(("utf", "cp1252")):
        return []
    said = _(
        "{path!r} does not say its charset; its letters were read as {encoding}. Save it as UTF-8 if words look wrong."
    )
    return [said.format(path=path, encoding=encoding)]


def _head(text: str) -> list[str]:
    return [line.rstrip("\r") for line in text[: _LONGEST_CELL * 4].split("\n")[:_LOOKED_AT]]


def _told_delimiter(lines: list[str]) -> str:
    """Return what Excel writes as `sep=;` in the first line."""
    first = lines[0].strip() if lines else ""
    return first[4] if first.lower().startswith("sep=") and len(first) == len("sep=;") else ""


def _cells(lines: list[str], delimiter: str) -> list[list[str]]:
    """Return the lines' cells; a cell that spans lines keeps its row at its first one."""
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    try:
        return [row for row in reader]  # noqa: C416 - a bad last row must not lose the others
    except csv.Error:
        return [line.split(delimiter) for line in lines]


def _fit(lines: list[str], delimiter: str) -> float:
    """Say how well a delimiter parts the lines: how many share the commonest width, and how wide they are."""
    widths = [len(row) for row in _cells(lines, delimiter) if row]
    wide = [width for width in widths if width > 1]
    if not wide:
        return 0.0
    common = max(set(wide), key=lambda width: (wide.count(width), width))
    return wide.count(common) / len(widths) + min(common, 50) / 1000


def _single(lines: list[str], start: int) -> Heading | None:
    """A table of one column: its first line that is not empty is the header, if something follows."""
    filled = [number for number, line in enumerate(lines) if number >= start and line.strip()]
    if len(filled) < _ROOMY or len(lines[filled[0]]) > _LONGEST_TITLE:
        return None
    return Heading(cells=(lines[filled[0]].strip().strip('"'),), line=filled[0])


def _from_json(text: str, path: str) -> Sheet:
    if len(text) > _MOST_JSON_BYTES:
        raise NoDataError(
            _("{path!r} is too large for JSON.").format(path=path), hint=_("Export it as CSV or Parquet.")
        )
    rows = [_flat(row) for row in _records(text, path)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not rows or not names:
        raise NoDataError(
            _("{path!r} holds no list of rows.").format(path=path),
            hint=_("A table in JSON is a list of objects, or one object per line."),
        )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return Sheet(content=out.getvalue().encode("utf-8"), header=tuple(names))


def _records(text: str, path: str) -> list[dict[str, Json]]:
    try:
        return _longest(cast("Json", json.loads(text)))
    except (ValueError, RecursionError):
        pass
    try:
        lines = [cast("Json", json.loads(line)) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise NoDataError(
            _("{path!r} is not valid JSON.").format(path=path), hint=_("Export it anew; it may be cut off.")
        ) from error
    return [row for row in lines if isinstance(row, dict)]


def _longest(value: Json, depth: int = _DEEPEST) -> list[dict[str, Json]]:
    """Return the longest list of objects in it: APIs wrap theirs in `data` and `results`."""
    if isinstance(value, list):
        return [row for row in value if isinstance(row, dict)] or _of_lists(value)
    if isinstance(value, dict) and depth:
        if by_column := _by_column(value):
            return by_column
        lists = [_longest(inner, depth - 1) for inner in value.values() if isinstance(inner, list | dict)]
        alone: list[dict[str, Json]] = [] if value.keys() & _FAILED else [value]
        return max([*lists, alone], key=len)
    return []


def _of_lists(rows: list[Json]) -> list[dict[str, Json]]:
    """Return rows that are lists, the first of which names the columns."""
    head, *rest = rows or [None]
    if not isinstance(head, list) or not rest or not all(isinstance(cell, str) for cell in head):
        return []
    names = [str(cell) for cell in head]
    return [dict(zip(names, row, strict=False)) for row in rest if isinstance(row, list)]


def _by_column(value: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the rows of a table that is written by columns: `{"day": [...], "visits": [...]}`."""
    columns = {name: cells for name, cells in value.items() if isinstance(cells, list)}
    lengths = {len(cells) for cells in columns.values()}
    is_plain = all(not isinstance(cell, dict | list) for cells in columns.values() for cell in cells)
    if len(columns) < _ROOMY or len(columns) < len(value) or len(lengths) != 1 or lengths == {0} or not is_plain:
        return []
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _flat(row: dict[str, Json], before: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in row.items():
        whole = f"{before}{name}"
        if isinstance(value, dict):
            flat |= {_free(inner, flat): cell for inner, cell in _flat(value, f"{whole}_").items()}
        elif isinstance(value, list):
            flat[_free(whole, flat)] = ", ".join(_named(item) for item in value)
        else:
            is_none = value is None or (isinstance(value, float) and not isfinite(value))
            flat[_free(whole, flat)] = "" if is_none else str(value)
    return flat


def _free(name: str, taken: dict[str, str]) -> str:
    """Return a name that nothing has yet: `b: {c}` and `b_c` are two columns."""
    return name if name not in taken else _free(f"{name} 2", taken)


def _named(item: Json) -> str:
    if isinstance(item, dict):
        return str(item.get("name") or item.get("title") or item.get("id") or "")
    return str(item)
