"""What a column of text really holds: numbers as Germans and Americans write them, money, percent, days, yes and no.

All of it is decided on a sample of the column's different values, and becomes one SQL expression for all of them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from homarus.domain.i18n import _
from homarus.playbooks.board.tables.names import quoted
from homarus.playbooks.board.tables.shapes import Kind

_ENOUGH = 0.95
"""So much of a sample must fit."""
_FEW_NAMES = 60
_DAYS_LOOKED_AT = 100
_LONGEST_DAY = 40
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "zł": "PLN", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW"}
_CODES = "aud brl cad chf cny czk dkk eur gbp huf inr jpy krw mxn nok nzd pln rub sek sgd try uah usd zar"
_CURRENCIES = {**_SIGNS, **{code: code.upper() for code in _CODES.split()}}
_ANY_MONEY = "|".join([*map(re.escape, _SIGNS), rf"\b(?:{_CODES.replace(' ', '|')})\b"])
_MONEY = re.compile(f"(?i){_ANY_MONEY}")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
_DAY_WORDS = re.compile(
    r"(?i)(?:^|[^a-z])(?:date|datum|day|days|tag|month|monat|created|erstellt|buchungstag|fecha|jour)(?:[^a-z]|$)"
)
_MONTH_WORDS = re.compile(r"(?i)(?:^|[^a-z])(?:month|monat|period|zeitraum|mes|mois)(?:[^a-z]|$)")
_OFFSET_PARTS = r"([+-])(\d{2}):?(\d{2})$"
_OFFSET = re.compile(r"[+-]\d{2}:?\d{2}$|(?:Z|UTC|GMT)$")
_NUMBER = re.compile(
    r"[+-]?(?:\d{1,3}(?:[.,'\u2019\u00a0\u202f ]\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+)?(?:[.,]\d+)?(?:[eE][+-]?\d+)?-?"
)
_COMMA_ONLY = re.compile(
    r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),(?:\d{1,2}|\d{4,})-?"
    r"|[+-]?\d{1,3}(?:\.\d{3})+,\d+-?"
)
_POINT_ONLY = re.compile(
    r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)\.(?:\d{1,2}|\d{4,})-?"
    r"|[+-]?\d{1,3}(?:,\d{3})+\.\d+-?"
)
"""Numbers that can only be read with the comma, or the point, before their decimals."""
_SQL_MONEY = "|".join([*(sign.replace("$", "[$]") for sign in _SIGNS), _CODES.replace(" ", "|")])
_POINTS = r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3})?([.][0-9]+)?([eE][+-]?[0-9]+)?"
_COMMAS = r"[+-]?([0-9]+|[0-9]{1,3}([.][0-9]{3})+)?(,[0-9]+)?([eE][+-]?[0-9]+)?"
_DURATION = re.compile(r"\d{1,3}:[0-5]\d(?::[0-5]\d)?")
_LEADING_ZERO = re.compile(r"0\d+")
_KEYS = re.compile(
    r"(?:^|_)(?:id|uid|uuid|iban|bic|zip|plz|postcode|phone|telefon|sku|kontonummer|nr|no|number|nummer|campaign_id|"
    r"glaeubiger_id|auftragskonto|mandatsreferenz)(?:_|$)"
)
_CURRENCY_WORDS = re.compile(r"currency|waehrung|devise|moneda")
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
_BARE_MONTHS = ("%Y-%m", "%m/%Y", "%Y/%m", "%b %Y", "%B %Y")
_DOTTED_MONTH = "%m.%Y"
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
        or _as_counted_day(column, title, values)
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


def _as_counted_day(column: str, title: str, values: Sequence[str]) -> Reading | None:
    """Read days as spreadsheets count them, from the end of 1899, when the column is called after days."""
    if not _DAY_WORDS.search(title) or not all(_SERIAL.fullmatch(value.strip()) for value in values):
        return None
    counted = f"DATE '1899-12-30' + CAST(floor(try_cast({column} AS DOUBLE)) AS INTEGER)"
    return Reading(kind=Kind.DATE, sql=counted, is_ambiguous=True, as_read=_("days as spreadsheets count them"))


def _as_day(column: str, title: str, values: Sequence[str], habits: Habits) -> Reading | None:
    plain = [_plain_day(value) for value in values[:_DAYS_LOOKED_AT]]
    if not all(re.search(r"\d", value) and len(value) <= _LONGEST_DAY for value in plain):
        return None
    order = sorted(_DAYS, key=lambda form: form.startswith("%d/") != habits.is_day_first and "/" in form)
    days = [_BARE_DAY, *order] if re.search(r"(?i)date|datum|day|tag", title) else order
    days = [*days, *_BARE_MONTHS, *([_DOTTED_MONTH] if _MONTH_WORDS.search(title) else [])]
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
    if len({found.group() for value in values if (found := _OFFSET.search(value.strip()))}) > 1:
        sql = f"({sql} - {_offset_sql(column)})"
        return Reading(kind=Kind.DATE, sql=sql, is_ambiguous=True, as_read=_("moments of several time zones, in UTC"))
    return Reading(
        kind=Kind.DATE, sql=sql, is_ambiguous=is_ambiguous, as_read="day/month" if head[1] == "d" else "month/day"
    )


def _offset_sql(column: str) -> str:
    """Return an expression for how far a moment's own zone is from UTC."""
    sign, hours, minutes = (f"regexp_extract(trim({column}), '{_OFFSET_PARTS}', {n})" for n in (1, 2, 3))
    told = f"coalesce(try_cast({hours} AS INTEGER) * 60 + try_cast({minutes} AS INTEGER), 0)"
    return f"to_minutes(CASE WHEN {sign} = '-' THEN -{told} ELSE {told} END)"


def says_days(name: str, values: Sequence[str]) -> bool:
    """Tell whether a column is called after days and holds some, however they are written."""
    some = [value for value in values if re.search(r"\d{2,4}[-/.]\d{1,2}|\d{1,2}[./]\d{1,2}[./]", value)]
    return bool(_DAY_WORDS.search(name.replace("_", " "))) and len(some) * 2 > len(values)


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
    is_mixed = any(_COMMA_ONLY.fullmatch(value) for value in fitting) and any(map(_POINT_ONLY.fullmatch, fitting))
    is_partly_percent = is_percent and "%" not in title and not all("%" in value for value in values)
    is_ambiguous = not habits.is_sure and all(re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3}", value) for value in fitting)
    unit = "%" if is_percent else next(iter(money)) if len(money) == 1 else _unit_in(title)
    return Reading(
        kind=Kind.NUMBER,
        sql=_number_sql(quoted(name), mark, only="%" if is_partly_percent else ""),
        unit=unit,
        currencies=tuple(sorted(money)),
        is_ambiguous=is_ambiguous or is_mixed,
        as_read=_("points and commas for decimals, each as it stands")
        if is_mixed
        else "decimals"
        if any(mark in value for value in fitting)
        else "thousands",
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


def _number_sql(column: str, mark: str, *, only: str = "") -> str:
    """Return an expression that reads each number as it stands, and with `mark` what could be read both ways.

    What fits neither way is no number: `1,234.56` between `12,50` must not become 1.23.
    """
    plain = f"replace({column}, '\u2212', '-')"
    kept = f"regexp_replace({plain}, '(?i)[%''\u2019\\s\u00a0\u202f]|{_SQL_MONEY}', '', 'g')"
    kept = f"regexp_replace(regexp_replace({kept}, '^\\((.*)\\)$', '-\\1'), '^([^-].*)-$', '-\\1')"
    points = f"replace({kept}, ',', '')"
    commas = f"replace(replace({kept}, '.', ''), ',', '.')"
    first, second = (points, commas) if mark == "." else (commas, points)
    shapes = (_POINTS, _COMMAS) if mark == "." else (_COMMAS, _POINTS)
    slow = (
        f"CASE WHEN regexp_full_match({kept}, '{shapes[0]}') THEN try_cast({first} AS DOUBLE) "
        f"WHEN regexp_full_match({kept}, '{shapes[1]}') THEN try_cast({second} AS DOUBLE) END"
    )
    is_plain = f"regexp_full_match({column}, '[+-]?[0-9]+{'([.][0-9]+)?' if mark == '.' else ''}')"
    sql = f"CASE WHEN {is_plain} THEN try_cast({column} AS DOUBLE) ELSE {slow} END"
    return f"CASE WHEN contains({column}, '{only}') THEN {sql} END" if only else sql


def currency_sql(cell: str) -> str:
    """Return an expression for the currency that stands in a cell."""
    signs = " ".join(f"WHEN contains(lower({cell}), '{sign}') THEN '{code}'" for sign, code in _SIGNS.items())
    codes = f"upper(regexp_extract({cell}, '(?i)\\b({_CODES.replace(' ', '|')})\\b'))"
    return f"CASE {signs} ELSE nullif({codes}, '') END"


def _as_words(name: str, column: str, values: Sequence[str], *, distinct: int, rows: int) -> Reading:
    if _CURRENCY_WORDS.search(name) and all(re.fullmatch(r"[A-Z]{3}", value.strip()) for value in values):
        return Reading(kind=Kind.NAME, sql=f"trim({column})")
    is_key = bool(_KEYS.search(name)) and distinct > _FEW_NAMES
    longest = max(len(value) for value in values)
    is_name = distinct <= _FEW_NAMES and distinct * 2 <= max(rows, 2) and longest <= 80  # noqa: PLR2004 - a label
    kind = Kind.KEY if is_key else Kind.NAME if is_name else Kind.TEXT
    return Reading(kind=kind, sql=f"trim({column})")
