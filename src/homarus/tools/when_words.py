"""The words for times in English, German and Spanish, folded: lower case, no accents."""

import re
import unicodedata

NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "zero null cero",
            "one eins uno",
            "two zwei dos",
            "three drei tres",
            "four vier cuatro",
            "five funf fuenf cinco",
            "six sechs seis",
            "seven sieben siete",
            "eight acht ocho",
            "nine neun nueve",
            "ten zehn diez",
            "eleven elf once",
            "twelve zwolf zwoelf doce",
        )
    )
    for word in words.split()
} | {
    "fifteen": 15,
    "funfzehn": 15,
    "quince": 15,
    "twenty": 20,
    "zwanzig": 20,
    "veinte": 20,
    "thirty": 30,
    "dreissig": 30,
    "treinta": 30,
    "forty": 40,
    "vierzig": 40,
    "cuarenta": 40,
    "forty-five": 45,
    "fifty": 50,
    "ninety": 90,
    "noventa": 90,
}
WEEKDAYS = {
    word: number
    for number, words in enumerate(
        (
            "monday mon montag lunes",
            "tuesday tue tues dienstag martes",
            "wednesday wed mittwoch miercoles",
            "thursday thu thur thurs donnerstag jueves",
            "friday fri freitag viernes",
            "saturday sat samstag sonnabend sabado",
            "sunday sun sonntag domingo",
        )
    )
    for word in words.split()
}
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "january jan januar janner enero",
            "february feb februar febrero",
            "march mar marz maerz marzo",
            "april apr abril",
            "may mai mayo",
            "june jun juni junio",
            "july jul juli julio",
            "august aug agosto",
            "september sep sept septiembre",
            "october oct oktober okt octubre",
            "november nov noviembre",
            "december dec dezember dez diciembre",
        ),
        start=1,
    )
    for word in words.split()
}
DAYS = {
    "today": 0,
    "heute": 0,
    "hoy": 0,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
    "ubermorgen": 2,
    "uebermorgen": 2,
    "pasado manana": 2,
    "tomorrow": 1,
    "tmrw": 1,
    "morgen": 1,
    "manana": 1,
}
UNITS = {
    word: unit
    for unit, words in {
        "seconds": "second seconds sec secs s sekunde sekunden segundo segundos",
        "minutes": "minute minutes min mins m minuten minuto minutos",
        "hours": "hour hours hr hrs h stunde stunden std hora horas",
        "days": "day days d tag tage tagen dia dias",
        "weeks": "week weeks w woche wochen semana semanas",
        "months": "month months monat monate monaten mes meses",
        "years": "year years jahr jahre jahren ano anos",
    }.items()
    for word in words.split()
}
PARTS = {
    "this morning": "morning",
    "in the morning": "morning",
    "de la manana": "morning",
    "por la manana": "morning",
    "am morgen": "morning",
    "morgens": "morning",
    "vormittags": "morning",
    "am vormittag": "morning",
    "vormittag": "morning",
    "fruh": "morning",
    "morning": "morning",
    "this afternoon": "afternoon",
    "in the afternoon": "afternoon",
    "afternoon": "afternoon",
    "am nachmittag": "afternoon",
    "nachmittags": "afternoon",
    "nachmittag": "afternoon",
    "de la tarde": "afternoon",
    "por la tarde": "afternoon",
    "esta tarde": "afternoon",
    "tarde": "afternoon",
    "this evening": "evening",
    "in the evening": "evening",
    "evening": "evening",
    "am abend": "evening",
    "abends": "evening",
    "abend": "evening",
    "tonight": "night",
    "esta noche": "night",
    "de la noche": "night",
    "por la noche": "night",
    "at night": "night",
    "night": "night",
    "nachts": "night",
    "noche": "night",
    "noon": "noon",
    "midday": "noon",
    "mittags": "noon",
    "mittag": "noon",
    "mediodia": "noon",
    "midnight": "midnight",
    "mitternacht": "midnight",
    "medianoche": "midnight",
    "end of the day": "close",
    "end of day": "close",
    "eod": "close",
    "feierabend": "close",
}
TODAY_PARTS = frozenset({"this morning", "this afternoon", "this evening", "tonight", "esta tarde", "esta noche"})
PART_HOURS = {"morning": 9, "afternoon": 15, "evening": 18, "night": 20, "noon": 12, "midnight": 0, "close": 17}
NEXT = "next|coming|nachste[nrsm]?|kommende[nrsm]?|naechste[nrsm]?|proxim[oa]"
THIS = "this|diese[nrsm]?|este|esta"
FILLERS = frozenset(
    "at on um am gegen a al las la el los the den dem der por de by around exactly punkt sharp".split()  # noqa: SIM905 - reads better
)


def any_of(words: "dict[str, int] | dict[str, str]") -> str:
    """Return a pattern for any of the words, the longest first, as whole words."""
    ordered = sorted(words, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(word) for word in ordered) + r")(?![a-z])"


def folded(text: str) -> str:
    """Return the text as the tables have it: lower case, no accents, numbers in figures, single spaces."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(letter)
    )
    plain = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", plain.replace("o'clock", "oclock").replace("o\u2019clock", "oclock"))
    plain = re.sub(r"[,;!?\u202f\xa0]+", " ", plain).strip(" .")
    names = sorted(NUMBERS, key=len, reverse=True)
    plain = re.sub(rf"\b(?:{'|'.join(names)})\b", lambda found: str(NUMBERS[found.group()]), plain)
    return " ".join(plain.split())
