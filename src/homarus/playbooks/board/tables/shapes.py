"""What is known of the owner's tables: columns with their kinds, and what was found odd while reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from homarus.domain.errors import ModelError


class Kind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    DATE = "date"
    """A day or a moment."""
    FLAG = "flag"
    """Yes or no."""
    NAME = "name"
    """Words that many rows share: a segment."""
    TEXT = "text"
    """Words that are different in nearly every row."""
    KEY = "key"
    """Numbers of orders, addresses, account numbers: never added up."""


class Oddity(StrEnum):
    """What may be wrong with a table."""

    DUPLICATE_FILE = "duplicate_file"
    OVERLAP = "overlap"
    DUPLICATE_ROWS = "duplicate_rows"
    TOTALS = "totals"
    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"
    CURRENCIES = "currencies"
    GAP = "gap"
    STALE = "stale"
    FUTURE = "future"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something odd about a table, told to the person and to every expert."""

    oddity: Oddity
    table: str
    sentence: str
    """Translated; every figure in it is in `figures`."""
    figures: Mapping[str, int | float | str] = field(default_factory=dict[str, int | float | str])
    """By a name for the fact table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as it can be asked."""

    name: str
    """Lower case, no blanks: `watch_time_hours`."""
    title: str
    """As the file calls it."""
    kind: Kind
    unit: str = ""
    """`%`, `EUR`, `s`; empty for plain counts and words."""
    empty: int = 0
    distinct: int = 0
    smallest: str = ""
    largest: str = ""
    examples: tuple[str, ...] = ()
    is_whole: bool = False
    """Whether its numbers have no fractions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table as it can be asked."""

    name: str
    source: str
    """The file as the owner named it."""
    sha256: str
    rows: int
    columns: tuple[Column, ...]
    day: str = ""
    """The column that says when; empty when there is none."""
    first: date | None = None
    last: date | None = None
    currency: str = ""
    """The column that names the currency, where there are several."""

    def column(self, name: str) -> Column | None:
        """Return a column by its name."""
        return next((column for column in self.columns if column.name == name), None)

    def of(self, *kinds: Kind) -> tuple[Column, ...]:
        """Return the columns of some kinds, in the order of the file."""
        return tuple(column for column in self.columns if column.kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a query returned."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int | float | str | bool | None, ...], ...]
    is_cut: bool = False
    """Whether there were more rows than were asked for."""


class RefusedQueryError(ModelError):
    """A query is not one that may be asked here, or it failed; the sentence goes back to whoever asked."""
