"""Whether a claim stands on its quotation: deterministic, before any model is asked, and never overruled by one.

The quotation must occur in the snapshot. Compared is: Unicode in its compatible form (NFKC), invisible characters left
out, every kind of blank as one space, typographic quotation marks and dashes as plain ones. Case, figures and words
count as they are. What a model makes of a text must besides keep its figures, its names, its negations and the way
that things go.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from homarus.domain.i18n import _

_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
    }
)
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_FIGURE = re.compile(r"\d[\d.,\u00a0\u202f]*\d|\d")
_WORD = re.compile(r"[^\W\d_]+")
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)\b[A-ZÄÖÜÀ-Þ][\w'&-]{2,}")
_FIRST_NAME = re.compile(r"\b[A-ZÄÖÜÀ-Þ][\w'&-]{2,}")
_NEGATIONS = re.compile(
    r"\b(?:no|not|never|none|without|neither|nor|cannot|nobody|nothing|lacks?|denie[sd]|refuses?|refused|fails?|failed"
    r"|kein\w*|nicht|nie|ohne)\b|\w+n't\b",
    re.IGNORECASE,
)
_RISES = frozenset("rise rises rose rising raise raises raised increase increases increased up higher more grow grows grew gain gains opens open launches hires adds expands dearer".split())  # fmt: skip  # noqa: SIM905, E501 - reads better
_FALLS = frozenset("fall falls fell falling cut cuts lower lowers lowered decrease decreases decreased down less drop drops dropped shrink shrinks closes close shuts fires lays removes cheaper recalls".split())  # fmt: skip  # noqa: SIM905, E501 - reads better
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|rules?|prompts?|above|previous|earlier)\b"
    r"|\byou (?:are|must|should) (?:now|always|only)?\s*(?:an?|the|report|say|answer|act)\b"
    r"|\b(?:system prompt|as an ai|assistant:|<\|)"
    r"|\b(?:report|say|claim|write|state|answer) that\b.{0,80}\bis\b.{0,40}\b(?:bankrupt|insolvent|fraud|best|worst)",
    re.IGNORECASE,
)
_FLAT = frozenset("flat unchanged stable steady same".split())  # noqa: SIM905 - reads better
_PAIRS = """rare/common often/seldom first/last next/last early/late cheap/expensive cheapest/dearest win/lose won/lost
wins/loses best/worst good/bad success/failure profit/loss open/closed buys/sells bought/sold safe/dangerous new/old
before/after least/most minimum/maximum more/less more/fewer many/few faster/slower longer/shorter legal/illegal
possible/impossible fixes/breaks works/breaks praise/complain praises/complains approved/rejected above/below"""
_OPPOSITES = tuple(frozenset(pair.split("/")) for pair in _PAIRS.split())
_WHOLE = frozenset("all every always everyone everybody most entire".split())  # noqa: SIM905 - reads better
_PLANNED = re.compile(
    r"\b(?:plan(?:s|ned|ning)?|intends?|expects?|expected|aims?|considers?|considering|hopes?|reportedly|allegedly"
    r"|rumou?r\w*|wants?|would|could|proposes?|proposed)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(_PLANNED.pattern + r"|\b(?:will|may|might|to be|going to|next|soon)\b", re.IGNORECASE)
_STOP = frozenset(
    "the a an and or of to in on at by for from with as is are was were be been has have had it its this that these those will would can could may might about into over after before their his her our your they he she we you i not no than then there which who what when where how all any some more most other such also only one two per new".split()  # noqa: SIM905, E501 - reads better
)
LEAST_CHARS = 12
LEAST_WORDS = 3
_LEAST_SHARED = 0.34
_SAME = """two three four five six seven eight nine ten eleven twelve dozen hundred thousand million billion percent
second third fourth fifth sixth half twice double triple thrice quarter january february march april june july august
september october november december monday tuesday wednesday thursday friday saturday sunday"""
_OTHERWISE = """millions=million mio=million billions=billion bn=billion %=percent eur=EUR euro=EUR euros=EUR €=EUR
usd=USD dollar=USD dollars=USD $=USD gbp=GBP pounds=GBP sterling=GBP £=GBP"""
_TERM_OF: Mapping[str, str] = {
    **{word: word for word in _SAME.split()},
    **{pair.partition("=")[0]: pair.partition("=")[2] for pair in _OTHERWISE.split()},
}
"""Words that count as figures do: how many, which one, when, in which money."""
_TOKEN = re.compile(r"[^\W\d_]+|[%€$£]")
_STEM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a quotation stands in a text, in characters."""

    start: int
    end: int


def find_quote(text: str, quote: str) -> Found | None:
    """Return where a quotation occurs in a text; nothing when it does not."""
    wanted = quote.strip().strip('"\u201c\u201d').strip()
    if not wanted:
        return None
    start = text.find(wanted)
    if start >= 0:
        return Found(start=start, end=start + len(wanted))
    plain = _plain(text)
    place = plain.text.find(_plain(wanted).text.strip())
    if place < 0:
        return None
    length = len(_plain(wanted).text.strip())
    return Found(start=plain.places[place], end=plain.places[place + length - 1] + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plain:
    text: str
    places: list[int]


def _plain(text: str) -> _Plain:
    """Return a text as it is compared, and where each of its characters came from."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if _INVISIBLE.match(letter):
            continue
        for sign in unicodedata.normalize("NFKC", letter).translate(_PLAIN):
            blank = sign.isspace()
            if blank and letters and letters[-1] == " ":
                continue
            letters.append(" " if blank else sign)
            places.append(place)
    return _Plain(text="".join(letters), places=places)


def gives_orders(text: str) -> bool:
    """Say whether words read like orders to a model; they are never evidence."""
    return _ORDERS.search(text) is not None


def names_in(text: str) -> frozenset[str]:
    """Return what a text calls by name: capitals that do not begin a sentence."""
    return frozenset(name.casefold() for name in _NAME.findall(text))


def fault_of(claim: str, quote: str, text: str, *, names: Collection[str] = ()) -> str:
    """Return why a claim does not stand on its quotation, or nothing.

    `names` are what the run knows by name, so that one at the beginning of a claim is seen, too.
    """
    if len(quote) < LEAST_CHARS or len(quote.split()) < LEAST_WORDS:
        return _("the quotation is too short to prove anything")
    if find_quote(text, quote) is None:
        return _("the quotation does not occur in the source")
    if gives_orders(quote) or gives_orders(claim):
        return _("the words are orders to the reader, not a statement")
    for check in (_figures, _terms, _negations, _directions, _opposites, _certainty, _subject):
        if fault := check(claim, quote):
            return fault
    return _others(claim, quote, names) or _strangers(claim, text, names)


def _figures(claim: str, quote: str) -> str:
    said = {_value(figure) for figure in _FIGURE.findall(quote)}
    lost = [figure for figure in _FIGURE.findall(claim) if _value(figure) not in said]
    return _("the figure {figure} is not in the quotation").format(figure=lost[0]) if lost else ""


def _value(figure: str) -> str:
    digits = re.sub(r"[\u00a0\u202f]", "", figure)
    head, mark, tail = digits.rpartition("." if digits.rfind(".") > digits.rfind(",") else ",")
    is_decimal = mark and len(tail) != 3 and head.count(mark) == 0  # noqa: PLR2004 - three digits are thousands
    plain = f"{re.sub('[.,]', '', head)}.{tail}" if is_decimal else re.sub("[.,]", "", digits)
    try:
        return str(Decimal(plain).normalize())
    except InvalidOperation:
        return figure


def _terms(claim: str, quote: str) -> str:
    said = _terms_in(quote)
    lost = sorted(_terms_in(claim) - said)
    return _("{word!r} is not in the quotation").format(word=lost[0]) if lost else ""


def _terms_in(text: str) -> set[str]:
    return {_TERM_OF[word] for word in _TOKEN.findall(text.casefold()) if word in _TERM_OF}


def _negations(claim: str, quote: str) -> str:
    is_denied = bool(_NEGATIONS.search(claim))
    return "" if is_denied == bool(_NEGATIONS.search(quote)) else _("one of them says no and the other does not")


def _directions(claim: str, quote: str) -> str:
    one, other = _way(claim), _way(quote)
    is_turned = one in {"up", "down"} and other in {"up", "down", "flat"} and one != other
    return _("the claim goes the other way than the quotation") if is_turned else ""


def _way(text: str) -> str:
    words = frozenset(word.casefold() for word in _WORD.findall(text))
    rises, falls = bool(words & _RISES), bool(words & _FALLS)
    if rises != falls:
        return "up" if rises else "down"
    return "flat" if words & _FLAT and not rises else ""


def _opposites(claim: str, quote: str) -> str:
    one, other = (frozenset(word.casefold() for word in _WORD.findall(text)) for text in (claim, quote))
    for pair in _OPPOSITES:
        here, there = one & pair, other & pair
        if here and there and not here & there:
            return _("the claim says {word!r} and the quotation the opposite").format(word=min(here))
    return ""


def _certainty(claim: str, quote: str) -> str:
    """Return whether a claim is more certain, or more general, than what it stands on."""
    if _PLANNED.search(quote) and not _OPEN.search(claim):
        return _("the quotation speaks of a plan or a belief, the claim of a fact")
    one, other = (frozenset(word.casefold() for word in _WORD.findall(text)) for text in (claim, quote))
    return _("the quotation does not say it of all") if one & _WHOLE and not other & _WHOLE else ""


def _subject(claim: str, quote: str) -> str:
    wanted, said = _stems(claim), _stems(quote)
    shared = len(wanted & said) / len(wanted) if wanted else 0.0
    return "" if shared >= _LEAST_SHARED else _("the quotation speaks of something else")


def _others(claim: str, quote: str, names: Collection[str]) -> str:
    """Return whether the claim names somebody and the quotation somebody else; `it` may be anybody."""
    said, quoted = _named(claim, names), _named(quote, names)
    lost = sorted(name for name in said if name not in quote.casefold())
    if lost and any(name not in claim.casefold() for name in quoted):
        return _("the quotation does not speak of {name!r}").format(name=lost[0])
    return ""


def _named(text: str, names: Collection[str]) -> set[str]:
    first = _FIRST_NAME.match(text)
    said = {*_NAME.findall(text)} | ({first[0]} if first is not None and first[0].casefold() in names else set[str]())
    return {name.casefold().removesuffix("'s") for name in said}


def _strangers(claim: str, text: str, names: Collection[str]) -> str:
    known = text.casefold()
    lost = sorted(name for name in _named(claim, names) if name not in known)
    return _("the source does not name {name!r}").format(name=lost[0]) if lost else ""


def _stems(text: str) -> set[str]:
    words = (word.casefold() for word in re.findall(r"[^\W_]+", text))
    return {word[:_STEM] for word in words if word not in _STOP and len(word) > 1}
