"""The grammar of times that come again: read words into what they say about a rhythm, days and clock times.

As with single times (`tools.when_grammar`), phrases are tried in order, each consumes what it understands, and a word
that nobody understands is a question back: a job at a wrong time is worse than one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from homarus.tools.when_grammar import Unclear
from homarus.tools.when_words import MONTHS, PART_HOURS, PARTS, UNITS, WEEKDAYS, any_of

_NOON = 12
_DAY_H = 24
_LAST = "L"
_ORDINALS = {
    word: number
    for number, words in enumerate(
        ("first 1st 1. ersten erste erster", "second 2nd 2. zweiten zweite", "third 3rd 3. dritten dritte",
         "fourth 4th 4. vierten vierte"),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_LASTS = "last|letzten|letzter|letzte|ultimo"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class At:
    """A time on the clock."""

    hour: int
    minute: int


@dataclass(slots=True)
class Rhythm:
    """What the words have said so far."""

    count: int = 0
    """Of `every 2 weeks`: 2; 0 when no rhythm was named."""
    unit: str = ""
    """`minutes`, `hours`, `days`, `weeks`, `months` or `years`."""
    weekdays: set[int] = field(default_factory=set[int])
    """Monday is 0."""
    without: set[int] = field(default_factory=set[int])
    days: set[str] = field(default_factory=set[str])
    """Of the month: `1` to `31`, `L` for the last one."""
    nth: set[str] = field(default_factory=set[str])
    """As cron has it: `1#2` is the second Monday, `L5` the last Friday."""
    months: set[int] = field(default_factory=set[int])
    times: list[At] = field(default_factory=list[At])
    part: str = ""
    begin: At | None = None
    """Of `between 9 and 17`."""
    end: At | None = None
    past: int | None = None
    """Of `every hour at :15`."""

    def set_rhythm(self, count: int, unit: str) -> None:
        """Keep the rhythm; there is only one."""
        if not count:
            raise Unclear("has a rhythm of zero")
        if self.unit and (self.count, self.unit) != (count, unit):
            raise Unclear("names two rhythms")
        self.count, self.unit = count, unit

    def add_time(self, at: At) -> None:
        """Keep a time on the clock, once."""
        if at not in self.times:
            self.times.append(at)


def _clock(found: re.Match[str], prefix: str = "") -> At:
    hour, minute = int(found[f"{prefix}hour"]), int(found[f"{prefix}minute"] or 0)
    half = found[f"{prefix}half"]
    if half and not 1 <= hour <= _NOON:
        raise Unclear("has a time that no clock shows")
    if half:
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    if hour > _DAY_H or minute > 59 or (hour == _DAY_H and minute):  # noqa: PLR2004 - minutes of an hour
        raise Unclear("has a time that no clock shows")
    return At(hour=hour % _DAY_H, minute=minute)


def _time(rhythm: Rhythm, found: re.Match[str]) -> None:
    rhythm.add_time(_clock(found))


def _named_time(rhythm: Rhythm, found: re.Match[str]) -> None:
    is_midnight = found["named"] in {"midnight", "mitternacht", "medianoche"}
    rhythm.add_time(At(hour=0 if is_midnight else _NOON, minute=0))


def _between(rhythm: Rhythm, found: re.Match[str]) -> None:
    if rhythm.begin is not None:
        raise Unclear("names two spans of the day")
    rhythm.begin, rhythm.end = _clock(found, "b_"), _clock(found, "e_")


def _counted(rhythm: Rhythm, found: re.Match[str]) -> None:
    rhythm.set_rhythm(int(found["count"]), UNITS[found["unit"]])


def _single(rhythm: Rhythm, found: re.Match[str]) -> None:
    rhythm.set_rhythm(1, UNITS[found["unit"]])


def _other(rhythm: Rhythm, found: re.Match[str]) -> None:
    if found["unit"]:
        rhythm.set_rhythm(2, UNITS[found["unit"]])
    else:
        rhythm.set_rhythm(2, "weeks")
        rhythm.weekdays.add(WEEKDAYS[found["day"]])


def _fixed(count: int, unit: str) -> Callable[[Rhythm, re.Match[str]], None]:
    return lambda rhythm, _found: rhythm.set_rhythm(count, unit)


def _days(*days: int) -> Callable[[Rhythm, re.Match[str]], None]:
    return lambda rhythm, _found: rhythm.weekdays.update(days)


def _weekday(rhythm: Rhythm, found: re.Match[str]) -> None:
    rhythm.weekdays.add(WEEKDAYS[found["day"]])


def _weekday_range(rhythm: Rhythm, found: re.Match[str]) -> None:
    first, last = WEEKDAYS[found["first"]], WEEKDAYS[found["last"]]
    rhythm.weekdays.update((first + step) % 7 for step in range((last - first) % 7 + 1))


def _except(rhythm: Rhythm, found: re.Match[str]) -> None:
    if found["day"]:
        rhythm.without.add(WEEKDAYS[found["day"]])
    else:
        rhythm.without.update((5, 6))


def _nth(rhythm: Rhythm, found: re.Match[str]) -> None:
    number = (WEEKDAYS[found["day"]] + 1) % 7
    rhythm.nth.add(f"L{number}" if found["last"] else f"{number}#{_ORDINALS[found['nth']]}")


def _month_day(rhythm: Rhythm, found: re.Match[str]) -> None:
    named = found["days"]
    for word in re.findall(rf"{_LASTS}|{any_of(_ORDINALS)}|\d{{1,2}}", named):
        if word in _ORDINALS:
            day = _ORDINALS[word]
        elif word.isdigit():
            day = int(word)
        else:
            rhythm.days.add(_LAST)
            continue
        if not 1 <= day <= 31:  # noqa: PLR2004 - days of a month
            raise Unclear("names a day that no month has")
        rhythm.days.add(str(day))


def _date(rhythm: Rhythm, found: re.Match[str]) -> None:
    _month_day(rhythm, found)
    rhythm.months.add(MONTHS[found["month"]])


def _month(rhythm: Rhythm, found: re.Match[str]) -> None:
    rhythm.months.add(MONTHS[found["month"]])


def _part(rhythm: Rhythm, found: re.Match[str]) -> None:
    part = PARTS[found["part"]]
    if rhythm.part not in ("", part):
        raise Unclear("names two times of day")
    rhythm.part = part


def _german_part(rhythm: Rhythm, found: re.Match[str]) -> None:
    """Read `jeden Morgen`, which is no tomorrow, and `jede Nacht`."""
    rhythm.part = "morning" if found["german"] == "morgen" else "night"


def _past(rhythm: Rhythm, found: re.Match[str]) -> None:
    rhythm.past = int(found["past"])
    if rhythm.past > 59:  # noqa: PLR2004 - minutes of an hour
        raise Unclear("has a minute that no clock shows")


def _filler(_rhythm: Rhythm, _found: re.Match[str]) -> None:
    return None


_U = any_of(UNITS)
_DAY = rf"(?P<day>{any_of(WEEKDAYS).removesuffix('(?![a-z])')})s?(?![a-z])"
_EVERY = r"(?:every|each|jede[nrsm]?|alle|cada|todos los|todas las)(?![a-z])"
_CLOCK = (
    r"(?P<{0}hour>\d{{1,2}})(?:[:.](?P<{0}minute>\d{{2}}))? ?(?P<{0}half>[ap]m)?(?: ?(?:uhr|oclock|h))?(?![a-z\d:.])"
)
_OF_MONTH = (
    r"(?: ?(?:of|in|des|im|del|de)(?: (?:the|every|each|jede[nsm]?|cada|el|1))?(?: (?:month|monats?|mes))(?![a-z]))"
)
_ORDINAL = rf"(?:\d{{1,2}}(?:st|nd|rd|th|\.)|{any_of(_ORDINALS)}|{_LASTS})"
_ORDINALS_LIST = rf"(?P<days>{_ORDINAL}(?:(?: (?:and|und|y))?(?: the| den| am)? {_ORDINAL})*)"
_BETWEEN = (
    rf"(?:between|from|zwischen|von|de|entre)(?: the)? {_CLOCK.format('b_')} ?(?:and|to|until|till|und|bis|y|a|-)"
    rf" ?{_CLOCK.format('e_')}"
)
_ON_DATE = rf"(?:on )?(?:the |am |den )?{_ORDINALS_LIST}(?: (?:day|tag))?(?: of| de)? ?(?P<month>{any_of(MONTHS)})"
_WORKDAYS = (
    rf"(?:(?:(?:on|an|of|de) )?{_EVERY} )?(?:weekdays?|week days?|workdays?|working days?|business days?|werktags?"
    r"|werktagen?|wochentags?|arbeitstags?|arbeitstage?n?)(?![a-z])"
)
_WEEKDAYS_TO = (
    rf"(?:(?:on|am) )?(?:the |{_EVERY} )?(?P<first>{any_of(WEEKDAYS)}) ?(?:to|through|until|till|bis|a|-) ?"
    rf"(?P<last>{any_of(WEEKDAYS)})"
)
_FILLERS = r"(?:at|on|um|am|an|the|and|und|y|a|las|los|el|la|den|dem|der|exactly|punkt|sharp|please|bitte)(?![a-z])"
_RULES: tuple[tuple[str, Callable[[Rhythm, re.Match[str]], None]], ...] = (
    (_BETWEEN, _between),
    (
        rf"(?:except|but not|not|ausser|nicht)(?: on| am| an)?(?: the)? (?:(?:weekends?|wochenenden?)|{_DAY})",
        _except,
    ),
    (
        rf"(?:on )?(?:the |am |{_EVERY} |jedem )?(?:(?P<last>{_LASTS})|(?P<nth>{any_of(_ORDINALS)})) {_DAY}{_OF_MONTH}",
        _nth,
    ),
    (rf"(?:on |am )?the (?:(?P<last>{_LASTS})|(?P<nth>{any_of(_ORDINALS)})) {_DAY}", _nth),
    (_ON_DATE, _date),
    (rf"(?:on )?(?:the )?(?P<days>\d{{1,2}})\.? (?P<month>{any_of(MONTHS)})", _date),
    (rf"(?:on |{_EVERY} )?(?P<month>{any_of(MONTHS)}) (?:the )?(?P<days>\d{{1,2}}(?:st|nd|rd|th)?)(?![\d:.])", _date),
    (rf"(?:on |an )?(?:the |am |jede[nm] )?{_ORDINALS_LIST}(?: (?:day|tag))?{_OF_MONTH}", _month_day),
    (rf"(?:{_EVERY} )?(?:other|second|2nd|zweite[nrs]?|2\.) (?:(?P<unit>{_U})|{_DAY})", _other),
    (rf"{_EVERY} (?:half(?: an| a)? hour|1?/2 hour|halbe stunde|media hora)", _fixed(30, "minutes")),
    (rf"{_EVERY} (?:quarter(?: of an)? hour|viertelstunde|cuarto de hora)", _fixed(15, "minutes")),
    (rf"{_EVERY} (?P<count>\d+) ?(?P<unit>{_U})", _counted),
    (_WORKDAYS, _days(0, 1, 2, 3, 4)),
    (rf"(?:{_EVERY} )?(?:weekends?|wochenenden?)(?![a-z])", _days(5, 6)),
    (_WEEKDAYS_TO, _weekday_range),
    (rf"(?:(?:on|am|and|und|y) )?(?:{_EVERY} )?{_DAY}", _weekday),
    (rf"{_EVERY} (?P<part>{any_of(PARTS)})", _part),
    (rf"{_EVERY} (?P<german>morgen|nacht)(?![a-z])", _german_part),
    (rf"{_EVERY} (?P<unit>{_U})", _single),
    (r"(?:daily|taglich|diariamente|a diario)(?![a-z])", _fixed(1, "days")),
    (r"(?:hourly|stundlich)(?![a-z])", _fixed(1, "hours")),
    (r"(?:weekly|wochentlich|semanalmente)(?![a-z])", _fixed(1, "weeks")),
    (r"(?:biweekly|fortnightly|zweiwochentlich)(?![a-z])", _fixed(2, "weeks")),
    (r"(?:monthly|monatlich|mensualmente)(?![a-z])", _fixed(1, "months")),
    (r"(?:quarterly|vierteljahrlich)(?![a-z])", _fixed(3, "months")),
    (r"(?:yearly|annually|jahrlich|anualmente)(?![a-z])", _fixed(1, "years")),
    (rf"(?:on )?(?:the |am |den ){_ORDINALS_LIST}(?! ?(?:uhr|\d))", _month_day),
    (rf"(?:in |im )(?P<month>{any_of(MONTHS)})", _month),
    (rf"(?:and |und |y )(?P<month>{any_of(MONTHS)})", _month),
    (r"(?:at )?:(?P<past>\d{2})(?!\d)", _past),
    (r"(?:at )?(?:minute )?(?P<past>\d{1,2}) (?:minutes )?past(?: the)?(?: hour)?(?![a-z\d])", _past),
    (r"(?:at )?minute (?P<past>\d{1,2})(?!\d)", _past),
    (r"(?:at |um )?(?P<named>noon|midday|midnight|mittags?|mitternacht|mediodia|medianoche)(?![a-z])", _named_time),
    (rf"(?P<part>{any_of(PARTS)})", _part),
    (rf"(?:at |um |by |a las? |gegen )?(?:and |und |y )?{_CLOCK.format('')}", _time),
    (_FILLERS, _filler),
)
_FIRST_HOURS_OF_NIGHT = 6


def read_rhythm(words: str) -> Rhythm:
    """Return what the folded words say.

    Raises:
        Unclear: when a word is not understood, or they say two things.
    """
    rhythm = Rhythm()
    rest = words
    while rest:
        for pattern, apply in _RULES:
            found = re.match(pattern, rest)
            if found is not None and found.group():
                apply(rhythm, found)
                rest = rest[found.end() :].lstrip()
                break
        else:
            odd = re.sub(rf"^{_EVERY} ", "", rest).split()[0]
            raise Unclear(f"has {odd!r} in it, which is not understood")
    _settle(rhythm)
    return rhythm


def _settle(rhythm: Rhythm) -> None:
    """Bring hours into the time of day that was named, and take out days that were excepted."""
    if rhythm.part and not rhythm.times:
        rhythm.times = [At(hour=PART_HOURS[rhythm.part], minute=0)]
    elif rhythm.part:
        rhythm.times = [At(hour=_in_part(at.hour, rhythm.part), minute=at.minute) for at in rhythm.times]
    rhythm.times.sort()
    if rhythm.without:
        rhythm.weekdays = (rhythm.weekdays or set(range(7))) - rhythm.without
        if not rhythm.weekdays:
            raise Unclear("leaves no day of the week")


def _in_part(hour: int, part: str) -> int:
    if hour >= _NOON or part in {"morning", "noon", "midnight"}:
        return hour
    if part == "night" and hour < _FIRST_HOURS_OF_NIGHT:
        return hour
    return hour + _NOON
