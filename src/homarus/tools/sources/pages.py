"""What a page is to a watcher: its text, and the prices and openings that it states for machines."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.sources import Item, NoDataError
from homarus.tools.readable import readable
from homarus.tools.sources.addresses import canonical, is_same_site
from homarus.tools.sources.courier import Brought
from homarus.tools.sources.offers import Offer, offer_at, offers_of, openings_of, parsed
from homarus.tools.sources.parts import MOST_CHARS


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A page that is watched, and where its price stands when it does not say so for machines."""

    url: str
    name: str = ""
    price: str = ""
    """CSS selector."""
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """A page taken apart."""

    title: str
    text: str
    url: str
    """Its one address."""
    items: tuple[Item, ...]


def page_read(watch: Watch, brought: Brought, *, blob: str, at: datetime) -> PageRead:
    """Take a page apart; deterministic, whatever is in it.

    Raises:
        NoDataError: when it is nothing that can be read as a page.
    """
    if brought.body.startswith(b"%PDF-") or brought.kind == "application/pdf":
        raise NoDataError(
            _("{url!r} is a PDF, which is not read.").format(url=watch.url),
            hint=_("Look for a page with the same text."),
        )
    if brought.kind and not brought.body:
        raise NoDataError(
            _("{url!r} is empty or no text ({kind}).").format(url=watch.url, kind=brought.kind),
            hint=_("Look at the page in a browser."),
        )
    text = brought.text
    if "html" not in brought.kind and "<html" not in text[:2000].lower():
        plain = Item(key=canonical(watch.url), kind="page", title=watch.name or watch.url, text=text[:MOST_CHARS])
        return PageRead(title=plain.title, text=text, url=plain.key, items=(_dated(plain, watch.url, blob, at),))
    return _of_html(watch, brought, text, blob=blob, at=at)


def _of_html(watch: Watch, brought: Brought, html: str, *, blob: str, at: datetime) -> PageRead:
    page = readable(html, url=brought.url)
    if not page.text.strip() and not watch.price:
        raise NoDataError(
            _("{url!r} shows nothing without scripts.").format(url=watch.url),
            hint=_("Look for a feed or an interface of the site; scripts of pages are not run."),
        )
    tree = parsed(html)
    own = tree.css_first("link[rel=canonical]")
    named = (own.attributes.get("href") or "") if own is not None else ""
    url = canonical(named if named and is_same_site(named, watch.url) else watch.url)
    title = watch.name or page.title or url
    whole = Item(key=url, kind="page", title=title, text=page.text[:MOST_CHARS])
    items = [_dated(whole, watch.url, blob, at)]
    offers = list(offers_of(tree, title=title))
    if watch.price:
        chosen = offer_at(tree, watch.price, name=title, currency=watch.currency)
        offers = [chosen] if chosen is not None else []
    items += _priced(offers, url, title, blob, at)
    for opening in openings_of(tree):
        fields: dict[str, Json] = {"title": opening.title, "place": opening.place}
        key = f"{url}#job:{_short(f'{opening.title}|{opening.place}')}"
        items.append(Item(key=key, kind="job", title=opening.title, fields=fields, url=url, blob=blob, at=at))
    return PageRead(title=title, text=page.text, url=url, items=tuple(items))


def _priced(offers: list[Offer], url: str, title: str, blob: str, at: datetime) -> Iterator[Item]:
    for offer in offers:
        name = offer.name or title
        key = url + ("#price" if len(offers) == 1 else f"#price:{_short(name)}")
        fields: dict[str, Json] = {
            "name": name,
            "price": offer.money.amount,
            "currency": offer.money.currency,
            "availability": offer.availability,
        }
        yield Item(key=key, kind="price", title=name, fields=fields, url=url, blob=blob, at=at)


def _dated(item: Item, url: str, blob: str, at: datetime) -> Item:
    return Item(key=item.key, kind=item.kind, title=item.title, text=item.text, url=canonical(url), blob=blob, at=at)


def _short(text: str) -> str:
    return hashlib.sha256(text.casefold().encode()).hexdigest()[:12]
