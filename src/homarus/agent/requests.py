"""Read what a short request plainly says: an order to remind or to note, a time, a question. Rules, no model.

These rules stand before and after the small built-in model: an imperative needs no guess, a tool whose arguments are
not in the text is not offered, and what the model picked is checked against them. English first; the plainest orders
in German, Spanish and French as well.
"""

import re
from enum import StrEnum

from homarus.agent.alarms import POLITE, is_foreign
from homarus.agent.times import times
from homarus.domain.control_tokens import dropped

_I = re.IGNORECASE
_CALL_OFF = re.compile(
    rf"^\W*{POLITE}(?:(?:cancel|delete|remove|clear|stop|undo|change|move|forget)\b"
    r".{0,40}\b(?:remind\w*|notes?|alarms?|timers?|memory)\b|"
    r"(?:don'?t|do not|never|stop) (?:remind|note|save|remember|ping|nudge|alert|notify|wake|write|store)\w*)",
    _I,
)
_REMIND = re.compile(
    r"\b(?:remind me|remember to|reminders?\b(?! (?:did|do|have))|be reminded|wake me|"
    r"set (?:an? |the )?(?:alarm|timer)|"
    r"(?:alarm|timer) (?:for|at|in)\b|"
    r"(?:ping|nudge|alert|notify) me|don'?t let me forget|erinner[en]? mich|recu[eé]rdame|weck[e]? mich|"
    r"(?:kannst|könntest|würdest) du mich\b.*\b(?:erinnern|wecken)|despi[eé]rtame|av[ií]same|"
    r"pon(?:me)? (?:una alarma|un temporizador)|stell[e]? (?:mir )?(?:einen |den )?(?:wecker|timer))",
    _I,
)
_REMIND_FIRST = re.compile(
    rf"^\W*{POLITE}(?:(?:remind|ping|nudge|alert|notify|wake) me|"
    r"(?:set|start|make) (?:me )?an? (?:[\w-]+ ){0,2}(?:reminder|timer|alarm))\b",
    _I,
)
_CANCEL = re.compile(
    rf"^\W*{POLITE}(?:cancel|delete|remove|clear|drop|forget|turn off|switch off|stop|lösche?|storniere?|cancela|borra|"
    r"elimina)\b.{0,60}\b(?:reminders?|alarms?|timers?|erinnerung(?:en)?|wecker|recordatorios?|alarmas?)\b",
    _I,
)
_LIST = re.compile(
    rf"^\W*{POLITE}(?:(?:what|which|show|list|see|are|is|do|have|how many|when|tell me|give me|any|was|welche|zeig\w*|"
    r"qu[eé]|muestra|cu[aá]les)\b.{0,40})?\b(?:my (?:next )?(?:reminders?|alarms?|timers?)|"
    r"(?:any|which|what|all|the|open|pending) (?:of my )?(?:reminders|alarms|timers)|reminders (?:do|did|have|are)|"
    r"(?:next|upcoming) reminders?|(?:welche|meine) erinnerungen|(?:qu[eé]|mis) recordatorios)\b[^:,]{0,40}$|"
    r"^\W*(?:reminders|list reminders)\W*$",
    _I,
)
_CLOCK = re.compile(
    rf"^\W*{POLITE}(?:do you know |tell me |say )?(?:(?:what(?:'?s| is)?|which) (?:the )?(?:current )?"
    r"(?:time|date|day|weekday|week|year|month|hour)(?: and (?:time|date|day))?"
    r"(?: (?:is it|is today|today|now|is it now|it is|of the (?:week|month)|do we have))*|"
    r"what(?:'?s| is) today(?:'s date)?|today'?s date|the time|time|date|"
    r"wie (?:spät ist es|viel uhr ist es)|welche[rs]? (?:tag|datum) (?:ist heute|haben wir)|"
    r"qu[eé] (?:hora es|d[ií]a es(?: hoy)?|fecha es(?: hoy)?)|quelle heure est[- ]il|che ore sono)"
    r"(?: (?:right now|now|here|today|please|jetzt|ahora|bitte))*\W*$",
    _I,
)
_NOTE = re.compile(
    rf"^\W*{POLITE}(?:note(?: down)?(?: that)?\b|"
    r"(?:make|take|save|add|write|leave) (?:me )?(?:a )?(?:quick )?note\b(?: that| of)?|"
    r"write (?:this |that |it )?down(?: that)?|jot (?:this |it )?down(?: that)?|"
    r"(?:save|store|log|remember|keep) (?:this|that)(?: note)?(?: for later)?(?: that)?\b|"
    r"keep in mind(?: that)?|remember(?! to\b)\b|memori[sz]e(?: that)?|"
    r"add (?:this )?to (?:my |the |your )?(?:notes|memory)|for the record|don'?t forget that|"
    r"merk[e]? dir|notiere?|anota(?: que)?|apunta(?: que)?|note que)\s*[-:,\u2013]*\s*",
    _I,
)
_NOTE_END = re.compile(
    r"(?<![\s,;.-])[\s,;.-]*+(?:please )?(?:remember|keep|save|note|store|hold on to) (?:it|this|that)"
    r"(?: down| for me| for later)?[\s.!]*+$|"
    r"(?<![\s,;.-])[\s,;.-]*+i(?:'ll| will)? need (?:it|this|that)(?: later| again)?[\s.!]*+$",
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
    r"wie|wo|wann|wer|was|qu[eé]|cu[aá]l|d[oó]nde|cu[aá]ndo|qui[eé]n|où|quand|qui)\b|\?[^\w?]*+$",
    _I,
)
_STOP_WORDS_TEXT = (
    "a about again an and any anything are at be can could did do does down file files find folder for "
    "from get give had has have i in into is it its know like look me memory mention mentions my need "
    "note noted notes of on our out please recall remember save saved search show so tell that the them "
    "there these this those told to up us was we were what when where which who whose why will with "
    "workspace write wrote you your document documents s "
)
_CANCEL_WORDS_TEXT = (
    "cancel delete remove clear drop turn off switch stop reminder reminders alarm alarms timer timers all every each "
    "one lösche storniere meine erinnerung an die der das cancela borra recordatorio sobre mi el la"
)
CANCEL_WORDS = frozenset(_CANCEL_WORDS_TEXT.split())
"""What a person says besides the reminder when one is to be cancelled."""
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
    LIST = "list"
    CANCEL = "cancel"
    CLOCK = "clock"
    OTHER = "other"


_FIRST = (
    (_CANCEL, Order.CANCEL),
    (_ABOUT_YOU, Order.OTHER),
    (_CALL_OFF, Order.OTHER),
    (_CLOCK, Order.CLOCK),
    (_LIST, Order.LIST),
)


def is_question(text: str) -> bool:
    """Whether a text has the form of a question."""
    return _QUESTION.search(text) is not None


def cleaned(text: str) -> str:
    """Return the request as one line, without control tokens of chat templates."""
    return " ".join(dropped(text).split())


def plain_order(text: str) -> Order | None:
    """Return what an imperative plainly orders; `None` when that takes a guess."""
    beginning = text[:_BEGINNING]
    for pattern, order in _FIRST:
        if pattern.match(beginning):
            return order
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
    if _REMIND_FIRST.match(text) or is_foreign(text):
        return True
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


def noted(text: str) -> str:
    """Return what a note shall hold: the request without the order; empty when nothing is left."""
    rest = _NOTE.sub("", text, count=1)
    rest = re.sub(r"^that\s+", "", _NOTE_END.sub("", rest), flags=_I)
    return rest.strip(" ,;:-?!.") and rest.strip(" ,;:-")


def key_words(text: str) -> tuple[str, ...]:
    """Return the words of a question that can be looked for, in their order, each once."""
    words = re.findall(r"(?<![@.+-])(?:[@.+-]*+\w)++", text)
    return tuple(
        dict.fromkeys(word for word in words if word.lower().split("'")[0] not in _STOP_WORDS and len(word) > 1)
    )
