"""Whether a sentence speaks of a fact: its words against the words of the fact's name, across two languages."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_CAMEL = re.compile(r"(?<=[a-zäöü])(?=[A-ZÄÖÜ])")
_SAY_NOTHING = (
    "the a an of in on at to for by with from is are was were be been and or as it its this that per total number "
    "count value amount sum all der die das des dem den ein eine einer eines und oder von vom im in am an auf zu zum "
    "zur für mit bei ist sind war waren wurde wurden pro je insgesamt anzahl wert betrag summe gesamt"
)
_EMPTY = frozenset(_SAY_NOTHING.split())
_CONCEPTS = (
    "revenue umsatz sales erlös erlöse turnover einnahmen verkäufe takings",
    "cost costs kosten ausgaben spend spending spent expense expenses aufwand ausgegeben",
    "profit gewinn earnings überschuss income",
    "loss verlust",
    "margin marge",
    "mail mails email emails message messages nachricht nachrichten post",
    "click clicks klick klicks clicked geklickt ctr",
    "open opens opened öffnung öffnungen geöffnet öffnungsrate",
    "unsubscribe unsubscribes unsubscribed abmeldung abmeldungen abbestellt abgemeldet",
    "subscriber subscribers abonnent abonnenten",
    "view views aufruf aufrufe impressions viewed",
    "price preis preise prices costs kostet",
    "order orders bestellung bestellungen auftrag aufträge",
    "customer customers kunde kunden client clients",
    "user users nutzer benutzer",
    "visitor visitors besucher visits besuche sessions",
    "appointment appointments termin termine event events meeting meetings",
    "task tasks aufgabe aufgaben todo",
    "draft drafts entwurf entwürfe",
    "invoice invoices rechnung rechnungen",
    "conflict conflicts konflikt konflikte überschneidung",
    "send sent sends sendungen gesendet verschickt recipients empfänger delivered",
    "bounce bounces unzustellbar",
    "conversion conversions abschlüsse",
    "churn abwanderung kündigungen cancelled",
    "refund refunds returns return retoure retouren rückgaben",
    "stock lager bestand inventory",
    "employee employees mitarbeiter staff headcount",
    "follower followers",
    "like likes",
    "star stars sterne",
    "release releases veröffentlichung version",
    "issue issues",
    "urgent dringend",
    "bulk newsletter",
    "rate quote anteil share percent prozent percentage",
    "change veränderung änderung growth wachstum increase decrease rise drop rose fell grew",
    "average avg mean durchschnitt mittel mittelwert durchschnittlich",
    "median",
    "week weeks woche wochen weekly",
    "month months monat monate monthly",
    "day days tag tage daily",
    "temperature temperatur",
    "rent miete",
    "salary gehalt wage lohn",
    "tax steuer steuern",
    "debt schulden",
    "equity eigenkapital",
    "cash bargeld liquidität",
)
_ENDS = ("ungen", "ies", "ern", "en", "er", "e")
"""What is taken off; never an `n` alone, which belongs to `session` and `region`."""
SHORTEST = 3
"""What is left must be a word."""
LONG = 5
MEASURES = 9
"""The first concepts are measures that are easily mixed up: who speaks of one does not speak of another."""


@lru_cache(maxsize=1)
def _concept_of() -> dict[str, frozenset[int]]:
    known: dict[str, frozenset[int]] = {}
    for number, line in enumerate(_CONCEPTS):
        for word in line.split():
            known[_stem(word)] = known.get(_stem(word), frozenset()) | {number}
    return known


def _concepts(words: frozenset[str]) -> frozenset[int]:
    known = _concept_of()
    return frozenset(number for word in words for number in known.get(word, ()))


@lru_cache(maxsize=4_000)
def words_of(text: str) -> frozenset[str]:
    """Return the words of a sentence or a name, in their short forms; words that say nothing are left out."""
    parts = _WORD.findall(_CAMEL.sub(" ", text.replace("_", " ").replace("-", " ")).lower())
    return frozenset(_stem(part) for part in parts if part not in _EMPTY and not part.isdigit())


def _stem(word: str) -> str:
    """Return the short form of a word: its plural first, so that `order` and `orders` are one word and not two."""
    word = word.removesuffix("'s")
    if word.endswith("s") and not word.endswith(("ss", "ies")) and len(word) > SHORTEST:
        word = word[:-1]
    for end in _ENDS:
        if word.endswith(end) and len(word) - len(end) >= SHORTEST:
            return word[: -len(end)]
    return word


@lru_cache(maxsize=50_000)
def fit(name_words: frozenset[str], sentence_words: frozenset[str]) -> int:
    """Return how many words of a name a sentence has, the same word or another one for the same."""
    spoken = _concepts(sentence_words)
    known = _concept_of()
    return sum(
        word in sentence_words or bool(known.get(word, frozenset()) & spoken) or _begins(word, sentence_words)
        for word in name_words
    )


def _begins(word: str, sentence_words: frozenset[str]) -> bool:
    """Say whether a long word begins one of the others, or they it: `subscript` and `subscription`."""
    if len(word) < LONG:
        return False
    return any(other.startswith(word) or (len(other) >= LONG and word.startswith(other)) for other in sentence_words)


def is_other_measure(name_words: frozenset[str], sentence_words: frozenset[str]) -> bool:
    """Say whether the sentence speaks of another measure than the name: of profit where the fact is a cost."""
    named = {number for number in _concepts(name_words) if number < MEASURES}
    spoken = {number for number in _concepts(sentence_words) if number < MEASURES}
    return bool(named and spoken and not named & spoken)
