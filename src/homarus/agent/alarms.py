"""Read an order for a reminder: what to say, when, and what stands in the way of setting it.

A reminder at a wrong time, or once instead of every week, is worse than a question: whatever is not plain is asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from homarus.agent.time_phrases import Phrase, phrases, reads
from homarus.agent.times import when_of
from homarus.tools.when_words import UNITS, WEEKDAYS, any_of, folded

_I = re.IGNORECASE
POLITE = (
    r"(?:(?:hey|hi|hello|ok(?:ay)?|please|pls|(?:can|could|would|will) you|i (?:want|need) you to|bitte|por favor)"
    r"[\s,]+)*"
)
_SET = r"(?:set|add|create|make|start|schedule) (?:me )?(?:an? |the )?(?:new )?"
_ORDER = re.compile(
    rf"^\W*{POLITE}(?:remind me|{_SET}(?:reminder|alarm|timer)|(?:reminder|alarm|timer)|"
    r"i (?:need|want|would like) to be reminded|i(?:'d| would) like (?:a reminder|to be reminded)|"
    r"(?:ping|nudge|alert|notify|message|text|tell) me|let me know|"
    r"don'?t let me forget|i must not forget|remember|wake me(?: up)?|"
    r"erinner[en]? mich|(?:kannst|könntest|würdest) du mich(?: bitte)?|weck[e]? mich(?: auf)?|"
    r"stell[e]? (?:mir )?(?:einen |den )?(?:wecker|timer)|"
    r"recu[eé]rdame|av[ií]same|despi[eé]rtame|pon(?:me)? (?:una alarma|un temporizador))(?!\w)",
    _I,
)
_ORDER_END = re.compile(
    r"(?<![\s,;.:-])[\s,;.:-]*+(?:(?:please )?(?:remind|tell|ping|wake|notify) me|let me know|please|bitte|"
    r"erinner[en]? mich|(?<=\s)(?:erinnern|wecken))[\s.!?]*+$",
    _I,
)
_ORDER_WITHIN = re.compile(r"\b(?:remind me|erinner[en]? mich|recu[eé]rdame|wake me)\b", _I)
_LINK = re.compile(r"^(?:[\s.:,;\u2013-]+|(?:to|that|about|of|for|and|or|an|daran|dass|de|que|para)\b(?=[\s:,]))+", _I)
_WAKE = re.compile(r"\b(?:wake me|weck[e]? mich|despi[eé]rtame|mich\b.{0,60}\bwecken)\b", _I)
_ALARM = re.compile(r"^\W*+(?:\w++\W++)?(?:\w++ ){0,6}?(?:alarm|timer|wecker|alarma|temporizador)\b", _I)
_FOREIGN = re.compile(
    r"\b(?:rappel(?:le|ez)[- ]moi|fais[- ]moi penser|pense à me rappeler|r[ée]veille[- ]moi|ricordami|ricordarmi|"
    r"svegliami|avvisami|lembr[ae](?:-me|me| me)|me lembr[ae]|herinner me|przypomnij|p[åa]minn mig|mind mig om|"
    r"напомни|muistuta|hat.rlat)",
    _I,
)
_REPEATED_UNIT = (
    rf"(?:(?:other|second|third|single|zweite[nrsm]?|dritte[nrsm]?)\s+)?(?:\d+\s+|(?:two|three|four|six)\s+)?"
    rf"(?:{any_of(UNITS)}|{any_of(WEEKDAYS)}s?|morning|afternoon|evening|night|noon|midnight|weekend|weekday|workday|"
    r"business day|quarter|time|morgen|abend|nachmittag|nacht|werktag|mañana|tarde|noche|\d{1,2}(?:st|nd|rd|th)|"
    r"d[ií]as?|años?|mi[eé]rcoles|s[aá]bados?|minuten?|stunden?|tage?|wochen?|monate?)(?!\w)"
)
_REPEATS = re.compile(
    r"\b(?:(?:on )?(?:every|each)|jede[nrsm]?|alle|cada|tod[oa]s (?:l[oa]s)|chaque|tou(?:s|tes) les|ogni)\s+"
    rf"{_REPEATED_UNIT}|"
    r"(?<!the )(?<!my )(?<!our )(?<!a )(?<!this )\b(?:daily|weekly|monthly|yearly|annually|hourly|nightly|"
    r"biweekly|fortnightly|quarterly|täglich|wöchentlich|monatlich|stündlich|jährlich|diariamente|semanalmente|"
    r"mensualmente|a diario)\b|\beveryday\b|"
    r"\b(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)days\b(?! (?:evening|morning))|\b(?:on )?week(?:days|ends)\b|"
    r"\b(?:week(?:day|end)|workday|\w{3,6}day|in the) (?:mornings|evenings|afternoons|nights)\b|"
    r"\b(?:montags|dienstags|mittwochs|donnerstags|freitags|samstags|sonntags|werktags)\b|"
    r"\blos (?:lunes|martes|miércoles|jueves|viernes|sábados|domingos)\b|"
    r"\b(?:once|twice|\w+ times|einmal|zweimal|\w+ veces) (?:a|per|an|each|every|pro|am|al|por) "
    r"(?:day|week|month|hour|year|tag|woche|monat|día|dia|semana|mes)\b|\brecurring\b|\brepeat(?:ing|edly)?\b",
    _I,
)
_ABOUT = re.compile(
    r"\b(in|at|um|en|a las|around|by)\s+(?:about|approximately|roughly|around|like|ca\.?|circa|ungefähr|etwa|unos|unas)"
    r"\s+(?=\d|an?\b|half|one|two|three|four|five|six|seven|eight|nine|ten|zehn|fünf)",
    _I,
)
_REST = re.compile(
    r"^(?:and|und|y|plus|or|oder|o|to|-)\s+(?:at\s+|um\s+|a |an |eine[rn]? |las )?(?:half|quarter|halbe?|viertel|media|"
    r"cuarto|\d+|two|three|four|five|six|seven|eight|nine|ten)(?!\w)|"
    r"^(?:an? )?(?:half|quarter)(?!\w)(?!\s+[a-z]{3,})|"
    r"^(?:or|oder|o|u)\s|^(?:every|each|or so|ish|sharp|o'?clock|[ap]\.?m\.?|uhr|past|later)(?!\w)|"
    r"(?<!\w)(?:at|um|every|each|until|till|between|from|or|oder|a las?)$",
    _I,
)
_OFFSET = re.compile(
    rf"(?<!\w)(?:\d+|an?|one|half an|two|three|five|ten|fifteen|thirty|einer?|una?)\s+{any_of(UNITS)}\s+"
    r"(?:before|after|earlier|later|prior|vorher|vor|nach|antes|despu[eé]s)(?!\w)",
    _I,
)
_DAY_OF_SOMETHING = re.compile(r"\b(?:tomorrow|today|tonight|\w{3,6}day)['\u2019]s\b", _I)
_OTHERWISE = re.compile(r"\d(?: ?[ap]m)?,? (?:or|oder|o) (?:at |um |a las )?\d", _I)
_PREFIX = re.compile(r"(?:@|\bfor|\bpara|\bfür|\bby|\baround|\babout)\s+$", _I)
_GIVE = re.compile(r"\bgive me a (?:shout|call|nudge)\b", _I)
_CLOCK_WORDS = re.compile(
    r"(?:at |um |a las? )?(?:\d{1,2}(?:[:.]\d{2})?(?: ?[ap]\.?m\.?| ?uhr| o'clock)?|noon|midnight|mittags?)(?!\w)", _I
)
_NOON = 12
_MOST_CHARS = 2_000
"""Nobody orders a reminder in more; a page that was pasted in whole costs no more than this."""
_RANGES = frozenset({"from", "between", "von", "zwischen", "desde", "entre"})
_COUNTED = re.compile(
    r"\b(?:an? )?(\d+|one|two|three|five|ten|fifteen|twenty|thirty)[ -](minute|hour|second|min|sec)s? (timer|alarm)\b",
    _I,
)
"""`A 10 minute timer` is a timer in ten minutes."""


class Hurdle(StrEnum):
    """Why a reminder cannot be set as it was asked for."""

    NO_TEXT = "no_text"
    NO_TIME = "no_time"
    UNCLEAR_TIME = "unclear_time"
    """Two times, or words beside the time that change it and are not understood."""
    REPEATS = "repeats"
    FOREIGN = "foreign"
    """The order is in a language whose times are not read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What to say, and when, in the person's own words; either can be empty."""

    text: str
    when: str
    hurdle: Hurdle | None = None
    piece: str = ""
    """The words that stand in the way."""
    again: str = ""
    """Of one that repeats: its times as a schedule, `every Monday at 9`."""


def alarm(text: str) -> Alarm:
    """Return what an order for a reminder says; `hurdle` tells why it must not be set."""
    request = _COUNTED.sub(r"a \3 in \1 \2s", _ABOUT.sub(r"\1 ", " ".join(text[:_MOST_CHARS].split())))
    if foreign := _FOREIGN.search(request):
        return Alarm(text="", when="", hurdle=Hurdle.FOREIGN, piece=foreign.group())
    if repeats := _REPEATS.search(request):
        once = _once(request, repeats)
        found = _single(once)
        again = _schedule(repeats.group(), found.when)
        return replace(found, hurdle=Hurdle.REPEATS, piece=repeats.group(), again=again)
    return _single(request)


def is_foreign(text: str) -> bool:
    """Whether a text orders a reminder in a language whose times are not read here."""
    return _FOREIGN.search(text) is not None


def _once(request: str, repeats: re.Match[str]) -> str:
    """Return the request for the next time only: `every Monday at 9` is `on Monday at 9`."""
    words = folded(repeats.group())
    if stretch := re.search(r"(?:(\d+) )?(hour|minute|stunde|hora|minuto)", words):
        single = f" in {stretch[1] or 1} {stretch[2]}{'s' if stretch[1] else ''} "
        return " ".join((request[: repeats.start()] + single + request[repeats.end() :]).split())
    day = next((one for word in words.split() for one in (word, word.rstrip("s")) if one in WEEKDAYS), "")
    part = next((word for word in words.split() if word in {"morning", "afternoon", "evening", "night"}), "")
    single = f" on {day.capitalize()} " if day else f" tomorrow {part} ".replace("  ", " ")
    return " ".join((request[: repeats.start()] + single + request[repeats.end() :]).split())


def _schedule(repeats: str, when: str) -> str:
    """Return the times of something that repeats: `every Monday` and `on Monday at 9` are `every Monday at 9`."""
    if re.search(r"hour|minute|stunde|hora|minuto", folded(repeats)):
        return repeats
    clock = _CLOCK_WORDS.search(when)
    return " ".join(f"{repeats} {clock.group() if clock else ''}".split())


def _single(request: str) -> Alarm:
    chosen = _chosen(request)
    said = _said(request, chosen)
    if chosen is None:
        return Alarm(text=said, when="", hurdle=Hurdle.UNCLEAR_TIME, piece=_times_in(request))
    when = _joined(chosen)
    if not chosen:
        loose = when_of(request)
        hurdle = Hurdle.UNCLEAR_TIME if loose and not phrases(request) else Hurdle.NO_TIME
        return Alarm(text=said, when="", hurdle=hurdle, piece=loose if hurdle is Hurdle.UNCLEAR_TIME else "")
    rest = _rest(request, chosen, said)
    if rest or not reads(when):
        return Alarm(text=said, when="", hurdle=Hurdle.UNCLEAR_TIME, piece=rest or when)
    if _WAKE.search(request):
        said = f"Wake up: {said}" if said else "Wake up"
        when = _in_the_morning(when, chosen)
    elif not said and (tool := _ALARM.match(request)):
        is_timer = re.search(r"timer|temporizador", tool.group(), _I) is not None
        said, when = ("Timer", when) if is_timer else ("Alarm", _in_the_morning(when, chosen))
    elif given := _GIVE.search(request):
        said = said if said and not _GIVE.fullmatch(said) else given.group()
    return Alarm(text=said, when=when, hurdle=None if said else Hurdle.NO_TEXT)


def _times_in(request: str) -> str:
    return ", ".join(phrase.words for phrase in phrases(request) if phrase.is_sure)


def _chosen(request: str) -> tuple[Phrase, ...] | None:
    """Return the phrases that say when; `None` when they say more than one time."""
    found = phrases(request)
    own = [phrase for phrase in found if phrase.is_sure and not phrase.is_part_of_text]
    plain = [phrase for phrase in own if not phrase.relative]
    if any(phrase.relative.casefold() in _RANGES for phrase in own) and len(own) > 1:
        return None
    if own and not plain:
        return tuple(own[:1])
    if not plain:
        plain = [phrase for phrase in found if not phrase.is_part_of_text and _is_beside_order(request, phrase)][:1]
    once = list({folded(phrase.words): phrase for phrase in plain}.values())
    if _OTHERWISE.search(request) or (sum(phrase.names_clock for phrase in once) > 1 and not reads(_joined(once))):
        return None
    if len(once) > 1 and not reads(_joined(once)):
        return None
    return tuple(plain)


def _is_beside_order(request: str, phrase: Phrase) -> bool:
    """Whether a phrase that is no plain time stands right behind the order: `timer 5 minutes`, `alarm for 7`."""
    before = re.sub(r"(?<![\s:,])[\s:,]*+(?:(?:for|at|on)\s*+)?$", "", request[: phrase.start])
    order = _ORDER.match(before)
    return order is not None and order.end() == len(before) and not re.fullmatch(r"\d{3,}", phrase.words)


def _joined(chosen: Sequence[Phrase]) -> str:
    once = {folded(phrase.words): phrase for phrase in chosen}.values()
    ordered = sorted(once, key=lambda phrase: (not phrase.names_day, phrase.start))
    when = re.sub(r"^(?:by|around)\s+", "", " ".join(phrase.words for phrase in ordered), flags=_I)
    return re.sub(r"^for\s+", "in ", when, flags=_I)


def _said(request: str, chosen: Sequence[Phrase] | None) -> str:
    """Return what is left when times and order are taken out."""
    rest = request
    for phrase in sorted(chosen or (), key=lambda phrase: -phrase.start):
        before = _PREFIX.sub("", rest[: phrase.start])
        rest = f"{before} {rest[phrase.end :]}"
    rest = " ".join(rest.split()).lstrip(" ,;:.-")
    bare = _ORDER_END.sub("", rest)
    begun = _ORDER.sub("", bare, count=1)
    if begun == bare and (within := _ORDER_WITHIN.search(bare)) and bare[within.end() :].strip(" ,.!?"):
        begun = bare[within.end() :]
    left = _LINK.sub("", begun.strip())
    left = re.sub(r"\s+([,.;:!?])", r"\1", left).strip(" ,;:.!?-\u2013")
    left = re.sub(
        r"^(?:later|soon|sometime|once|again|also|just|nochmals?|einmal|wieder|auch)\b(?: on)?(?: to| about| that)?\s*",
        "",
        left,
        flags=_I,
    )
    left = re.sub(r"^(?:i must not forget|i have to|i need to)\s+", "", left, flags=_I)
    left = re.sub(r"^(?:to|that|about|of|for|and|or|an|it|up|this)$", "", left, flags=_I)
    return re.sub(r"\s+(?:for|on|um|at)$", "", left) if re.search(r"^\s*(?:for|at)$", left) else left


def _rest(request: str, chosen: Sequence[Phrase], said: str) -> str:
    """Return words beside the time that would change it, empty when there are none."""
    if chosen[0].relative:
        return f"{chosen[0].relative} {chosen[0].words}"
    for phrase in chosen:
        found = _REST.search(request[phrase.end :].lstrip(" ,"))
        if found and (found.start() == 0 or not found.group().strip().isalpha()):
            return found.group().strip()
    if found := _OFFSET.search(request) or _REST.search(said):
        return found.group().strip()
    names_day = any(phrase.names_day for phrase in chosen)
    if not names_day and any(phrase.names_clock for phrase in chosen):
        named = _DAY_OF_SOMETHING.search(request)
        return named.group() if named else ""
    return ""


def _in_the_morning(when: str, chosen: Sequence[Phrase]) -> str:
    """People wake in the morning: `at 7` is seven in the morning unless something else was said."""
    is_plain = not re.search(r"[ap]\.?m\b|morning|evening|afternoon|night|noon|früh|abend|mittag|tarde|noche", when, _I)
    has_hour = any(phrase.names_clock for phrase in chosen)
    hour = re.search(r"(?<![\d-])(\d{1,2})(?![\d-])", re.sub(r"\d{4}-\d\d?-\d\d?", "", folded(when)))
    return f"{when} in the morning" if is_plain and has_hour and hour and int(hour[1]) < _NOON else when
