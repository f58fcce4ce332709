"""Find the words of a text that say when; what they mean is for the tool that sets reminders."""

import re

_I = re.IGNORECASE
_NUMBER = (
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty|half an|ein(?:er|em)?|un[ae]?)"
)
_UNIT = (
    r"(?:sec(?:ond)?s?|min(?:ute)?s?|h(?:ou)?rs?|days?|weeks?|months?|h|m|"
    r"sekunden?|minuten?|stunden?|tage?n?|wochen?|minutos?|horas?|d[ií]as?|semanas?|minutes?|heures?|jours?)"
)
_DAY = (
    r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)day|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|"
    r"lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember)"
)
_HOUR_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})"
_CLOCK = (
    r"\d{1,2}[:.]\d{2}(?:\s?(?:[ap]\.?m\b\.?|uhr|h\b))?|\d{1,2}\s?(?:[ap]\.?m\b\.?|uhr\b|o'?clock)|"
    r"noon|midday|midnight|mittag|mitternacht|mediod[ií]a|(?:half past|quarter (?:past|to)) " + _HOUR_WORD
)
_PART = r"(?: (?:morning|afternoon|evening|night|früh|vormittag|nachmittag|abend))?"
_ATOM = (
    rf"(?:(?:in|for) {_NUMBER} {_UNIT}|en {_NUMBER} {_UNIT}|dans {_NUMBER} {_UNIT}|{_NUMBER} {_UNIT} from now|"
    rf"in half an hour|"
    rf"(?:(?:at|by|around|for|um|gegen|à|a las?)\s+)?(?:{_CLOCK})|(?:at|um|à|a las?)\s+{_HOUR_WORD}(?![\w.:/-])|"
    rf"(?:on )?\d{{4}}-\d{{2}}-\d{{2}}|(?:on )?(?:the )?\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of)? {_MONTH}(?: \d{{4}})?|"
    rf"(?:on )?{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|tonight|"
    rf"(?:the day after tomorrow|tomorrow|today|übermorgen|morgen|heute){_PART}|(?:on )?the \d{{1,2}}(?:st|nd|rd|th)|"
    rf"(?:this|next|in the) (?:morning|afternoon|evening|night|week|month)|"
    rf"(?:on |next |this |am |nächsten |el |le )?(?:{_DAY})s?{_PART}|mañana|hoy|demain)"
)
WHEN = re.compile(rf"(?<![\w@.-])({_ATOM}(?:,?\s+{_ATOM})*)(?![\w@-])", _I)
_HAS_CLOCK = re.compile(_CLOCK + r"|\b(?:at|um|a las?) \d", _I)


_OTHERWISE = re.compile(r"\d(?: ?[ap]m)? or (?:at )?\d", _I)


def times(text: str) -> tuple[str, ...]:
    """Return the times that a text names, as it names them."""
    return tuple(match.group(1) for match in WHEN.finditer(text))


def when_of(text: str) -> str:
    """Return the words that say when: a day and a clock time that stand apart are put together.

    Two clock times (`at 3 or 4`, `at 9am and 5pm`) are no answer: an empty string says that a person must be asked.
    """
    found = times(text)
    clocks = [phrase for phrase in found if _HAS_CLOCK.search(phrase)]
    if len(set(clocks)) > 1 or _OTHERWISE.search(text):
        return ""
    days = [phrase for phrase in found if phrase not in clocks]
    chosen = [*days[:1], *clocks[-1:]] if clocks else list(found[-1:])
    return re.sub(r"^(?:for|by|around)\s+", "", " ".join(chosen), flags=_I)
