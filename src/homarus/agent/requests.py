"""Read what a short request plainly says: an order to remind or to note, a time, a question. Rules, no model.

These rules stand before and after the small built-in model: an imperative needs no guess, a tool whose arguments are
not in the text is not offered, and what the model picked is checked against them. English first; the plainest orders
in German, Spanish and French as well.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from homarus.agent.times import WHEN, times, when_of
from homarus.domain.control_tokens import dropped

_I = re.IGNORECASE
_POLITE = (
    r"(?:(?:hey|hi|hello|ok(?:ay)?|please|pls|(?:can|could|would|will) you|i (?:want|need) you to|bitte|por favor)"
    r"[\s,]+)*"
)
_CALL_OFF = re.compile(
    rf"^\W*{_POLITE}(?:(?:cancel|delete|remove|clear|stop|undo|change|move|forget)\b"
    r".{0,40}\b(?:remind\w*|notes?|alarms?|timers?|memory)\b|"
    r"(?:don'?t|do not|never|stop) (?:remind|note|save|remember|ping|nudge|alert|notify|wake|write|store)\w*)",
    _I,
)
_REMIND = re.compile(
    r"\b(?:remind me|remember to|reminders?\b(?! (?:did|do|have))|be reminded|wake me|"
    r"set (?:an? |the )?(?:alarm|timer)|"
    r"(?:alarm|timer) (?:for|at|in)\b|"
    r"(?:ping|nudge|alert|notify) me|don'?t let me forget|erinner[en]? mich|recu[eé]rdame|rappelle[- ]moi)",
    _I,
)
_REMIND_WORDS = re.compile(
    rf"^\W*{_POLITE}(?:remind me|(?:set|add|create|make) (?:an? |the )?(?:new )?(?:reminder|alarm|timer)|reminder|"
    r"i (?:need|want|would like) to be reminded|i(?:'d| would) like a reminder|"
    r"(?:ping|nudge|alert|notify|message|text|tell) me|let me know|give me a (?:shout|call|nudge)|"
    r"don'?t let me forget|i must not forget|remember|erinner[en]? mich|recu[eé]rdame|rappelle[- ]moi)\b",
    _I,
)
_REMIND_END = re.compile(
    r"[\s,;.:-]*(?:(?:please )?(?:remind|tell|ping|wake|notify) me|let me know|please)[\s.!]*$", _I
)
_LINK = re.compile(r"^(?:[\s:,;\u2013-]+|(?:to|that|about|of|for|and|or|an|daran|dass|de|que)\b(?=[\s:,]))+", _I)

_NOTE = re.compile(
    rf"^\W*{_POLITE}(?:note(?: down)?(?: that)?\b|"
    r"(?:make|take|save|add|write|leave) (?:me )?(?:a )?(?:quick )?note\b(?: that| of)?|"
    r"write (?:this |that |it )?down(?: that)?|jot (?:this |it )?down(?: that)?|"
    r"(?:save|store|log|remember|keep) (?:this|that)(?: note)?(?: for later)?(?: that)?\b|"
    r"keep in mind(?: that)?|remember(?! to\b)\b|memori[sz]e(?: that)?|"
    r"add (?:this )?to (?:my |the |your )?(?:notes|memory)|for the record|don'?t forget that|"
    r"merk[e]? dir|notiere?|anota(?: que)?|apunta(?: que)?|note que)\s*[-:,\u2013]*\s*",
    _I,
)
_NOTE_END = re.compile(
    r"[\s,;.-]*(?:please )?(?:remember|keep|save|note|store|hold on to) (?:it|this|that)"
    r"(?: down| for me| for later)?[\s.!]*$|"
    r"[\s,;.-]*i(?:'ll| will)? need (?:it|this|that)(?: later| again)?[\s.!]*$",
    _I,
)
_RECALL = re.compile(
    r"\b(?:my|any|the|your) (?:notes?|memory|memories)\b|\bsearch (?:notes|memory)\b|"
    r"\bdid i (?:note|save|write|store|tell)|\bi (?:noted|saved|wrote down|told you|mentioned)\b|"
    r"\bhave i (?:told|noted)|^\W*recall\b|\bdo you remember\b",
    _I,
)
_TELL = re.compile(r"\b(?:tell|message|text|let) me\b|\bgive me a (?:shout|nudge|call)\b", _I)
_MINE = re.compile(r"^\W*(?:and )?(?:what|whats|where|when|who|whose|which)\b.*\b(?:my|our|mine|ours)\b", _I)
_ABOUT_YOU = re.compile(r"^\W*(?:who are you|what are you|what can you do|what do you do|help)\W*$", _I)
_FILES = re.compile(r"\b(?:files?|folders?|documents?|workspace|director(?:y|ies))\b", _I)
_LOOK = re.compile(r"\b(?:find|search|look|which|what|where|list|show)\b", _I)
_QUESTION = re.compile(
    r"^\W*(?:what|whats|where|when|who|whose|which|how|did|does|do|is|are|was|were|why|can|should|would|will|"
    r"wie|wo|wann|wer|was|qu[eé]|cu[aá]l|d[oó]nde|cu[aá]ndo|qui[eé]n|où|quand|qui)\b|\?\W*$",
    _I,
)
_STOP_WORDS_TEXT = (
    "a about again an and any anything are at be can could did do does down file files find folder for "
    "from get give had has have i in into is it its know like look me memory mention mentions my need "
    "note noted notes of on our out please recall remember save saved search show so tell that the them "
    "there these this those told to up us was we were what when where which who whose why will with "
    "workspace write wrote you your document documents s "
)
_STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())
MAX_CHARS = 1200
_BEGINNING = 400
"""Where an order stands, if there is one."""
_FEWEST_WORDS = 4
"""Less than that is hardly a fact to note."""


class Order(StrEnum):
    """What a request asks the house to do."""

    REMIND = "remind"
    NOTE = "note"
    RECALL = "recall"
    FILES = "files"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """What to say, and when, in the person's own words; either can be empty."""

    text: str
    when: str
    is_bare: bool = False
    """Whether nothing is to be said: the text is only the order itself."""


def cleaned(text: str) -> str:
    """Return the request as one line, without control tokens of chat templates."""
    return " ".join(dropped(text).split())


def plain_order(text: str) -> Order | None:
    """Return what an imperative plainly orders; `None` when that takes a guess."""
    if _ABOUT_YOU.match(text) or _CALL_OFF.match(text):
        return Order.OTHER
    if _is_reminder(text[:_BEGINNING]):
        return Order.REMIND
    if _NOTE.match(text) or (_NOTE_END.search(text[-_BEGINNING:]) and not _QUESTION.search(text)):
        return Order.NOTE
    if _RECALL.search(text[:_BEGINNING]):
        return Order.RECALL
    if _FILES.search(text[:_BEGINNING]) and _LOOK.search(text[:_BEGINNING]):
        return Order.FILES
    return Order.RECALL if _MINE.match(text) else None


def _is_reminder(text: str) -> bool:
    if _RECALL.search(text):
        return False
    return bool(_REMIND.search(text) or (_TELL.search(text) and times(text) and not _QUESTION.search(text)))


def possible_orders(text: str) -> tuple[Order, ...]:
    """Return what a request can be by its form, the plainest orders apart.

    A reminder needs a time, a look-up a question, a note a statement of some words.
    """
    if not 1 < len(text) <= MAX_CHARS or not any(letter.isalpha() for letter in text):
        return (Order.OTHER,)
    if _QUESTION.search(text):
        return (Order.RECALL, Order.OTHER)
    words = len(text.split())
    timed = (Order.REMIND,) if times(text) else ()
    return (*timed, *((Order.NOTE,) if words >= _FEWEST_WORDS else ()), Order.OTHER)


def reminding(text: str) -> Reminding:
    """Return what is left to say when the order and the time are taken out of a request."""
    when = when_of(text)
    rest = WHEN.sub(" ", text)
    rest = _REMIND_END.sub("", _REMIND_WORDS.sub("", " ".join(rest.split())))
    rest = _LINK.sub("", rest.strip())
    rest = re.sub(r"\s+([,.;:!?])", r"\1", rest).strip(" ,;:.!?-")
    rest = re.sub(r"^(?:i must not forget|i have to|i need to)\s+", "", rest, flags=_I)
    rest = re.sub(r"^(?:to|that|about|of|for|and|or)$", "", rest, flags=_I)
    command = " ".join(WHEN.sub(" ", text).split()).strip(" ,.!?")
    left = rest or re.sub(r"\s+(?:for|at|in)$", "", command)
    return Reminding(text=left, when=when, is_bare=not rest or (left == command and _is_reminder(left)))


def noted(text: str) -> str:
    """Return what a note shall hold: the request without the order; empty when nothing is left."""
    rest = _NOTE.sub("", text, count=1)
    rest = re.sub(r"^that\s+", "", _NOTE_END.sub("", rest), flags=_I)
    return rest.strip(" ,;:-?!.") and rest.strip(" ,;:-")


def key_words(text: str) -> tuple[str, ...]:
    """Return the words of a question that can be looked for, in their order, each once."""
    words = re.findall(r"[\w@.+-]*\w", text)
    return tuple(
        dict.fromkeys(word for word in words if word.lower().split("'")[0] not in _STOP_WORDS and len(word) > 1)
    )
