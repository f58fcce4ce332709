"""Find the words of a request that say when, with the grammar that will read them, so that both always agree.

A time can also be part of what shall be said (`the 8pm show`, `for 5 minutes`, `open until 18:00`). A phrase counts as
the time of the request only when it stands like one; where that is not plain, nothing is guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from homarus.tools.when_grammar import Reading, Unclear, read_words
from homarus.tools.when_words import DAYS, FILLERS, MONTHS, PARTS, WEEKDAYS, any_of, folded

_LONGEST_WORDS = 12
_LONG_NAME = 6
_FULL_WEEKDAYS = {name: number for name, number in WEEKDAYS.items() if len(name) >= _LONG_NAME}
_BARE = re.compile(r"^\d{1,2}$")
_LEADS = r"(?:at|on|um|am|gegen|by|around|a las?|al|el|exactly|punkt)"
_PLAIN_CLOCK = re.compile(
    r"\d:\d\d|\d ?[ap]m\b|\d ?uhr\b|oclock|\b(?:noon|midday|midnight|mittags?|mitternacht|mediodia|medianoche)\b|"
    r"\b(?:past|after|to|before|nach|vor) \d|\bhalb \d|\d (?:y|menos) (?:media|cuarto|\d)"
)
_LED_HOUR = re.compile(r"\b(?:at|um|gegen|around|by|a las?|punkt|exactly) \d")
_LED_SPAN = re.compile(r"^(?:in|en|dentro de) |from now$")
_LED_DAY = re.compile(rf"^{_LEADS}\b|\b(?:this|next|coming|nachste[nrsm]?|kommende[nrsm]?|diese[nrsm]?|proxim[oa])\b")
_PLAIN_DAY = re.compile(
    r"\b(?:today|tomorrow|tmrw|tonight|heute|morgen|ubermorgen|uebermorgen|hoy|manana|esta (?:tarde|noche)|"
    r"end of (?:the )?day|eod|feierabend)\b|\d{4}-\d\d?-\d\d?|que viene|\d{1,2}\.\d{1,2}\.|"
    rf"{any_of(MONTHS)} \d|\d(?:st|nd|rd|th|\.)?(?: of| de)? {any_of(MONTHS)}|" + any_of(_FULL_WEEKDAYS)
)
_ARTICLE = re.compile(r"^(?:the|a|an|my|our|your|his|her|their)$")
_WITH_ARTICLE = re.compile(r"^(?:the|an|a(?! las? )) (?!day after)")
_RELATIVE = re.compile(
    r"^(?:before|after|until|till|from|between|since|past|bis|ab|vor|nach|von|zwischen|antes|despues|desde|entre|hasta|"
    r"within|during|over)$"
)
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)$")
_LINKS = re.compile(r"^(?:to|that|about|of|with|for|and|at|on|in|by|please|remind|tell|wake|let|an|daran|dass|que|de)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Some words that say when."""

    start: int
    end: int
    words: str
    is_sure: bool
    """Whether they stand like a time: `at 5`, `tomorrow`, `in 10 minutes`; `5 minutes` and `mon` alone do not."""
    is_part_of_text: bool
    """Whether they belong to something else: `the 8pm show`, `open until 18:00`, `on the 3rd floor`."""
    relative: str
    """The word before that makes another time of it: `before`, `until`."""
    names_day: bool
    names_clock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    start: int
    end: int
    text: str


def phrases(text: str) -> tuple[Phrase, ...]:
    """Return the phrases of a text that the grammar of times reads, the longest of each place, in their order."""
    words = [_Word(start=found.start(), end=found.end(), text=found.group()) for found in re.finditer(r"\S+", text)]
    found: list[Phrase] = []
    at = 0
    while at < len(words):
        until = _longest(words, at)
        if until is None:
            at += 1
            continue
        found.append(_phrase(words, at, until))
        at = until
    return tuple(found)


def reads(when: str) -> bool:
    """Whether words say one time as far as grammar goes."""
    return _read(when) is not None


def _longest(words: Sequence[_Word], at: int) -> int | None:
    """Return where the longest run of words ends that begins here and reads as a time."""
    if folded(words[at].text) in {"", "de", "de la", "der", "dem", "por"}:
        return None
    for until in range(min(len(words), at + _LONGEST_WORDS), at, -1):
        run = " ".join(word.text for word in words[at:until])
        reading = _read(run)
        if reading is None or _leads_on(words, at, until):
            continue
        if until < len(words) and _counts_something(words, at, until):
            continue
        return until
    return None


def _read(run: str) -> Reading | None:
    words = folded(run.strip("\"'()").rstrip(",:;.!?"))
    if not words or re.search(r"[\"<>{}\\|]", words):
        return None
    try:
        reading = read_words(words)
    except (Unclear, OverflowError, ValueError):
        return None
    if reading.span and (reading.day or reading.hour is not None or reading.part):
        return None
    if reading.part in {"noon", "midnight", "close"} and reading.hour not in (None, 12):
        return None
    says = reading.day or reading.weekday is not None or reading.hour is not None or reading.part or reading.span
    return reading if says else None


def _leads_on(words: Sequence[_Word], at: int, until: int) -> bool:
    """Whether the last word of a run belongs to what follows: `Friday at`; `8 a.m.` is whole."""
    last = folded(words[until - 1].text)
    is_half_of_day = last == "am" and until - at > 1 and folded(words[until - 2].text)[-1:].isdigit()
    return last in FILLERS and last not in {"exactly", "punkt", "sharp"} and not is_half_of_day


def _counts_something(words: Sequence[_Word], at: int, until: int) -> bool:
    """Whether the number at the end of a run belongs to what follows: `Tuesday 3 apples`."""
    last = words[until - 1].text
    if until - at < 2 or last.endswith((",", ":", ";")) or not _BARE.match(folded(last)):  # noqa: PLR2004 - a day and a number
        return False
    before = folded(words[until - 2].text)
    return before in WEEKDAYS or before in DAYS or before in PARTS


def _phrase(words: Sequence[_Word], at: int, until: int) -> Phrase:
    run = " ".join(word.text for word in words[at:until])
    reading = _read(run)
    assert reading is not None
    plain = folded(run)
    before = folded(words[at - 1].text) if at else ""
    after = words[until].text if until < len(words) else ""
    is_closed = words[until - 1].text.endswith((",", ":", ";", "."))
    is_followed = bool(after) and not is_closed and not _LINKS.match(folded(after))
    has_article = bool(_WITH_ARTICLE.match(plain) or _ARTICLE.match(before))
    end = words[until - 1].end - len(words[until - 1].text) + len(words[until - 1].text.rstrip(",:;.!?"))
    return Phrase(
        start=words[at].start,
        end=end,
        words=text_of(run),
        is_sure=_is_sure(plain, reading),
        is_part_of_text=(is_followed and (has_article or bool(_ORDINAL.search(plain)))) or folded(after) == "of",
        relative=words[at - 1].text if at and _RELATIVE.match(before) else "",
        names_day=reading.day is not None or reading.weekday is not None,
        names_clock=reading.hour is not None or bool(reading.part),
    )


def text_of(run: str) -> str:
    """Return the words of a run without the marks at its end."""
    return run.rstrip(",:;.!?")


def _is_sure(plain: str, reading: Reading) -> bool:
    if reading.is_span or reading.span:
        return bool(_LED_SPAN.search(plain))
    if reading.hour is not None and (_PLAIN_CLOCK.search(plain) or _LED_HOUR.search(plain)):
        return True
    if reading.hour is None and reading.part in {"noon", "midnight", "close"}:
        return True
    has_day = reading.day is not None or reading.weekday is not None
    return has_day and bool(_LED_DAY.search(plain) or _PLAIN_DAY.search(plain))
