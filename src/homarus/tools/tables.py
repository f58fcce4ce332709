"""Tables as programs export them: separators, numbers and days in the forms of several countries."""

import contextlib
import csv
import io
import re
from datetime import date, datetime

_SEPARATORS = (";", ",", "\t", "|")
_NOT_NUMBER = re.compile(r"[^\d,.\-+()]")
_GERMAN = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})*(?:,\d+)?|[-+]?\d+,\d+")
_ENGLISH = re.compile(r"[-+]?\d{1,3}(?:,\d{3})*(?:\.\d+)?|[-+]?\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:[.,]\d{3})+")
_FORMS = (
    "%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y",
    "%d/%b/%Y",
)  # fmt: skip
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})")
_TIME = re.compile(r"[T ]\d{1,2}:\d\d.*$")
_LAST_MONTH = 12


def dialect_of(text: str) -> str:
    """Return what parts the cells: what is in the most of the first lines, equally often."""
    lines = [line for line in text.splitlines()[:30] if line.strip() and not line.startswith("#")]

    def regular(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in lines if separator in line]
        usual = max(set(counts), key=counts.count, default=0)
        return counts.count(usual) if usual else 0, usual

    return max(_SEPARATORS, key=regular)


def table_of(text: str) -> list[list[str]]:
    """Return the rows of a CSV text that hold something, whatever parts its cells and ends its lines."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=None), delimiter=dialect_of(text))
    with contextlib.suppress(csv.Error):  # a cell of more than 128 KiB: what stands before it is read
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)  # noqa: PERF401 - what was read before an error stays
    return rows


def number_of(text: str, *, is_german: bool = False) -> float | None:
    """Return a number written as `1,234.56`, `1.234,56`, `12 %`, `€ 5` or `(3.50)`; `None` when it is none.

    `1.234` alone can be either; `is_german` decides, as the whole file was seen.
    """
    bare = _NOT_NUMBER.sub("", text.replace("\u2212", "-").strip())
    sign = -1.0 if bare.startswith("(") and bare.endswith(")") else 1.0
    bare = bare.strip("()")
    if not any(letter.isdigit() for letter in bare):
        return None
    if "," in bare and "." in bare:
        is_german = bare.rfind(",") > bare.rfind(".")
    elif not _THOUSANDS.fullmatch(bare):
        is_german = "," in bare
    if not (_GERMAN if is_german and ("," in bare or "." in bare) else _ENGLISH).fullmatch(bare):
        return None
    plain = bare.replace(".", "").replace(",", ".") if is_german else bare.replace(",", "")
    return sign * float(plain)


def is_german(cells: list[str]) -> bool:
    """Tell whether the numbers of a file are written as `1.234,56`, by those that can be read in one way only."""
    votes = 0
    for cell in cells:
        bare = _NOT_NUMBER.sub("", cell)
        if _THOUSANDS.fullmatch(bare) or not any(letter.isdigit() for letter in bare):
            continue
        comma, dot = bare.rfind(","), bare.rfind(".")
        votes += (comma > dot) - (dot > comma)
    return votes > 0


def day_of(text: str) -> str:
    """Return a day in ISO form, or nothing when it is none; `3/4/2026` is a day in March unless it cannot be."""
    bare = _TIME.sub("", text.strip().strip('"'))
    slashed = _SLASHED.fullmatch(bare)
    if slashed:
        first, second, year = (int(part) for part in slashed.groups())
        month, day = (second, first) if first > _LAST_MONTH else (first, second)
        return _iso(year + 2000 if year < 100 else year, month, day)  # noqa: PLR2004 - two digits
    for form in _FORMS:
        try:
            return datetime.strptime(bare, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return ""


def _iso(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
