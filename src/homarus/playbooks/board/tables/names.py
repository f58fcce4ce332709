"""Names that SQL and small models can write: lower case, ASCII, one word."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "%": " pct ", "€": " eur ", "#": " no "})
_WORDS = (
    "all and any as asc case cast check column constraint create default desc distinct do else end except false "
    "fetch for foreign from group having in initially intersect into lateral leading limit not null offset on "
    "only or order primary references select some symmetric table then to trailing true union unique using when "
    "where window with qualify pivot unpivot describe show summarize summarise analyse analyze anti array asof "
    "asymmetric at authorization between bigint binary bit boolean both by char coalesce collate collation "
    "columns concurrently cross decimal exists extract float freeze full generated glob grouping ilike inner int "
    "integer interval is isnull join lambda left like map national natural notnull nullif numeric out outer "
    "overlaps overlay placing position positional precision real returning right row semi similar smallint struct "
    "substring tablesample time timestamp treat trim tuple unpack values varchar variadic verbose"
)
_RESERVED = frozenset(_WORDS.split())
_LONGEST = 40
_COPY = re.compile(r"(?i)(\s*\(\d+\)|[ _-]+(copy|kopie)(\s*\d+)?)$")
_PERIOD = re.compile(
    r"[ _-]*\d{4}[ _.-]?\d{0,2}[ _.-]?\d{0,2}([ _-]+(to|bis|-)?[ _-]*\d{4}[ _.-]?\d{0,2}[ _.-]?\d{0,2})?$"
)


def spelled(title: str, *, otherwise: str = "column") -> str:
    """Return a title as a name: `Watch time (hours)` becomes `watch_time_hours`."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_SPELLED)).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST].strip("_") or otherwise
    return f"{name}_" if name in _RESERVED else f"{otherwise[0]}{name}" if name[0].isdigit() else name


def distinct(titles: Iterable[str], *, otherwise: str = "column") -> list[str]:
    """Return a name for each title, none of them twice."""
    taken: list[str] = []
    for number, title in enumerate(titles, 1):
        name = spelled(title, otherwise=f"{otherwise}_{number}")
        count = 2
        first = name
        while name in taken:
            name, count = f"{first}_{count}", count + 1
        taken.append(name)
    return taken


def table_name(path: str) -> str:
    """Return what a file's table is called; the same for `orders 2026-10.csv` and `orders (1).csv`, without the date.

    The name must hold over the months, because the queries of a decision are asked again then.
    """
    stem = PurePath(path).name.partition(".")[0]
    bare = _COPY.sub("", stem)
    return spelled(_PERIOD.sub("", bare) or bare, otherwise="table")


def is_copy(path: str) -> bool:
    """Say whether a file is named as systems name copies: `orders (1).csv`."""
    return bool(_COPY.search(PurePath(path).name.partition(".")[0]))


def quoted(name: str) -> str:
    """Return a name as SQL has it in quotation marks."""
    return '"' + name.replace('"', '""') + '"'
