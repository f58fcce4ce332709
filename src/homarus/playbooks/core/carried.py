"""What figures a fact carries, and whether a figure in prose is one of them, by stated rules of rounding.

A number may be rounded where it is written: by half of its last digit, and by no more than a twentieth of its value.
With `about` its zeros at the end may be rounding, too; with `over` or `almost` the value must lie on that side. `0` is
only zero. A percentage may stand for a share (12 % for 0.12). A minus is written, or said (`fell by 5`).
"""

import re
from functools import cached_property

from homarus.domain.findings import Fact
from homarus.playbooks.core.figures import UNITS, Figure, FigureKind, figures_in
from homarus.playbooks.core.fitting import words_of
from homarus.playbooks.core.quoting import plain

FURTHEST = 0.05
"""Of a value: how far rounding may go."""
_UNIT_NAMES = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in UNITS.items()}
_SHARE = re.compile(
    r"rate|share|percent|pct|ratio|quote|anteil|ctr|conversion|margin|marge|growth|change", re.IGNORECASE
)
_CHANGE = re.compile(
    r"change|delta|diff|growth|wow|yoy|mom|increase|decrease|veränderung|wachstum|rise|drop|sav(?:ed|ing)|gain|loss|reduction",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:fell|fall(?:s|en|ing)?|drop\w*|declin\w*|decreas\w*|down|lost|los(?:e|es|ing|s)|less|lower|minus|below|shrank|shr[iu]nk\w*|"
    r"sank|sunk|negative|under|reduc\w*|cut|worse|gesunken|sank|sinkt|gefallen|fiel\w*|rückgang\w*|weniger|verlust\w*|"
    r"niedriger|unter|abgenommen|reduziert\w*|verlor\w*|verloren|gesenkt|minus)\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\b(?:rose|ris(?:e|es|en|ing)|grew|grow\w*|increas\w*|up|gain\w*|more|higher|plus|climb\w*|jump\w*|improv\w*|above|"
    r"gestiegen|stieg\w*|steigt|gewachsen|wuchs\w*|zunahme|mehr|höher|zugelegt|anstieg\w*|gewonnen)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:about|around|roughly|approximately|approx\.?|some|circa|ca\.?|rund|etwa|ungefähr|~|≈)\s*$", re.IGNORECASE
)
_OVER = re.compile(r"(?:over|more than|above|at least|exceed\w*|über|mehr als|mindestens|gut)\s*$", re.IGNORECASE)
_UNDER = re.compile(
    r"(?:under|less than|below|almost|nearly|fast|knapp|weniger als|unter|beinahe|up to|bis zu)\s*$", re.IGNORECASE
)
LEAST = 3
_PER = re.compile(
    r"\s*(?:per|pro|je|an?(?=\s+(?:hour|day|week|month|year)\b)|/)\s*(?P<what>[^\W\d_]{2,})", re.IGNORECASE
)
_MORE = re.compile(
    r"\s*(?:lower|higher|more|less|fewer|cheaper|dearer|weniger|mehr|höher|niedriger|günstiger|teurer)\b", re.IGNORECASE
)
_BY = re.compile(r"\b(?:by|um)\s*(?:about|around|etwa|rund|ca\.)?\s*$", re.IGNORECASE)
_MINUS = re.compile(r"\b(?:minus|negative|negativ\w*)\s*(?:€|\$|£|EUR|USD)?\s*$", re.IGNORECASE)
_ROWS = re.compile(r"\b(?:rows?|records?|lines?|entries|samples?|zeilen?|datensätze\w*|einträge\w*)\b", re.IGNORECASE)


class Place:
    """A figure in its sentence; what the words around it say is worked out once, for all facts."""

    def __init__(self, *, figure: Figure, sentence: str) -> None:
        """Stand at a figure."""
        self.figure = figure
        self.sentence = sentence

    @cached_property
    def before(self) -> str:
        """The words before it."""
        return self.sentence[: self.figure.start]

    @cached_property
    def after(self) -> str:
        """The words after it."""
        return self.sentence[self.figure.end :]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the sentence that say something."""
        return words_of(self.sentence)

    @cached_property
    def per(self) -> str:
        """How the word begins that it is a rate by: `per order`."""
        per = _PER.match(self.after)
        return per.group("what")[:LEAST].lower() if per is not None else ""

    @cached_property
    def is_down(self) -> bool:
        """Whether the sentence says that something fell."""
        return _DOWN.search(self.sentence) is not None

    @cached_property
    def is_up(self) -> bool:
        """Whether the sentence says that something rose."""
        return _UP.search(self.sentence) is not None

    @cached_property
    def is_movement(self) -> bool:
        """Whether it is by how much something rose or fell."""
        is_difference = _MORE.match(self.after) is not None or _BY.search(self.before) is not None
        return is_difference and (self.is_down or self.is_up)

    @cached_property
    def is_minus(self) -> bool:
        """Whether it is said to be below zero."""
        return _MINUS.search(self.before) is not None

    @cached_property
    def is_rows(self) -> bool:
        """Whether it counts rows."""
        return _ROWS.match(self.after.lstrip()) is not None

    @cached_property
    def side(self) -> str:
        """On which side of it the value is said to lie: `over`, `under`, `about`; empty when nothing is said."""
        sides = (("over", _OVER), ("under", _UNDER), ("about", _ABOUT))
        return next((name for name, pattern in sides if pattern.search(self.before)), "")


class Carried:
    """A fact and everything that may be printed because of it."""

    def __init__(self, fact: Fact) -> None:
        """Keep the fact; what it carries is worked out when it is first asked."""
        self.fact = fact

    @cached_property
    def unit(self) -> str:
        """The fact's unit as figures have it; its own word where no figure has such a one."""
        for name, pattern in _UNIT_NAMES.items():
            if self.fact.unit == name or pattern.fullmatch(self.fact.unit):
                return name
        return self.fact.unit

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """The value and the ends of its interval."""
        value = self.fact.value
        if isinstance(value, bool | str):
            return ()
        ends = (self.fact.grounds.low, self.fact.grounds.high)
        return (float(value), *(end for end in ends if end is not None))

    @cached_property
    def within(self) -> tuple[Figure, ...]:
        """The figures in a value of words."""
        return tuple(figures_in(self.fact.value)) if isinstance(self.fact.value, str) else ()

    @cached_property
    def words(self) -> str:
        """Everything that the fact says, for names and years."""
        fact = self.fact
        return f"{fact.name} {fact.value} {fact.unit} {fact.grounds.how} {fact.grounds.source}"

    @cached_property
    def _words_low(self) -> str:
        """The same in small letters."""
        return self.words.lower()

    @cached_property
    def name_words(self) -> frozenset[str]:
        """The words that a sentence must have some of, to speak of it."""
        return words_of(f"{self.fact.name} {self.fact.unit}")

    @cached_property
    def _is_share(self) -> bool:
        """Whether its name says that it is a share of something."""
        return _SHARE.search(self.fact.name) is not None

    @cached_property
    def _is_change(self) -> bool:
        """Whether its name says that it is a change."""
        return _CHANGE.search(self.fact.name) is not None

    @cached_property
    def quotable(self) -> tuple[str, ...]:
        """What may be quoted of it, as quotations are compared: its value, its grounds, its name."""
        return tuple(plain(part) for part in (str(self.fact.value), self.fact.grounds.how, self.fact.name))

    @cached_property
    def spoken(self) -> str:
        """Everything that it says, for addresses and names."""
        return " ".join((*self.quotable, self.fact.grounds.source, self.fact.unit)).lower()

    @cached_property
    def dates(self) -> tuple[Figure, ...]:
        """The dates, years and times in its name and its value."""
        name = re.sub(r"(?<=\d)_(?=\d)", "-", self.fact.name).replace("_", " ")
        kinds = (FigureKind.DATE, FigureKind.TIME, FigureKind.YEAR)
        return tuple(one for one in (*figures_in(name), *self.within) if one.kind in kinds)

    def carries(self, place: Place) -> bool:
        """Say whether the figure may stand there because of this fact."""
        figure = place.figure
        if figure.kind in (FigureKind.DATE, FigureKind.TIME):
            return any(same_time(figure, one) for one in self.within)
        if figure.kind is FigureKind.NAME:
            return figure.text.lower() in self._words_low
        if not self._is_spoken_of_alike(place):
            return False
        if any(_is_same(figure, one) for one in self.within):
            return True
        if self.fact.grounds.rows is not None and place.is_rows and float(self.fact.grounds.rows) in figure.values:
            return True
        return any(
            self._is_value(place, value, step, number)
            for value, step in zip(figure.values, figure.steps, strict=False)
            for number in self.numbers
        )

    def _is_spoken_of_alike(self, place: Place) -> bool:
        """Say whether the words beside the figure make nothing else of it: a rate, or a difference."""
        if place.per and place.per not in self._words_low:
            return False
        return not place.is_movement or self._is_change

    def _is_value(self, place: Place, value: float, step: float, number: float) -> bool:
        figure = place.figure
        if figure.kind is FigureKind.RATIO:
            return self._is_ratio(value, step, number)
        if not self._fits_unit(figure, number):
            return False
        if figure.unit in ("%", "pp") and self.unit not in ("%", "pp", "‰"):
            number *= 100 if abs(number) <= 1 or self.unit in ("share", "ratio") else 1
        return self._has_sign(place, number) and _is_rounded(place, abs(value), step, abs(number))

    def _fits_unit(self, figure: Figure, number: float) -> bool:
        if not figure.unit or figure.unit == self.unit:
            return True
        if figure.unit == "pp":
            return self.unit == "%" and self._is_change
        if figure.unit == "%":
            return self.unit in ("", "share", "ratio") and (abs(number) <= 1 or self._is_share)
        pattern = _UNIT_NAMES.get(figure.unit)
        return (
            not self.unit
            and pattern is not None
            and any(pattern.fullmatch(word) for word in re.split(r"[\W_]+", self.fact.name))
        )

    def _is_ratio(self, value: float, step: float, number: float) -> bool:
        if self.unit in ("%", "share"):
            share = number / 100 if self.unit == "%" else number
            grown = 1 + share if self._is_change else share
            return abs(grown - value) <= FURTHEST * value
        if self.unit not in ("", "x", "ratio"):
            return False
        return abs(number - value) <= max(
            min(step / 2, FURTHEST * abs(number)), 0.05 * value if value in (2, 3, 0.5) else 0
        )

    def _has_sign(self, place: Place, number: float) -> bool:
        figure = place.figure
        if figure.sign or place.is_minus:
            return number * (figure.sign or -1) >= 0
        if number < 0:
            return place.is_down
        return not (self._is_change and place.is_down and not place.is_up and number > 0)


def ratio_of_two(figure: Figure, facts: list[Carried]) -> bool:
    """Say whether a ratio is the one of two of these facts, in the same unit, the later by the earlier."""
    pairs = ((a, b) for a in facts for b in facts if a is not b and a.unit == b.unit)
    numbers = ((a.numbers[0], b.numbers[0]) for a, b in pairs if a.numbers and b.numbers)
    return any(
        a != 0 and b / a > 0 and abs(b / a - value) <= FURTHEST * value for a, b in numbers for value in figure.values
    )


def same_time(one: Figure, other: Figure) -> bool:
    """Say whether two dates or times are the same, as far as both say."""
    if one.kind is FigureKind.YEAR and other.kind is FigureKind.DATE:
        return int(one.values[0]) == other.date[0]
    if one.kind is FigureKind.DATE and other.kind is FigureKind.YEAR:
        return one.date[0] == int(other.values[0]) and not any(one.date[1:])
    if one.kind is not other.kind:
        return False
    if one.kind is FigureKind.YEAR:
        return one.values == other.values
    if one.kind is FigureKind.TIME:
        return one.date[:2] == other.date[:2]
    both = [(a, b) for a, b in zip(one.date, other.date, strict=True) if a and b]
    return bool(both) and all(a == b for a, b in both) and (one.date[2] == 0 or other.date[2] == one.date[2])


def _is_same(one: Figure, other: Figure) -> bool:
    """Say whether a figure is one that stands in a value of words; its unit may be left out, not changed."""
    if one.kind is FigureKind.YEAR and other.kind is FigureKind.DATE:
        return int(one.values[0]) == other.date[0]
    is_unit = not one.unit or one.unit == other.unit
    return is_unit and bool(set(one.values) & set(other.values)) and other.kind is not FigureKind.NAME


def _is_rounded(place: Place, value: float, step: float, number: float) -> bool:
    if value == number:
        return True
    if value == 0 or number == 0:
        return False
    if place.side == "over":
        return 0 <= number - value <= _last_digit(value, step)
    if place.side == "under":
        return 0 <= value - number <= _last_digit(value, step)
    furthest = FURTHEST
    if place.side == "about":
        step, furthest = _last_digit(value, step), 2 * FURTHEST
    return abs(value - number) <= min(step / 2 * (1 + 1e-9), furthest * number)


def _last_digit(value: float, step: float) -> float:
    """Return what one more in the last digit that is not zero is worth."""
    while value % (step * 10) == 0 and step < value:
        step *= 10
    return step
