"""Days that a text names, as its writer meant them on the day of writing: in English, German, French and Spanish."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

_DAYS = {
    name: number
    for number, names in enumerate(
        ("monday mon montag mo lundi lunes", "tuesday tue tues dienstag di mardi martes",
         "wednesday wed mittwoch mi mercredi miércoles", "thursday thu thurs donnerstag do jeudi jueves",
         "friday fri freitag fr vendredi viernes", "saturday sat samstag sonnabend sa samedi sábado",
         "sunday sun sonntag so dimanche domingo")
    )
    for name in names.split()
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan januar jänner janvier enero", "february feb februar février febrero", "march mar märz mars marzo",
         "april apr avril abril", "may mai mayo", "june jun juni juin junio", "july jul juli juillet julio",
         "august aug août agosto", "september sep sept septembre septiembre", "october oct oktober okt octobre octubre",
         "november nov novembre noviembre", "december dec dezember dez décembre diciembre"), 1
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = "|".join(sorted((name for name in _DAYS if len(name) > 3), key=len, reverse=True))  # noqa: PLR2004 - `Sun` and `mon` are words, too
_COUNTS = {
    word: number
    for number, words in enumerate(
        ("a an one ein einem einer eine un une una uno", "two zwei deux dos", "three drei trois tres",
         "four vier quatre cuatro", "five fünf cinq cinco", "six sechs seis", "seven sieben sept siete",
         "eight acht huit ocho", "nine neun neuf nueve", "ten zehn dix diez"), 1
    )
    for word in words.split()
}  # fmt: skip
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
_FOUND = re.compile(
    rf"""(?<![\w.-])(?:
      (?P<iso>20\d\d-\d\d-\d\d)
    | (?P<slashed>20\d\d/\d\d?/\d\d?|\d{{1,2}}/\d{{1,2}}/(?:20)?\d\d
      |(?<=\sby\s)\d{{1,2}}/\d{{1,2}}|(?<=^by\s)\d{{1,2}}/\d{{1,2}})(?![\d/])
    | (?P<numeric>\d{{1,2}}\.\s?\d{{1,2}}\.(?:\s?(?:20)?\d\d(?!\d))?)
    | (?P<day_first>\d{{1,2}})(?:st|nd|rd|th|\.|er)?\s(?:of\s|de\s)?(?P<month>{_MONTH})\b\.?(?:,?\s(?P<year>20\d\d))?
    | (?P<month_first>{_MONTH})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s(?P<year_after>20\d\d))?
    | (?P<days_end>eod|cob|end\sof\s(?:the\s)?(?:business\s)?day|close\sof\sbusiness)
    | (?P<today>today|tonight|heute|this\s(?:afternoon|evening)|aujourd['\u2019]hui|ce\ssoir|hoy|esta\s(?:tarde|noche)
      |(?<=by\s)midnight|(?<=bis\s)mitternacht)
    | (?P<after_demain>après-demain|pasado\smañana)
    | (?P<counted>(?:with)?in\s(?:the\snext\s)?{_COUNT}\s(?:hours?|hrs|h|days?|weeks?)
      |(?:innerhalb\s(?:von\s)?|binnen\s|in\s){_COUNT}\s(?:stunden?|tage?n?|wochen?)|(?:dans|sous|en)\s{_COUNT}\s(?:heures?|jours?|semaines?|horas?|d[ií]as?|semanas?))
    | (?P<months_end>eom|end\sof\s(?:the\s|this\s)?month|(?:zum\s)?monatsende|ende\s(?:des|dieses|diesen)\smonats
      |fin\sdu\smois|fin(?:al)?\sde(?:l)?\smes)
    | (?:(?:the\s)?end\sof|ende|fin(?:al)?\sde)\s(?P<ending>{_MONTH})(?:\s(?P<ending_year>20\d\d))?
    | (?<=the\s)(?P<this_day>\d{{1,2}})(?:st|nd|rd|th)(?!\s(?:of|time|floor|century|year|edition|{_MONTH}))
    | (?P<tomorrow>tomorrow|tmrw|tmr|demain|(?<!la\s)(?<!pasado\s)mañana
      |(?<!guten\s)(?<!am\s)(?<!jeden\s)morgen(?=\s|,|!|\?|\.|$))
    | (?P<after>the\sday\safter\stomorrow|übermorgen)
    | (?P<weekday>(?:next\s|nächsten\s|kommenden\s)?(?:{_DAY}))
    | (?<=by\s)(?P<short>mon|tues?|wed|thu(?:rs)?|fri|sat|sun)
    | (?:(?<=bis\s)|(?<=bis\szum\s)|(?<=am\s))(?P<shorter>(?-i:Mo|Di|Mi|Do|Fr|Sa|So))
    | (?P<week>eow|end\sof\s(?:the\s|this\s)?week|ende\s(?:der|dieser)\swoche)
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_TIME = re.compile(
    r"(?<![\d.,])(?:(\d{1,2})[:.](\d\d)\s?(?:uhr\b|h\b|(am|pm|a\.m\.|p\.m\.))?|(\d{1,2})\s?(?:uhr\b|(am|pm|a\.m\.|p\.m\.)(?!\w))|(noon|mittags?))(?!\d|\.\d)",
    re.IGNORECASE,
)
_BY_HOUR = re.compile(
    r"(?<!\w)(?:by|bis|until|before|vor|spätestens)\s(?:spätestens\s)?(?:um\s)?(?=\d|noon|mittag)", re.IGNORECASE
)
_NEAR = 24
_BESIDE = 14
_MONTHS_OF_YEAR = 12
_SENTENCE_END = re.compile(r"(?<![0-9]\.)(?<=[.!?])\s+(?=[A-ZÄÖÜ\"„])|\n{2,}")
_MOST = 60
_MOST_CHARS = 8_000
_PM = 12
_FRIDAY = 4
_LONG_PAST = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A day that a text names."""

    day: date
    at: time | None
    """The time of day, where it is named beside the day."""
    quote: str
    """The sentence that names it."""
    span: tuple[int, int]
    """Where the sentence stands in the text."""


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a text with where they begin; a line break within one does not end it."""
    start = 0
    for end in (*(found.span() for found in _SENTENCE_END.finditer(text[:_MOST_CHARS])), None):
        piece = text[start : end[0] if end else _MOST_CHARS]
        bare = piece.strip()
        if bare:
            yield start + len(piece) - len(piece.lstrip()), bare
        if end:
            start = end[1]


def days_in(text: str, *, written: date) -> tuple[Named, ...]:
    """Return the days that a text names, as somebody who wrote it on a day means them."""
    found: list[Named] = []
    for start, sentence in sentences(text):
        for match in _FOUND.finditer(sentence):
            day = None if _is_only_a_time(match, sentence) else _meant(match, written)
            if day is not None and len(found) < _MOST:
                clock = _clock(sentence, match.start(), match.end())
                found.append(Named(day=day, at=clock, quote=sentence, span=(start, start + len(sentence))))
    return tuple(found)


def hour_in(sentence: str, *, written: date) -> Named | None:
    """Return the hour by which something is wanted on the day of writing: `bis 10 Uhr`, `by noon`, without a day."""
    found = _BY_HOUR.search(sentence)
    clock = _clock(sentence, found.end(), found.end()) if found else None
    return Named(day=written, at=clock, quote=sentence, span=(0, len(sentence))) if clock else None


def _is_only_a_time(match: re.Match[str], sentence: str) -> bool:
    """Tell whether `COB` says the hour of a day that is named beside it: `by COB Thursday`."""
    if not match["days_end"]:
        return False
    beside = sentence[max(match.start() - _BESIDE, 0) : match.start()], sentence[match.end() : match.end() + _BESIDE]
    return any(found.lastgroup != "days_end" for part in beside for found in _FOUND.finditer(part))


def _meant(match: re.Match[str], written: date) -> date | None:
    word = match.group().casefold()
    try:
        if match["slashed"]:
            return _slashed(word, written)
        if match["iso"]:
            return date.fromisoformat(word)
        return _of_month(match, word, written) or written + timedelta(days=_ahead(match, word, written))
    except (ValueError, OverflowError):
        return None


def _of_month(match: re.Match[str], word: str, written: date) -> date | None:
    """Return the day of a month that is named; none where none is."""
    if match["months_end"] or match["ending"]:
        return _end_of(match, written)
    if match["this_day"]:
        return _next_day(int(match["this_day"]), written)
    if match["numeric"]:
        return _numeric(word, written)
    if match["month"]:
        return _dated(int(match["day_first"]), _MONTHS[match["month"].casefold()], match["year"], written)
    if match["month_first"]:
        return _dated(int(match["day"]), _MONTHS[match["month_first"].casefold()], match["year_after"], written)
    return None


def _ahead(match: re.Match[str], word: str, written: date) -> int:
    if match["today"] or match["days_end"]:
        return 0
    if match["after_demain"]:
        return 2
    if match["counted"]:
        return _counted(word)
    if match["tomorrow"]:
        return 1
    if match["after"]:
        return 2
    if match["week"]:
        return (_FRIDAY - written.weekday()) % 7
    if match["short"] or match["shorter"]:
        return (_DAYS[word] - written.weekday()) % 7
    days = (_DAYS[word.rsplit(maxsplit=1)[-1]] - written.weekday()) % 7
    return days or (7 if " " in word else 0)


def _counted(word: str) -> int:
    *_before, count, unit = word.split()
    number = int(count) if count.isdigit() else _COUNTS[count]
    if unit.startswith(("h", "stund")):
        return number // 24
    return number * (7 if unit.startswith(("week", "woch", "sem")) else 1)


def _end_of(match: re.Match[str], written: date) -> date:
    """Return the last day of the month that is named, or of this one."""
    month = _MONTHS[match["ending"].casefold()] if match["ending"] else written.month
    year = int(match["ending_year"]) if match["ending_year"] else written.year + (month < written.month)
    return date(year + month // _MONTHS_OF_YEAR, month % _MONTHS_OF_YEAR + 1, 1) - timedelta(days=1)


def _next_day(day: int, written: date) -> date:
    """Return the next day of that number: `the 25th`."""
    months = range(written.year * 12 + written.month - 1, written.year * 12 + written.month + 2)
    days = (date(month // 12, month % 12 + 1, day) for month in months)
    return next(found for found in days if found >= written)


def _slashed(word: str, written: date) -> date | None:
    """Return the day of `11/25` or `2026/11/25`; none where it can be two days."""
    parts = [int(part) for part in word.split("/")]
    if parts[0] > 31:  # noqa: PLR2004 - a year
        return date(*parts)
    first, second, *rest = parts
    if (first > _MONTHS_OF_YEAR) == (second > _MONTHS_OF_YEAR) and first != second:
        return None
    day, month = (first, second) if first > _MONTHS_OF_YEAR else (second, first)
    year = str(rest[0] + (2000 if rest[0] < 100 else 0)) if rest else None  # noqa: PLR2004 - two digits
    return _dated(day, month, year, written)


def _numeric(word: str, written: date) -> date:
    day, month, *rest = [part for part in re.split(r"[.\s]+", word) if part]
    year = rest[0] if rest else ""
    return _dated(int(day), int(month), f"20{year}" if len(year) == 2 else year, written)  # noqa: PLR2004 - two digits


def _dated(day: int, month: int, year: str | None, written: date) -> date:
    if year:
        return date(int(year), month, day)
    meant = date(written.year, month, day)
    return date(written.year + 1, month, day) if meant < written - _LONG_PAST else meant


def _times(text: str) -> Iterator[re.Match[str]]:
    """Yield the times of day in a text; `23.11.` is a day."""
    for found in _TIME.finditer(text):
        is_day = "." in found.group() and text[found.end() : found.end() + 1] == "." and not found[3]
        if not (is_day and int(found[2] or 99) <= _MONTHS_OF_YEAR):
            yield found


def _clock(sentence: str, start: int, end: int) -> time | None:
    """Return the time that is named nearest to a day, after it before in front of it."""
    after = next(_times(sentence[end : end + _NEAR]), None)
    before = list(_times(sentence[max(start - _NEAR, 0) : start]))
    found = after or (before[-1] if before else None)
    if found is None:
        return None
    if found[6]:
        return time(12)
    hour, minute = int(found[1] or found[4]), int(found[2] or 0)
    half = (found[3] or found[5] or "").lower().replace(".", "")
    if half == "pm" and hour < _PM:
        hour += _PM
    elif half == "am" and hour == _PM:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None  # noqa: PLR2004 - a day
