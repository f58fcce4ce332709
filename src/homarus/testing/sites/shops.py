"""Three shops, each with prices in a form of its own, and with things on their pages that change by the hour."""

import hashlib
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from homarus.domain.content import JsonObject
from homarus.testing.sites.market import DAYS, SECOND_NIGHT, Kit, kit, kits
from homarus.testing.sites.speech import Asked, Farm, Given

_ROBOTS = "User-agent: *\nDisallow: /cart\nDisallow: /private/\nCrawl-delay: {delay}\n"
_MANNERS = {"solmark": "0", "kestrel": "0", "brightnook": "0.02"}


def page(title: str, body: str, *, head: str = "") -> bytes:
    """Return a page with the furniture that pages have."""
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(title)}</title>{head}</head><body>"
        "<header><a href=/>Home</a> <a href=/cart>Cart</a></header><nav><a href=/kits>All kits</a></nav>"
        f"<main><h1>{escape(title)}</h1>{body}</main><footer>An invented shop.</footer></body></html>"
    ).encode()


def shop(asked: Asked, _farm: Farm) -> Given:
    """Answer for a shop: Solmark says its prices in JSON-LD, Kestrel in microdata, Brightnook in plain elements."""
    if asked.path == "/robots.txt":
        return Given(body=_ROBOTS.format(delay=_MANNERS[asked.host]).encode(), kind="text/plain")
    if asked.path in {"/", "/kits"}:
        return _with_tag(asked, _list(asked))
    if asked.path == "/jobs":
        return _with_tag(asked, _jobs(asked))
    if asked.path.startswith("/kits/"):
        return _product(asked)
    if asked.path in {"/cart", "/private/margins"}:
        return Given(body=page("Not for robots", "<p>Nobody polite reads this.</p>"))
    return Given(status=404, body=page("Not here", "<p>There is no such page.</p>"))


def _with_tag(asked: Asked, body: bytes) -> Given:
    """Return a page with an ETag and a date; 304 when the client has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    changed = datetime.fromisoformat(f"{DAYS.get(asked.night, DAYS[SECOND_NIGHT])}T03:00:00+00:00").astimezone(UTC)
    headers = {"ETag": tag, "Last-Modified": format_datetime(changed, usegmt=True)}
    if asked.headers.get("if-none-match") == tag:
        return Given(status=304, headers=headers)
    return Given(body=body, headers=headers)


def _list(asked: Asked) -> bytes:
    rows = "".join(f"<li><a href=/kits/{one.slug}>{escape(one.name)}</a></li>" for one in kits(asked.host, asked.night))
    return page(f"{asked.host.title()} balcony kits", f"<ul>{rows}</ul>")


def _product(asked: Asked) -> Given:
    found = kit(asked.host, asked.path.removeprefix("/kits/"), asked.night)
    if found is None:
        return Given(status=410, body=page("Gone", "<p>We do not sell this any more.</p>"))
    written = {"solmark": _json_ld, "kestrel": _microdata, "brightnook": _elements}[asked.host](found, asked.night)
    return Given(body=written) if asked.host == "brightnook" else _with_tag(asked, written)


def _about(one: Kit) -> str:
    return (
        f"<p>{escape(one.name)} brings {one.watts} watts to a balcony. The inverter is certified and the set weighs "
        f"{10 + one.watts // 40} kilograms. Two people mount it in an afternoon without drilling.</p>"
    )


def _json_ld(one: Kit, night: int) -> bytes:
    """Volatile on purpose: `priceValidUntil` moves every night, and the stock figure with it."""
    offer: JsonObject = {
        "@type": "Offer",
        "price": one.price,
        "priceCurrency": one.currency,
        "priceValidUntil": f"2026-12-{night:02d}",
        "availability": "https://schema.org/InStock" if one.in_stock else "https://schema.org/OutOfStock",
    }
    said: JsonObject = {"@context": "https://schema.org", "@type": "Product", "name": one.name, "offers": offer}
    head = f'<script type="application/ld+json">{json.dumps(said)}</script>'
    return page(one.name, _about(one) + f"<p>Only {7 + night} people look at this now.</p>", head=head)


def _microdata(one: Kit, night: int) -> bytes:
    stock = "InStock" if one.in_stock else "OutOfStock"
    body = (
        '<div itemscope itemtype="https://schema.org/Product">'
        f'<span itemprop="name">{escape(one.name)}</span>'
        '<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
        f'<meta itemprop="priceCurrency" content="{one.currency}"><span itemprop="price" content="{one.price}">'
        f'{one.price.replace(".", ",")} €</span><link itemprop="availability" href="https://schema.org/{stock}"></div></div>'
    )
    return page(one.name, body + _about(one) + f"<p>Last updated: {DAYS.get(night, DAYS[2])} 03:1{night}</p>")


def _elements(one: Kit, night: int) -> bytes:
    sign = {"GBP": "£", "USD": "$"}[one.currency]
    advert = f"<aside>Advertisement {night * 7919}: buy a kettle</aside>"
    body = f'<p class="price now">{sign}{one.price}</p>' + _about(one) + advert
    return page(one.name, body + f"<p>{1200 + night * 37} views today</p>")


def _jobs(asked: Asked) -> bytes:
    openings = ["Warehouse lead, Leer"]
    if asked.host == "kestrel" and asked.night >= SECOND_NIGHT:
        openings.append("Grid engineer, Tromsø")
    said = [
        {
            "@context": "https://schema.org",
            "@type": "JobPosting",
            "title": opening.split(", ")[0],
            "jobLocation": {"@type": "Place", "address": opening.split(", ")[1]},
            "datePosted": "2026-11-01",
        }
        for opening in openings
    ]
    heads = "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in said)
    return page("Work with us", "".join(f"<p>{escape(one)}</p>" for one in openings), head=heads)
