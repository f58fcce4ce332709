"""Find days in lines of notes, and the stretch of days that a question asks about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_I = re.IGNORECASE
_MONTHS = {
    name: number + 1
    for number, names in enumerate(
        (
            "jan january januar", "feb february februar", "mar march märz", "apr april", "may mai", "jun june juni",
            "jul july juli", "aug august", "sep sept september", "oct october oktober", "nov november",
            "dec december dezember",
        )
    )
    for name in names.split()
}  # fmt: skip
_DAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon montag", "tuesday tue tues dienstag", "wednesday wed mittwoch",
            "thursday thu thur thurs donnerstag",
            "friday fri freitag", "saturday sat samstag", "sunday sun sonntag",
        )
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?(?![\d])")
_DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? ({_MONTH})\b\.?(?:,? (\d{{4}}))?", _I)
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (\d{{4}}))?", _I)
_WEEKDAY = re.compile(rf"\b(next )?({'|'.join(sorted(_DAYS, key=len, reverse=True))})\b", _I)
_IN_MONTH = re.compile(rf"\b(?:in|for|during|until|by) ({_MONTH})\b(?! \d)(?: (\d{{4}}))?", _I)
_LONG_AGO = timedelta(days=183)
_SHORT_NAME = len("thurs") - 1
"""`sun`, `sat` and `wed` in small letters are words like any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day <= self.last


def span_asked(question: str, today: date) -> Span | None:
    """Return the days that a question names (`this week`, `tomorrow`, `in December`), or `None` when it names none."""
    low = question.lower()
    monday = today - timedelta(days=today.weekday())
    named = {
        "today": Span(first=today, last=today),
        "tonight": Span(first=today, last=today),
        "tomorrow": Span(first=today + timedelta(1), last=today + timedelta(1)),
        "yesterday": Span(first=today - timedelta(1), last=today - timedelta(1)),
        "this week": Span(first=monday, last=monday + timedelta(6)),
        "next week": Span(first=monday + timedelta(7), last=monday + timedelta(13)),
        "last week": Span(first=monday - timedelta(7), last=monday - timedelta(1)),
        "weekend": Span(first=monday + timedelta(5), last=monday + timedelta(6)),
        "this month": _month(today.year, today.month),
        "next month": _month(*_after(today.year, today.month)),
        "overdue": Span(first=date(1970, 1, 1), last=today - timedelta(1)),
        "this year": Span(first=date(today.year, 1, 1), last=date(today.year, 12, 31)),
    }
    for words, span in named.items():
        if re.search(rf"\b{words}\b", low):
            return span
    if month := _IN_MONTH.search(question):
        number = _MONTHS[month.group(1).lower()]
        year = int(month.group(2)) if month.group(2) else today.year + (number < today.month)
        return _month(year, number)
    days = days_in(question, today)
    return Span(first=min(days), last=max(days)) if days else None


def days_in(line: str, today: date) -> tuple[date, ...]:
    """Return the days that a line names; a weekday is the one of this week, a date without a year the nearest one."""
    exact = tuple(_dates(line, today))
    if exact:
        return exact
    monday = today - timedelta(days=today.weekday())
    return tuple(
        monday + timedelta(_DAYS[match.group(2).lower()] + (7 if match.group(1) else 0))
        for match in _WEEKDAY.finditer(line)
        if match.group(2)[0].isupper() or len(match.group(2)) > _SHORT_NAME
    )


def _dates(line: str, today: date) -> Iterator[date]:
    for year, month, day in _ISO.findall(line):
        yield from _real(int(year), int(month), int(day))
    for day, month, year in _DOTTED.findall(line):
        yield from _near(year, int(month), int(day), today)
    for day, month, year in _DAY_FIRST.findall(line):
        yield from _near(year, _MONTHS[month.lower()], int(day), today)
    for month, day, year in _MONTH_FIRST.findall(line):
        yield from _near(year, _MONTHS[month.lower()], int(day), today)


def _near(year: str, month: int, day: int, today: date) -> Iterator[date]:
    if year:
        yield from _real(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 - two digits of a year
        return
    for found in _real(today.year, month, day):
        yield from _real(today.year + 1, month, day) if today - found > _LONG_AGO else (found,)


def _real(year: int, month: int, day: int) -> tuple[date, ...]:
    try:
        return (date(year, month, day),)
    except ValueError:
        return ()


def _after(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004 - December


def _month(year: int, month: int) -> Span:
    first = date(year, month, 1)
    return Span(first=first, last=date(*_after(year, month), 1) - timedelta(1))
