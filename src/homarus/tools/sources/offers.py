"""What pages say to machines: prices and openings in JSON-LD, microdata and meta elements, and prices in plain words.

What changes by the hour and means nothing is not taken over: `priceValidUntil`, counts of visitors, times of a build.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TYPE_CHECKING, cast

from homarus.domain.content import Json, JsonObject
from homarus.tools.nesting import flat

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "zł": "PLN", "₹": "INR", "Fr.": "CHF"}
_ELSEWHERE = re.compile(r"\b(?P<code>US|CA|AU|NZ|HK|SG)\s?\$")
_CODE = re.compile(r"\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|JPY|CNY|CAD|AUD|NZD|INR|BRL|MXN|KRW|ZAR)\b")
_AMOUNT = r"\d{1,3}(?:['\u2019\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d[\d.,]*\d|\d"
_FIGURE = re.compile(_AMOUNT)
_SIGN = rf"(?:[A-Z]{{2}}\s?)?[€£$¥₹]|zł|Fr\.|{_CODE.pattern}"
_PRICED = re.compile(rf"(?:{_SIGN})\s?(?P<after>{_AMOUNT})|(?P<before>{_AMOUNT})(?:[.,]-{{1,2}})?\s?(?:{_SIGN})")
_BARE_PRICE = re.compile(rf"\D{{0,12}}?(?P<amount>{_AMOUNT})(?:[.,][-\u2013]+)?\s?(?!\s?%)\D{{0,12}}", re.DOTALL)
_PER = re.compile(r"\s?(?:€|EUR|\$|£)?\s?(?:/|per\b|je\b|pro\b)", re.IGNORECASE)
_INSTEAD = re.compile(
    r"statt|bisher|uvp|früher|was\b|instead|regular|list price|rrp|before|ancien|au lieu|antes"
    r"|ab\b|from\b|bis\b|to\b|-\s*\d|\u2013",
    re.IGNORECASE,
)
_STRUCK = "del, s, strike, [class*=old-price], [class*=was-price], [class*=price-old]"
_MOST_DEPTH = 12
_MOST_OFFERS = 50
_GROUP_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in a currency; without a currency it is not compared with anything."""

    amount: str
    """As a plain decimal: `1299.00`."""
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What something costs."""

    name: str
    money: Money
    availability: str = ""
    """`InStock`, `OutOfStock`, `PreOrder` ... as schema.org has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A job that somebody offers."""

    title: str
    place: str = ""


def parsed(html: str) -> "LexborHTMLParser":
    """Read a page as browsers do."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(flat(html))


def offers_of(page: "LexborHTMLParser", *, title: str = "") -> tuple[Offer, ...]:
    """Return the offers that a page states for machines, the same one once."""
    found = [*_of_json_ld(page), *_of_microdata(page, title)] or list(_of_meta(page, title))
    return tuple(dict.fromkeys(found))[:_MOST_OFFERS]


def offer_at(page: "LexborHTMLParser", selector: str, *, name: str, currency: str) -> Offer | None:
    """Return the price that stands in the element which the owner named."""
    from selectolax.lexbor import SelectolaxError

    try:
        node = page.css_first(selector)
    except (SelectolaxError, ValueError):
        return None
    for struck in node.css(_STRUCK) if node is not None else ():
        if struck != node:
            struck.decompose()
    money = read_money(node.text(), currency=currency) if node is not None else None
    return Offer(name=name, money=money) if money is not None else None


def openings_of(page: "LexborHTMLParser") -> tuple[Opening, ...]:
    """Return the jobs that a page states for machines."""
    found: list[Opening] = []
    for said in _said(page):
        if "JobPosting" in _types(said) and (title := _text(said.get("title"))):
            place = said.get("jobLocation")
            place = place[0] if isinstance(place, list) and place else place
            where = place.get("address") if isinstance(place, Mapping) else place
            where = where.get("addressLocality") if isinstance(where, Mapping) else where
            found.append(Opening(title=title, place=_text(where)))
    return tuple(dict.fromkeys(found))


def read_money(text: str, *, currency: str = "") -> Money | None:
    """Read an amount as people write it: `1.299,00 €`, `£1,299`, `CHF 1'299.-`; none where nobody can tell which it is.

    A figure beside a currency counts before others: `3 for 9.99 $`, `-20 % 79 €`. Without one the text must be little
    more than the figure, as `call 030 123456` is no price.
    """
    priced = [found for found in _PRICED.finditer(text) if not _PER.match(text[found.end() :])] or list(
        _PRICED.finditer(text)
    )
    if priced:
        amounts = [plain_amount(found["after"] or found["before"]) for found in priced]
        if len(set(amounts)) > 1 and _INSTEAD.search(text):
            return None
        amount = amounts[0]
    else:
        bare = _BARE_PRICE.fullmatch(text.strip())
        amount = plain_amount(bare["amount"]) if bare is not None else None
    return Money(amount=amount, currency=currency.upper() or _currency(text)) if amount is not None else None


def plain_amount(figure: str) -> str | None:
    """Return a figure as a plain decimal, whichever way its thousands and decimals are set apart."""
    digits = re.sub(r"['\u2019\u00a0\u202f ]", "", figure)
    last = max(digits.rfind("."), digits.rfind(","))
    if last >= 0:
        sign, tail = digits[last], digits[last + 1 :]
        is_decimal = (len(tail) != _GROUP_DIGITS or digits.startswith("0")) and digits.count(sign) == 1
        whole = re.sub(r"[.,]", "", digits[:last])
        digits = f"{whole}.{tail}" if is_decimal else whole + tail
    try:
        value = Decimal(digits)
    except InvalidOperation:
        return None
    return f"{value:.2f}" if value.is_finite() else None


def _currency(text: str) -> str:
    if (elsewhere := _ELSEWHERE.search(text)) is not None:
        return f"{elsewhere['code']}D"
    if (code := _CODE.search(text)) is not None:
        return code[0]
    return next((name for sign, name in _SIGNS.items() if sign in text), "")


def _of_json_ld(page: "LexborHTMLParser") -> Iterator[Offer]:
    for said in _said(page):
        if not {"Product", "ProductGroup", "IndividualProduct", "Service"} & _types(said):
            continue
        name = _text(said.get("name"))
        for offer in _listed(said.get("offers")):
            priced: JsonObject = offer
            amount = _stated(offer.get("price")) or _stated(offer.get("lowPrice"))
            if amount is None and isinstance(specified := offer.get("priceSpecification"), Mapping):
                priced = specified
                amount = _stated(specified.get("price"))
            if amount is not None:
                yield Offer(
                    name=_text(offer.get("name")) or name,
                    money=Money(amount=amount, currency=_text(priced.get("priceCurrency")).upper()),
                    availability=_text(offer.get("availability")).rsplit("/", 1)[-1],
                )


def _stated(price: Json) -> str | None:
    """Return a price as JSON says it: a number is one already, and three digits behind its point are decimals."""
    if isinstance(price, int | float) and not isinstance(price, bool):
        return f"{price:.2f}" if isfinite(price) and price >= 0 else None
    return plain_amount(price) if isinstance(price, str) and _FIGURE.fullmatch(price.strip()) else None


def _of_microdata(page: "LexborHTMLParser", title: str) -> Iterator[Offer]:
    for product in page.css('[itemtype*="schema.org/Product"]'):
        name = _property(product, "name") or title
        price = _property(product, "price") or _property(product, "lowPrice")
        amount = plain_amount(price) if price and _FIGURE.fullmatch(price) else None
        if amount is None:
            continue
        yield Offer(
            name=name,
            money=Money(amount=amount, currency=_property(product, "priceCurrency").upper()),
            availability=_property(product, "availability").rsplit("/", 1)[-1],
        )


def _of_meta(page: "LexborHTMLParser", title: str) -> Iterator[Offer]:
    for prefix in ("product", "og"):
        price = page.css_first(f'meta[property="{prefix}:price:amount"]')
        currency = page.css_first(f'meta[property="{prefix}:price:currency"]')
        amount = plain_amount(price.attributes.get("content") or "") if price is not None else None
        if amount is not None:
            code = (currency.attributes.get("content") or "") if currency is not None else ""
            yield Offer(name=title, money=Money(amount=amount, currency=code.upper()))


def _property(product: "LexborNode", name: str) -> str:
    node = product.css_first(f'[itemprop="{name}"]')
    if node is None:
        return ""
    said = node.attributes.get("content") or node.attributes.get("href") or node.text()
    return " ".join(said.split())


def _said(page: "LexborHTMLParser") -> Iterator[JsonObject]:
    for node in page.css('script[type="application/ld+json"]'):
        try:
            whole = cast("Json", json.loads(node.text(), strict=False))
        except (ValueError, RecursionError):
            continue
        yield from _objects(whole, 0)


def _objects(value: Json, depth: int) -> Iterator[JsonObject]:
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from _objects(part, depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            yield from _objects(part, depth + 1)


def _listed(value: Json) -> list[JsonObject]:
    listed = [value] if isinstance(value, Mapping) else value if isinstance(value, list) else []
    flat: list[JsonObject] = []
    for one in listed:
        if isinstance(one, Mapping):
            flat += _listed(one["offers"]) if "offers" in one and "lowPrice" not in one else [one]
    return flat


def _types(said: JsonObject) -> set[str]:
    kind = said.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return {one.rsplit("/", 1)[-1] for one in kinds if isinstance(one, str)}


def _text(value: Json) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
