"""Numbers in words, English and German: `twelve`, `zweiundzwanzig`, `a third`, `doubled`, `third`."""

import re
from dataclasses import dataclass
from functools import cache

_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_GERMAN = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn"
)
_EN = _ENGLISH.split()
_EN_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TWO_WORDS = re.compile(rf"(?<=ty) (?=(?:{'|'.join(_EN[1:10])})(?![\w-]))")
"""The space of `twenty one`, which others write as a hyphen."""
_DE = _GERMAN.split()
_DE_TENS = ("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig")
_SCALES = {
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "dozen": 12.0,
    "hundert": 100.0,
    "tausend": 1e3,
    "millionen": 1e6,
    "milliarde": 1e9,
    "milliarden": 1e9,
    "dutzend": 12.0,
}
_RATIOS = {
    r"doubl(?:e|es|ed|ing)|twofold|twice|verdoppel(?:t|te|n|ten|ung)|doppelt|zweimal|zweifach\w*": 2.0,
    r"tripl(?:e|es|ed|ing)|threefold|thrice|verdreifach(?:t|te|en|ten|ung)|dreimal|dreifach\w*": 3.0,
    r"quadrupl(?:e|es|ed|ing)|fourfold|vervierfach(?:t|te|en|ten|ung)|viermal|vierfach\w*": 4.0,
    r"fivefold|verfünffach(?:t|te|en|ten|ung)|fünfmal|fünffach\w*": 5.0,
    r"tenfold|verzehnfach(?:t|te|en|ten|ung)|zehnmal|zehnfach\w*": 10.0,
    r"halv(?:e|es|ed|ing)|half|halbier(?:t|te|en|ten|ung)|hälfte|halb(?:e[mnrs]?)?": 0.5,
    r"every (?:second|other)|jede[rsn]? zweite[rsn]?": 0.5,
    r"every third|jede[rsn]? dritte[rsn]?": 1 / 3,
    r"(?:two[ -]thirds|zwei ?drittel[n]?)": 2 / 3,
    r"(?:three[ -]quarters|drei ?viertel[n]?)": 0.75,
    r"(?:one[ -]|a )third(?! \w*(?:time|quarter|place|party))|(?:ein )?drittel[ns]?": 1 / 3,
    r"(?:one[ -]|a )quarter(?! of \d{4}\b)|(?:ein )?viertel[ns]?(?!jahr)": 0.25,
    r"(?:one[ -]|a )fifth|(?:ein )?fünftel[ns]?": 0.2,
    r"(?:one[ -]|a )tenth|(?:ein )?zehntel[ns]?": 0.1,
}
_ORDINALS = (
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
)
_ONES = {"one": 1.0, "ein": 1.0, "eine": 1.0, "einer": 1.0, "a": 1.0}
"""Figures only before a scale or behind one: `one hundred`, `hundred and one`; else they are articles."""
_EN_ORDINALS = _ORDINALS.split()
_DE_ORDINALS = ("dritt", "viert", "fünft", "sechst", "siebt", "acht", "neunt", "zehnt", "elft", "zwölft")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A number in words, where it stands."""

    start: int
    end: int
    value: float
    is_ratio: bool = False
    is_ordinal: bool = False


@cache
def _plain() -> dict[str, float]:
    known: dict[str, float] = {}
    for number, word in enumerate(_EN):
        known[word] = float(number)
    for number, word in enumerate(_EN_TENS, start=2):
        known[word] = number * 10.0
        known |= {f"{word}-{one}": number * 10.0 + count for count, one in enumerate(_EN[1:10], start=1)}
    for number, word in enumerate(_DE):
        known[word] = float(number)
    for number, word in enumerate(_DE_TENS, start=2):
        known[word] = number * 10.0
        stems = ["ein", *_DE[2:10]]
        known |= {f"{stem}und{word}": number * 10.0 + count for count, stem in enumerate(stems, start=1)}
    known["dreissig"] = 30.0
    hundreds = {f"{'' if n == 1 else stem}hundert": n * 100.0 for n, stem in enumerate(["ein", *_DE[2:10]], start=1)}
    known |= hundreds | {"einhundert": 100.0, "eintausend": 1e3}
    known |= {f"{stem}tausend": n * 1e3 for n, stem in enumerate(_DE[2:13], start=2)}
    del known["one"], known["eins"]
    return known


@cache
def _ordinals() -> dict[str, float]:
    known = {word: float(number) for number, word in enumerate(_EN_ORDINALS, start=3)}
    for ten, word in enumerate(_EN_TENS, start=2):
        ones = enumerate(("first", "second", *_EN_ORDINALS[:7]), start=1)
        known |= {f"{word}-{one}": ten * 10.0 + count for count, one in ones}
    for number, stem in enumerate(_DE_ORDINALS, start=3):
        known |= {f"{stem}{end}": float(number) for end in ("e", "en", "er", "es", "em")}
    return known


@cache
def _pattern() -> re.Pattern[str]:
    alone = "|".join(sorted(map(re.escape, _plain()), key=len, reverse=True))
    alone = rf"(?:{'|'.join(_EN_TENS)}) (?:{'|'.join(_EN[1:10])})(?![\w-])|{alone}"
    counting = f"{alone}|{'|'.join(_ONES)}"
    scales = "|".join(sorted(_SCALES, key=len, reverse=True))
    ratios = "|".join(f"(?P<r{number}>{pattern})" for number, pattern in enumerate(_RATIOS))
    ordinals = "|".join(sorted(_ordinals(), key=len, reverse=True))
    rest = rf"(?:(?: and)?[ -](?:{counting})(?![\w]))?"
    number = rf"(?P<number>(?:{counting})(?:[ -](?:{scales})s?)+{rest}|(?:{alone})|(?:{scales})s?{rest})"
    return re.compile(
        rf"(?<![\w-])(?:{ratios}|(?P<ordinal>{ordinals})|{number})(?![\w])(?!-[a-zäöü]*way|[ -]part(?:y|ies)\b)",
        re.IGNORECASE,
    )


def words_in(text: str) -> list[Word]:
    """Return the numbers in words of a text, in their order."""
    found: list[Word] = []
    for match in _pattern().finditer(text):
        name = match.lastgroup or ""
        if name.startswith("r") and name[1:].isdigit():
            value = list(_RATIOS.values())[int(name[1:])]
            found.append(Word(start=match.start(), end=match.end(), value=value, is_ratio=True))
        elif name == "ordinal":
            value = _ordinals()[match.group().lower()]
            found.append(Word(start=match.start(), end=match.end(), value=value, is_ordinal=True))
        elif (value := _value(match.group().lower())) is not None:
            found.append(Word(start=match.start(), end=match.end(), value=value))
    return found


def _value(words: str) -> float | None:
    words = _TWO_WORDS.sub("-", words)
    if words in _plain():
        return _plain()[words]
    known = _plain() | _ONES
    whole, part = 0.0, 0.0
    for place, word in enumerate(re.split(r" |-(?=and\b)|(?<!ty)-", words)):
        scale = _SCALES.get(word) or _SCALES.get(word.removesuffix("s"))
        if scale is not None:
            part = (part or 1.0) * scale
            if scale >= 1000:  # noqa: PLR2004 - what comes behind it is added
                whole, part = whole + part, 0.0
        elif word in known:
            part += known[word]
        elif word != "and" or not place:
            return None
    return whole + part
