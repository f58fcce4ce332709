"""Answer a question over given text by quoting the lines that fit, with their numbers; nothing is put into words.

Days first (a line that names a day in the asked stretch), then words in common, rare ones counting more. Deterministic:
the small built-in model picks wrong spans here (2 of 8 measured), so it is not asked.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from homarus.agent.dates import Span, days_in, span_asked
from homarus.agent.requests import key_words

MAX_QUOTES = 8
MAX_LINES = 20_000
LONG_LINE = 400
_ENOUGH = 0.34
_NEAR_BEST = 0.5
_DUE = re.compile(r"\b(?:due|deadlines?|overdue|by|until|before|expires?|submit|pay|fällig|bis)\b", re.IGNORECASE)
_ASKS_DUE = re.compile(r"\b(?:due|deadlines?|overdue|to ?do|upcoming|planned|happening|fällig)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_TIME_WORDS_TEXT = (
    "due deadline deadlines overdue today tonight tomorrow yesterday week month year weekend next last by "
    "until upcoming planned happening going todo list line lines text happen happens monday tuesday "
    "wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december does say says said some something else every there coming think "
)
_TIME_WORDS = frozenset(_TIME_WORDS_TEXT.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A text that a question is asked over."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A line that fits."""

    name: str
    line: int
    """Counted from one."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    name: str
    line: int
    text: str
    words: frozenset[str]


def quotes(question: str, given: Sequence[Given], today: date) -> tuple[Quote, ...]:
    """Return the lines that answer a question best, in the order of the text; none when no line fits."""
    units = _units(given)
    asked = span_asked(question, today)
    topic = {_stem(word) for word in key_words(question) if word.lower() not in _TIME_WORDS and not word.isdigit()}
    scores = _word_scores(units, topic)
    if asked or (_ASKS_DUE.search(question) and not topic):
        chosen = _by_day(units, scores, asked, today, has_topic=bool(topic))
    else:
        chosen = _by_words(units, scores)
    best = sorted(chosen, key=lambda index: (-scores[index], index))[:MAX_QUOTES]
    return tuple(Quote(name=units[i].name, line=units[i].line, text=units[i].text) for i in sorted(best))


def _by_day(
    units: Sequence[_Unit], scores: Sequence[float], asked: Span | None, today: date, *, has_topic: bool
) -> list[int]:
    """Return lines with a day that was asked for; without a named stretch, what is still to come or says `due`."""
    found: list[int] = []
    for index, unit in enumerate(units):
        days = days_in(unit.text, today)
        if asked:
            fits = any(day in asked for day in days)
        else:
            fits = any(day >= today for day in days) or bool(_DUE.search(unit.text))
        if fits:
            found.append(index)
    about = [index for index in found if scores[index] > 0]
    if about or not has_topic:
        return about or found
    return [] if _by_words(units, scores) else found


def _by_words(units: Sequence[_Unit], scores: Sequence[float]) -> list[int]:
    best = max(scores, default=0.0)
    if best < _ENOUGH:
        return []
    return [index for index, _unit in enumerate(units) if scores[index] >= max(_ENOUGH, best * _NEAR_BEST)]


def _word_scores(units: Sequence[_Unit], topic: set[str]) -> list[float]:
    """Return for each line the share of the question's words that it has, rare words weighing more."""
    if not topic:
        return [0.0] * len(units)
    seen = Counter(word for unit in units for word in unit.words & topic)
    weight = {word: math.log(2 + len(units) / (1 + seen[word])) for word in topic}
    whole = sum(weight.values())
    return [sum(weight[word] for word in unit.words & topic) / whole for unit in units]


def _units(given: Sequence[Given]) -> list[_Unit]:
    units: list[_Unit] = []
    for text in given:
        for number, line in enumerate(text.text.splitlines()[:MAX_LINES], start=1):
            pieces = _SENTENCE.split(line) if len(line) > LONG_LINE else [line]
            units += [
                _Unit(name=text.name, line=number, text=piece.strip()[:LONG_LINE], words=_words(piece))
                for piece in pieces
                if piece.strip()
            ]
    return units


def _words(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in re.findall(r"\w+(?:[-@.]\w+)*|\w", text) for word in _parts(word))


def _parts(word: str) -> list[str]:
    return [word, *re.split(r"[-@.]", word)] if re.search(r"[-@.]", word) else [word]


def _stem(word: str) -> str:
    """Return a word without its commonest English endings."""
    low = word.lower().removesuffix("'s")
    for ending in ("ies", "ing", "ed", "es", "s"):
        if low.endswith(ending) and len(low) - len(ending) > 2:  # noqa: PLR2004 - three letters are left
            return low[: -len(ending)] + ("y" if ending == "ies" else "")
    return low.removesuffix("e") if len(low) > 4 else low  # noqa: PLR2004 - `note` and `noting` meet
