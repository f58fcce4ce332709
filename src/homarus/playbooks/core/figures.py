"""Find every figure in a text: numbers as people write them in English and German, dates, times, and number words."""

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from homarus.playbooks.core.number_words import words_in


class FigureKind(StrEnum):
    """What a figure is."""

    NUMBER = "number"
    RATIO = "ratio"
    """Times so much: `doubled`, `3x`, `a third`."""
    DATE = "date"
    TIME = "time"
    YEAR = "year"
    NAME = "name"
    """Part of a name: `GPT-4`, `Q3`, `v2.1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and where it stands."""

    start: int
    end: int
    text: str
    kind: FigureKind
    values: tuple[float, ...] = ()
    """What it can mean: `1.234` is one thousand in one country and one and a bit in another."""
    steps: tuple[float, ...] = ()
    """Of each value, what one more in its last digit is worth."""
    unit: str = ""
    """Canonical: `EUR`, `%`, `h`; empty where none stands beside it."""
    sign: int = 0
    """-1 for a minus in front, 1 for a plus."""
    date: tuple[int, int, int] = (0, 0, 0)
    """Year, month, day; zero for what is not said. Of a time: hour, minute, second."""


UNITS = {
    "EUR": r"€|eur|euros?",
    "USD": r"(?:us)?\$|usd|(?:us-?)?dollars?",
    "GBP": r"£|gbp|pounds?|pfund",
    "CHF": r"chf|franken|sfr\.?",
    "JPY": r"¥|jpy|yen",
    "pp": r"percentage[ -]points?|prozentpunkten?|%-?punkten?|pp\b",
    "%": r"%|percent|per cent|prozent|pct",
    "‰": r"‰|promille",
    "h": r"h|hours?|hrs?|stunden?|std\.?",
    "min": r"min\.?|minutes?|mins?|minuten?",
    "s": r"s|sec\.?|seconds?|secs?|sekunden?",
    "ms": r"ms|milliseconds?|millisekunden?",
    "d": r"days?|tage?n?",
    "wk": r"weeks?|wochen?",
    "mo": r"months?|monate?n?",
    "y": r"years?|jahre?n?",
    "GB": r"gb|gib|gigabytes?",
    "MB": r"mb|mib|megabytes?",
    "kB": r"kb|kib|kilobytes?",
    "km": r"km|kilometers?|kilometer",
    "kg": r"kg|kilograms?|kilogramm",
    "kWh": r"kwh",
    "x": r"x|×|times|fold|-?fach\w*|mal",  # noqa: RUF001 - as people write it
}
_SCALES = (
    (r"k|thousand|tsd\.?|tausend", 1e3),
    (r"m|mn|mio\.?|million(?:s|en)?", 1e6),
    (r"bn|billion|mrd\.?|milliarden?", 1e9),
)
_MONTHS = (
    "jan(?:uary|uar|\\.)?|jän(?:ner)?",
    "feb(?:ruary|ruar|\\.)?",
    "mar(?:ch|\\.)?|märz?|mrz",
    "apr(?:il|\\.)?",
    "may|mai",
    "june?|juni?|jun\\.",
    "july?|juli?|jul\\.",
    "aug(?:ust|\\.)?",
    "sept?(?:ember|\\.)?",
    "o[ck]t(?:ober|\\.)?",
    "nov(?:ember|\\.)?",
    "de[cz](?:ember|\\.)?",
)
_MONTH = (
    "(?:" + "|".join(f"(?P<m{{n}}_{number}>{one})" for number, one in enumerate(_MONTHS, start=1)) + ")(?![a-zäöü])"
)
_UNIT_RE = "|".join(f"(?P<u{number}>(?:{one})(?![\\w]))" for number, one in enumerate(UNITS.values()))
_PREFIX = re.compile(
    r"(?:(?P<EUR>€|\beur)|(?P<USD>(?:us)?\$|\busd)|(?P<GBP>£|\bgbp)|(?P<CHF>\bchf)|(?P<JPY>¥|\bjpy))\s?$", re.IGNORECASE
)
_AFTER = re.compile(
    rf"(?:\s{{0,3}}-?(?:(?P<k>k|thousand|tsd\.?|tausend)|(?P<m>mn|mio\.?|million(?:s|en)?|m)|(?P<b>bn|billion|mrd\.?|milliarden?))(?![\w]))?(?:\s{{0,3}}-?(?:{_UNIT_RE}))?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,3}(?:[   ’']\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*")  # noqa: RUF001 - as people write it
_DATES = (
    re.compile(r"(?<![\d.])(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?!\d)"),
    re.compile(r"(?<![\d.])(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.(?:\s?(?P<y>\d{4}|\d{2})(?!\d))?(?!\d)"),
    re.compile(r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4}|\d{2})(?![\d/])"),
    re.compile(
        r"(?<![\d.,])(?P<d>\d{1,2})(?:\.|st|nd|rd|th)?(?:\s+of)?\s+" + _MONTH.format(n="a") + r"(?:,?\s+(?P<y>\d{4}))?",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![a-zäöü])"
        + _MONTH.format(n="b")
        + r"\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?(?![\d.,:%]|\s?%)(?:,?\s+(?P<y>\d{4}))?",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![a-zäöü])" + _MONTH.format(n="c") + r",?\s+(?P<y>(?:19|20)\d{2})(?!\d)", re.IGNORECASE),
    re.compile(r"(?<![\d.-])(?P<y>(?:19|20)\d{2})-(?P<m>0[1-9]|1[0-2])(?![\d-])"),
)
_TIMES = (
    re.compile(
        r"(?<![\d:.,])(?P<h>\d{1,2}):(?P<mi>[0-5]\d)(?::(?P<s>[0-5]\d))?\s?(?P<half>[ap]\.?m\.?(?!\w))?", re.IGNORECASE
    ),
    re.compile(r"(?<![\d:.,])(?P<h>\d{1,2})(?:\.(?P<mi>[0-5]\d))?\s?uhr", re.IGNORECASE),
    re.compile(r"(?<![\d:.,])(?P<h>\d{1,2})\s?(?P<half>[ap]\.?m\.?)(?!\w)", re.IGNORECASE),
)
# Bounded and without nesting: titles of other people's pages come here, and `(?:\w*[-./]?)+` took minutes on them.
_ROMAN = re.compile(r"(?<![\w-])[XVI]{3,}(?![\w-])")
_NAME = re.compile(r"[^\W\d_][\w./-]{0,60}?\d[\w.-]{0,60}\w|[^\W\d_]{1,60}-?\d+|\d+(?:[^\W\d_][\w-]*)")
_IDIOMS = frozenset(
    {"24/7", "b2b", "b2c", "c2c", "1:1", "3d", "2d", "2fa", "mp3", "mp4", "utf-8", "co2", "w3c", "h2o", "sha-256"}
    | {"sha256", "ipv4", "ipv6", "i18n", "a11y", "k8s", "o365", "oauth2", "base64", "python3", "covid-19"}
)
_YEAR = re.compile(r"(?:19|20)\d{2}")


def shown(text: str) -> str:
    """Return a text of the same length as it is read: wide digits plain, emphasis blank, dashes and minus as one."""
    return "".join(_read(letter) for letter in text)


def _read(letter: str) -> str:
    if letter in "*`~":
        return " "
    if letter in "−–—‒":  # noqa: RUF001 - as people write it
        return "-"
    plain = unicodedata.normalize("NFKC", letter)
    return plain if len(plain) == 1 else letter


def figures_in(text: str) -> list[Figure]:
    """Return every figure of a text, in its order; no character belongs to two of them."""
    plain = shown(text)
    taken = [False] * len(plain)
    found: list[Figure] = []
    for figure in (
        *_idioms(plain),
        *_dates(plain),
        *_times(plain),
        *_numbers(plain),
        *_words(plain),
        *_fractions(plain),
    ):
        if not any(taken[figure.start : figure.end]):
            taken[figure.start : figure.end] = [True] * (figure.end - figure.start)
            found.append(replace(figure, text=text[figure.start : figure.end]))
    return sorted((one for one in found if one.text.lower() not in _IDIOMS), key=lambda one: one.start)


def _idioms(plain: str) -> list[Figure]:
    low = plain.lower()
    roman = [Figure(start=one.start(), end=one.end(), text="", kind=FigureKind.NAME) for one in _ROMAN.finditer(plain)]
    return roman + [
        Figure(start=at, end=at + len(idiom), text="", kind=FigureKind.NAME)
        for idiom in _IDIOMS
        for at in (match.start() for match in re.finditer(rf"(?<![\w]){re.escape(idiom)}(?![\w])", low))
    ]


def _dates(plain: str) -> list[Figure]:
    found: list[Figure] = []
    for pattern in _DATES:
        for match in pattern.finditer(plain):
            for date in _readings_of(match):
                found.append(Figure(start=match.start(), end=match.end(), text="", kind=FigureKind.DATE, date=date))
                break
    return found


def _readings_of(match: re.Match[str]) -> list[tuple[int, int, int]]:
    groups = match.groupdict()
    month = next(
        (int(name.rpartition("_")[2]) for name, value in groups.items() if value and name[:1] == "m" and "_" in name), 0
    )
    month = month or int(groups.get("m") or 0)
    day = int(groups.get("d") or 0)
    year = int(groups.get("y") or 0)
    if groups.get("a"):
        a, b = int(groups["a"] or 0), int(groups["b"] or 0)
        day, month = (a, b) if a > 12 else (b, a)  # noqa: PLR2004 - months
    if 0 < year < 100:  # noqa: PLR2004 - two digits
        year += 2000
    is_one = 1 <= month <= 12 and day <= 31  # noqa: PLR2004 - a calendar
    return [(year, month, day)] if is_one else []


def _times(plain: str) -> list[Figure]:
    found: list[Figure] = []
    for pattern in _TIMES:
        for match in pattern.finditer(plain):
            groups = match.groupdict()
            hour, minute, second = int(match["h"]), int(groups.get("mi") or 0), int(groups.get("s") or 0)
            half = (groups.get("half") or "").lower()
            if half.startswith("p") and hour < 12:  # noqa: PLR2004 - noon
                hour += 12
            elif half.startswith("a") and hour == 12:  # noqa: PLR2004 - midnight
                hour = 0
            if hour <= 24:  # noqa: PLR2004 - of a day
                at = (hour, minute, second)
                found.append(Figure(start=match.start(), end=match.end(), text="", kind=FigureKind.TIME, date=at))
    return found


def _numbers(plain: str) -> list[Figure]:
    found: list[Figure] = []
    named = [match.span() for match in _NAME.finditer(plain) if _is_name(match.group())]
    for match in _NUMBER.finditer(plain):
        inside = next((span for span in named if span[0] <= match.start() < span[1]), None)
        if inside is not None:
            if not found or found[-1].start != inside[0]:
                found.append(Figure(start=inside[0], end=inside[1], text="", kind=FigureKind.NAME))
            continue
        found.append(_number(plain, match))
    for left, right in pairwise(found):
        if (
            not left.unit
            and right.unit
            and re.fullmatch(r"\s*(?:-|to|bis|and|und|/)\s*", plain[left.end : right.start])
        ):
            found[found.index(left)] = replace(
                left, unit=right.unit, kind=right.kind if right.kind is FigureKind.RATIO else left.kind
            )
    return found


def _is_name(token: str) -> bool:
    """Say whether letters and digits are one word, and not a number with its unit."""
    if token[0].isdigit():
        after = _AFTER.fullmatch(token.lstrip("0123456789"))
        ordinal = re.fullmatch(r"\d+(?:st|nd|rd|th)", token, re.IGNORECASE)
        return after is None and ordinal is None
    return re.fullmatch(r"(?:eur|usd|gbp|chf|jpy)[\d.,]+", token, re.IGNORECASE) is None


def _number(plain: str, match: re.Match[str]) -> Figure:
    after = _AFTER.match(plain, match.end())
    groups = after.groupdict() if after else {}
    scale = 1e3 if groups.get("k") else 1e6 if groups.get("m") else 1e9 if groups.get("b") else 1.0
    unit = next((name for number, name in enumerate(UNITS) if groups.get(f"u{number}")), "")
    before = _PREFIX.search(plain[max(match.start() - 5, 0) : match.start()])
    start = match.start() - (len(before.group()) if before else 0)
    if before and not unit:
        unit = next(name for name, value in before.groupdict().items() if value)
    sign = _sign(plain, start)
    readings = _meant(match.group())
    is_year = not unit and scale == 1 and not sign and _YEAR.fullmatch(match.group()) is not None
    kind = FigureKind.RATIO if unit == "x" else FigureKind.YEAR if is_year else FigureKind.NUMBER
    return Figure(
        start=start - (sign != 0),
        end=after.end() if after else match.end(),
        text="",
        kind=kind,
        values=tuple(value * scale * (sign or 1) for value, _ in readings),
        steps=tuple(step * scale for _, step in readings),
        unit="" if unit == "x" else unit,
        sign=sign,
    )


def _sign(plain: str, start: int) -> int:
    if start == 0 or plain[start - 1] not in "+-":
        return 0
    if start > 1 and (
        plain[start - 2].isalnum() or (plain[start - 2].isspace() and re.search(r"\d\s*\S?\s+$", plain[: start - 1]))
    ):
        return 0
    return -1 if plain[start - 1] == "-" else 1


def _meant(digits: str) -> list[tuple[float, float]]:
    """Return what digits with points and commas can mean, each with the worth of its last digit."""
    bare = re.sub(r"[   ’']", "", digits)  # noqa: RUF001 - as people write it
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        mark = max(".,", key=bare.rfind)
        other = "," if mark == "." else "."
        return [_plain(bare.replace(other, "").replace(mark, "."))] if bare.count(mark) == 1 else []
    if not points and not commas:
        return [_plain(bare)]
    mark = "." if points else ","
    groups = bare.split(mark)
    is_grouped = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3 and groups[0] != "0"  # noqa: PLR2004 - thousands
    meanings = [_plain("".join(groups))] if is_grouped else []
    if len(groups) == 2:  # noqa: PLR2004 - one mark
        meanings.append(_plain(".".join(groups)))
    return meanings


def _plain(digits: str) -> tuple[float, float]:
    decimals = len(digits.partition(".")[2])
    return float(digits), 10.0**-decimals


def _words(plain: str) -> list[Figure]:
    found: list[Figure] = []
    for word in words_in(plain):
        after = _AFTER.match(plain, word.end)
        groups = after.groupdict() if after else {}
        unit = next((name for number, name in enumerate(UNITS) if groups.get(f"u{number}")), "")
        is_ratio = word.is_ratio or unit == "x"
        found.append(
            Figure(
                start=word.start,
                end=after.end() if after and unit else word.end,
                text="",
                kind=FigureKind.RATIO if is_ratio else FigureKind.NUMBER,
                values=(word.value,),
                steps=(1.0,),
                unit="" if is_ratio else unit,
            )
        )
    return found


def _fractions(plain: str) -> list[Figure]:
    return [
        Figure(
            start=at, end=at + 1, text="", kind=FigureKind.RATIO, values=(unicodedata.numeric(letter),), steps=(0.01,)
        )
        for at, letter in enumerate(plain)
        if unicodedata.category(letter) in ("No", "Nl") and unicodedata.numeric(letter, None) is not None
    ]
