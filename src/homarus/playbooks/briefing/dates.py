"""Days that a text names, in English and German, as its writer meant them on the day of writing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

_DAYS = {
    name: number
    for number, names in enumerate(
        ("monday mon montag", "tuesday tue dienstag", "wednesday wed mittwoch", "thursday thu donnerstag",
         "friday fri freitag", "saturday sat samstag sonnabend", "sunday sun sonntag")
    )
    for name in names.split()
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan januar jänner", "february feb februar", "march mar märz", "april apr", "may mai", "june jun juni",
         "july jul juli", "august aug", "september sep sept", "october oct oktober okt", "november nov",
         "december dec dezember dez"), 1
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = "|".join(sorted((name for name in _DAYS if len(name) > 3), key=len, reverse=True))  # noqa: PLR2004 - `Sun` and `mon` are words, too
_FOUND = re.compile(
    rf"""(?<![\w.-])(?:
      (?P<iso>20\d\d-\d\d-\d\d)
    | (?P<numeric>\d{{1,2}}\.\s?\d{{1,2}}\.(?:\s?(?:20)?\d\d(?!\d))?)
    | (?P<day_first>\d{{1,2}})(?:st|nd|rd|th|\.)?\s(?:of\s)?(?P<month>{_MONTH})\b\.?(?:,?\s(?P<year>20\d\d))?
    | (?P<month_first>{_MONTH})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s(?P<year_after>20\d\d))?
    | (?P<today>today|tonight|heute|eod|cob|end\sof\s(?:the\s)?day|close\sof\sbusiness|this\s(?:afternoon|evening))
    | (?P<tomorrow>tomorrow|(?<!guten\s)(?<!am\s)(?<!jeden\s)morgen(?=\s|,|!|\?|\.|$))
    | (?P<after>the\sday\safter\stomorrow|übermorgen)
    | (?P<weekday>(?:next\s|nächsten\s|kommenden\s)?(?:{_DAY}))
    | (?P<week>end\sof\s(?:the\s|this\s)?week|ende\s(?:der|dieser)\swoche)
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
            day = _meant(match, written)
            if day is not None and len(found) < _MOST:
                clock = _clock(sentence, match.start(), match.end())
                found.append(Named(day=day, at=clock, quote=sentence, span=(start, start + len(sentence))))
    return tuple(found)


def hour_in(sentence: str, *, written: date) -> Named | None:
    """Return the hour by which something is wanted on the day of writing: `bis 10 Uhr`, `by noon`, without a day."""
    found = _BY_HOUR.search(sentence)
    clock = _clock(sentence, found.end(), found.end()) if found else None
    return Named(day=written, at=clock, quote=sentence, span=(0, len(sentence))) if clock else None


def _meant(match: re.Match[str], written: date) -> date | None:
    word = match.group().casefold()
    try:
        if match["iso"]:
            return date.fromisoformat(word)
        if match["numeric"]:
            return _numeric(word, written)
        if match["month"]:
            return _dated(int(match["day_first"]), _MONTHS[match["month"].casefold()], match["year"], written)
        if match["month_first"]:
            return _dated(int(match["day"]), _MONTHS[match["month_first"].casefold()], match["year_after"], written)
    except (ValueError, OverflowError):
        return None
    return written + timedelta(days=_ahead(match, word, written))


def _ahead(match: re.Match[str], word: str, written: date) -> int:
    if match["today"]:
        return 0
    if match["tomorrow"]:
        return 1
    if match["after"]:
        return 2
    if match["week"]:
        return (_FRIDAY - written.weekday()) % 7
    days = (_DAYS[word.rsplit(maxsplit=1)[-1]] - written.weekday()) % 7
    return days or (7 if " " in word else 0)


def _numeric(word: str, written: date) -> date:
    day, month, *rest = [part for part in re.split(r"[.\s]+", word) if part]
    year = rest[0] if rest else ""
    return _dated(int(day), int(month), f"20{year}" if len(year) == 2 else year, written)  # noqa: PLR2004 - two digits


def _dated(day: int, month: int, year: str | None, written: date) -> date:
    if year:
        return date(int(year), month, day)
    meant = date(written.year, month, day)
    return date(written.year + 1, month, day) if meant < written - _LONG_PAST else meant


def _clock(sentence: str, start: int, end: int) -> time | None:
    """Return the time that is named nearest to a day, after it before in front of it."""
    after = _TIME.search(sentence[end : end + _NEAR])
    before = list(_TIME.finditer(sentence[max(start - _NEAR, 0) : start]))
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
