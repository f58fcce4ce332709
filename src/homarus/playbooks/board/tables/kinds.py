"""What a column of text really holds: numbers as Germans and Americans write them, money, percent, days, yes and no.

All of it is decided on a sample of the column's different values, and becomes one SQL expression for all of them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from homarus.playbooks.board.tables.names import quoted
from homarus.playbooks.board.tables.shapes import Kind

_ENOUGH = 0.95
"""So much of a sample must fit."""
_FEW_NAMES = 60
_DAYS_LOOKED_AT = 100
_LONGEST_DAY = 40
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "chf": "CHF", "eur": "EUR", "usd": "USD", "gbp": "GBP"}
_MONEY = re.compile(r"(?i)€|\$|£|¥|\b(?:chf|eur|usd|gbp)\b")
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:[.,'\u2019\u00a0\u202f ]\d{3})+|\d+)?(?:[.,]\d+)?(?:[eE][+-]?\d+)?-?")
_DURATION = re.compile(r"\d{1,3}:[0-5]\d(?::[0-5]\d)?")
_LEADING_ZERO = re.compile(r"0\d+")
_KEYS = re.compile(
    r"(?:^|_)(?:id|uid|uuid|iban|bic|zip|plz|postcode|phone|telefon|sku|kontonummer|nr|no|number|nummer|campaign_id|"
    r"glaeubiger_id|auftragskonto|mandatsreferenz)(?:_|$)"
)
_FLAGS = {
    "yes": True,
    "no": False,
    "true": True,
    "false": False,
    "ja": True,
    "nein": False,
    "wahr": True,
    "y": True,
    "falsch": False,
    "n": False,
    "t": True,
    "f": False,
}
_ZONE = r"\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$"
_FRACTION = r"(\d{2}:\d{2}:\d{2})\.\d+"
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", "T%H:%M", ", %H:%M", ", %H:%M:%S")
_DAYS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%m-%Y",
    "%Y.%m.%d",
)
_BARE_DAY = "%Y%m%d"
_AMBIGUOUS = {"%m/%d/%Y": "%d/%m/%Y", "%m/%d/%y": "%d/%m/%y", "%d/%m/%Y": "%m/%d/%Y", "%d/%m/%y": "%m/%d/%y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a column of text is read."""

    kind: Kind
    sql: str
    """An expression over the column of text; `NULL` where a value does not fit."""
    unit: str = ""
    currencies: tuple[str, ...] = ()
    """Those that stand in the values themselves."""
    is_ambiguous: bool = False
    """Whether another reading would fit as well: 03/04/2026, 1.234."""
    as_read: str = ""
    """Of an ambiguous one: how it was read, in a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the rest of a file is written, for values that say nothing themselves."""

    is_comma_decimal: bool = False
    is_day_first: bool = False
    is_sure: bool = False
    """Whether some value can only be read one way."""


def habits_of(columns: Sequence[Sequence[str]], *, is_comma_decimal: bool) -> Habits:
    """Return the habits that a file's unambiguous values show."""
    commas = points = 0
    is_german = is_comma_decimal
    for values in columns:
        for value in values[:50]:
            bare = _bare(value)
            commas += bool(re.fullmatch(r"[+-]?[\d.]*\d,(?:\d{1,2}|\d{4,})-?", bare))
            points += bool(re.fullmatch(r"[+-]?[\d,]*\d\.(?:\d{1,2}|\d{4,})-?", bare))
            is_german = is_german or bool(re.fullmatch(r"[0-3]?\d\.[01]?\d\.(?:\d{2}|\d{4})", bare))
    decided = commas > points if commas or points else is_german
    return Habits(is_comma_decimal=decided, is_day_first=is_german, is_sure=bool(commas or points or is_german))


def reading_of(name: str, title: str, values: Sequence[str], *, distinct: int, rows: int, habits: Habits) -> Reading:
    """Decide how a column is read, from a sample of its different values."""
    column = quoted(name)
    if not values:
        return Reading(kind=Kind.TEXT, sql=column)
    return (
        _as_flag(column, values)
        or _as_day(column, title, values, habits)
        or _as_duration(column, values)
        or _as_number(name, title, values, habits)
        or _as_words(name, column, values, distinct=distinct, rows=rows)
    )


def _share(values: Sequence[str], fits: "re.Pattern[str]") -> float:
    return sum(bool(fits.fullmatch(value.strip())) for value in values) / len(values)


def _as_flag(column: str, values: Sequence[str]) -> Reading | None:
    words = {value.strip().lower() for value in values}
    if not words <= _FLAGS.keys() or len(words) > len(_FLAGS) // 4:
        return None
    true = ", ".join(f"'{word}'" for word, is_true in _FLAGS.items() if is_true)
    false = ", ".join(f"'{word}'" for word, is_true in _FLAGS.items() if not is_true)
    low = f"lower(trim({column}))"
    return Reading(kind=Kind.FLAG, sql=f"CASE WHEN {low} IN ({true}) THEN true WHEN {low} IN ({false}) THEN false END")


def _as_day(column: str, title: str, values: Sequence[str], habits: Habits) -> Reading | None:
    plain = [_plain_day(value) for value in values[:_DAYS_LOOKED_AT]]
    if not all(re.search(r"\d", value) and len(value) <= _LONGEST_DAY for value in plain):
        return None
    order = sorted(_DAYS, key=lambda form: form.startswith("%d/") != habits.is_day_first and "/" in form)
    days = [_BARE_DAY, *order] if re.search(r"(?i)date|datum|day|tag", title) else order
    best, fitting = "", 0
    for form in (day + time for day in days for time in _TIMES):
        if not any(_parses(value, form) for value in plain[:3]):
            continue
        fits = sum(_parses(value, form) for value in plain)
        if fits > fitting:
            best, fitting = form, fits
        if fits == len(plain):
            break
    if fitting / len(plain) < _ENOUGH:
        return None
    head = next(day for day in sorted(days, key=len, reverse=True) if best.startswith(day))
    other = _AMBIGUOUS.get(head)
    is_ambiguous = bool(other) and all(_parses(value, other + best[len(head) :]) for value in plain)
    # A form of Python's is one of DuckDB's as well; seconds that are missing are zero.
    bare = f"trim({column})"
    if plain != [value.strip() for value in values[:_DAYS_LOOKED_AT]]:
        bare = f"regexp_replace(regexp_replace({bare}, '{_ZONE}', ''), '{_FRACTION}', '\\1')"
    sql = f"try_strptime({bare}, '{best}')"
    if best == head:
        sql = f"CAST({sql} AS DATE)"
    return Reading(
        kind=Kind.DATE, sql=sql, is_ambiguous=is_ambiguous, as_read="day/month" if head[1] == "d" else "month/day"
    )


def _plain_day(value: str) -> str:
    return re.sub(_FRACTION, r"\1", re.sub(_ZONE, "", value.strip()))


def _parses(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - only whether it fits
    except ValueError:
        return False
    return True


def _as_duration(column: str, values: Sequence[str]) -> Reading | None:
    if _share(values, _DURATION) < _ENOUGH:
        return None
    parts = f"list_reverse(string_split(trim({column}), ':'))"
    seconds = " + ".join(f"{60**n} * coalesce(try_cast({parts}[{n + 1}] AS DOUBLE), 0)" for n in range(3))
    return Reading(kind=Kind.NUMBER, unit="s", sql=f"CASE WHEN {column} LIKE '%:%' THEN {seconds} END")


def _bare(value: str) -> str:
    """Return a number without its currency, percent sign and the parentheses of a loss."""
    bare = _MONEY.sub("", value).replace("%", "").strip()
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    return bare.replace("\u2212", "-").strip()


def _as_number(name: str, title: str, values: Sequence[str], habits: Habits) -> Reading | None:
    bare = [_bare(value) for value in values]
    fitting = [value for value in bare if value and _NUMBER.fullmatch(value)]
    if len(fitting) / len(bare) < _ENOUGH:
        return None
    money = Counter(_CURRENCIES[mark.lower()] for value in values for mark in _MONEY.findall(value))
    is_percent = sum("%" in value for value in values) > len(values) / 2 or "%" in title
    if not money and (_KEYS.search(name) or any(_LEADING_ZERO.fullmatch(value) for value in fitting)):
        return Reading(kind=Kind.KEY, sql=f"trim({quoted(name)})")
    mark = _decimal_mark(fitting, habits)
    is_ambiguous = not habits.is_sure and all(re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3}", value) for value in fitting)
    unit = "%" if is_percent else next(iter(money)) if len(money) == 1 else _unit_in(title)
    return Reading(
        kind=Kind.NUMBER,
        sql=_number_sql(quoted(name), mark),
        unit=unit,
        currencies=tuple(sorted(money)),
        is_ambiguous=is_ambiguous,
        as_read="decimals" if any(mark in value for value in fitting) else "thousands",
    )


def _unit_in(title: str) -> str:
    words = set(re.findall(r"[A-Z]{3}", title))
    inside = re.search(r"\((hours|hrs|h|sec|seconds|s|min|minutes|ms)\)", title.lower())
    spelled = {"hours": "h", "hrs": "h", "sec": "s", "seconds": "s", "minutes": "min"}
    if inside:
        return spelled.get(inside[1], inside[1])
    return next(iter(words & set(_CURRENCIES.values())), "")


def _decimal_mark(values: Sequence[str], habits: Habits) -> str:
    """Return which mark parts the fractions: the last of two different ones, or one not followed by three digits."""
    votes: Counter[str] = Counter()
    for value in values:
        marks = [mark for mark in value if mark in ".,"]
        if len(set(marks)) > 1:
            votes[marks[-1]] += 1
        elif len(marks) == 1 and not re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3}-?", value):
            votes[marks[0]] += 1
        elif len(marks) > 1:
            votes["," if marks[0] == "." else "."] += 1
    if votes:
        return votes.most_common(1)[0][0]
    return "," if habits.is_comma_decimal else "."


def _number_sql(column: str, mark: str) -> str:
    other = "." if mark == "," else ","
    plain = f"replace({column}, '\u2212', '-')"
    kept = f"regexp_replace({plain}, '(?i)[€$£¥%''\u2019\\s\u00a0\u202f]|chf|eur|usd|gbp', '', 'g')"
    bare = f"replace({kept}, '{other}', '')"
    bare = bare if mark == "." else f"replace({bare}, ',', '.')"
    bare = f"regexp_replace(regexp_replace({bare}, '^\\((.*)\\)$', '-\\1'), '^([^-].*)-$', '-\\1')"
    slow = f"try_cast({bare} AS DOUBLE)"
    if mark == ".":
        return f"coalesce(try_cast({column} AS DOUBLE), {slow})"
    quick = f"coalesce(try_cast(replace({column}, ',', '.') AS DOUBLE), {slow})"
    return f"CASE WHEN {column} LIKE '%.%' THEN {slow} ELSE {quick} END"


def _as_words(name: str, column: str, values: Sequence[str], *, distinct: int, rows: int) -> Reading:
    is_key = bool(_KEYS.search(name)) and distinct > _FEW_NAMES
    longest = max(len(value) for value in values)
    is_name = distinct <= _FEW_NAMES and distinct * 2 <= max(rows, 2) and longest <= 80  # noqa: PLR2004 - a label
    kind = Kind.KEY if is_key else Kind.NAME if is_name else Kind.TEXT
    return Reading(kind=kind, sql=f"trim({column})")
