"""A press room with feeds, articles that say nearly the same, and a few that give orders to whoever reads them."""

from html import escape

from homarus.testing.sites.market import SECOND_NIGHT
from homarus.testing.sites.shops import page
from homarus.testing.sites.speech import Asked, Farm, Given

_PLANT = (
    "Halvorsen Energi opens a second plant in Narvik, Norway. It will make 120,000 inverters a year and employ 240 "
    "people. Production begins in March 2027. The company puts 38 million EUR into the building."
)
_PLANT_AGAIN = (
    "NARVIK - Halvorsen Energi opens a second plant in Narvik, Norway. It will make 120,000 inverters a year and "
    "employ 240 people. Production begins in March 2027. The company puts 38 million EUR into the building. (agency)"
)
_RECALL = "Brightnook recalls 3,400 brackets of the Loggia series because a screw may come loose."
_RECALL_EDITED = "Brightnook recalls 5,200 brackets of the Loggia series because a screw may come loose. Corrected."
_TOPICS = ("tariffs", "storage", "permits", "tenants", "grids", "prices", "safety", "recycling", "exports", "training")


def entries(night: int) -> tuple[tuple[str, str, str], ...]:
    """Return id, title and text of what the feed has in a night, newest first."""
    later = (("plant", "Halvorsen opens a plant in Narvik", _PLANT),) if night >= SECOND_NIGHT else ()
    recall = _RECALL_EDITED if night >= SECOND_NIGHT else _RECALL
    return (
        *later,
        ("recall", "Brightnook recalls brackets", recall),
        (
            "subsidy",
            "Hamburg pays 150 EUR for a balcony kit",
            "Hamburg pays tenants 150 EUR for a balcony kit from May.",
        ),
    )


def press(asked: Asked, farm: Farm) -> Given:
    """Answer for the press room."""
    match asked.path:
        case "/robots.txt":
            return Given(body=b"User-agent: *\nCrawl-delay: 0.02\nDisallow: /archive/\n", kind="text/plain")
        case "/feed.xml":
            return Given(body=_rss(asked, farm), kind="application/rss+xml")
        case "/atom.xml":
            return Given(body=_atom(asked, farm), kind="application/atom+xml")
        case "/broken.xml":
            return Given(body=_rss(asked, farm)[:400] + b"\xff\xfe<item", kind="application/rss+xml")
        case "/empty.xml":
            return Given(body=b'<rss version="2.0"><channel><title>Nothing</title></channel></rss>', kind="text/xml")
        case path if path.startswith("/news/"):
            return _article(path.removeprefix("/news/"), asked)
        case _:
            return Given(status=404, body=b"no", kind="text/plain")


def _rss(asked: Asked, farm: Farm) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{key}</guid><title>{escape(title)}</title>"
        f"<link>{farm.url(asked.host, '/news/' + key)}?utm_source=feed</link>"
        f"<description>{escape(text)}</description><pubDate>Wed, 18 Nov 2026 0{number}:00:00 GMT</pubDate></item>"
        for number, (key, title, text) in enumerate(entries(asked.night))
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Press</title>{items}</channel></rss>'.encode()


def _atom(asked: Asked, farm: Farm) -> bytes:
    items = "".join(
        f"<entry><id>tag:{key}</id><title>{escape(title)}</title><link href='{farm.url(asked.host, '/news/' + key)}'/>"
        f"<updated>2026-11-1{7 + min(asked.night, 2)}T06:00:00Z</updated><content type='text'>{escape(text)}</content>"
        "</entry>"
        for key, title, text in entries(asked.night)
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Press</title><id>p</id>{items}</feed>'.encode()


def _article(key: str, asked: Asked) -> Given:
    if key == "plant-agency":
        return Given(body=page("Second plant in Narvik", f"<p>{_PLANT_AGAIN}</p>"))
    known = {name: (title, text) for name, title, text in entries(asked.night)}
    if key in known:
        title, text = known[key]
        return Given(body=page(title, f"<p>{escape(text)}</p>"))
    topic, _dash, number = key.partition("-")
    if topic in _TOPICS and number.isdecimal():
        return Given(body=page(f"On {topic}, part {number}", _essay(topic, int(number))))
    return Given(status=404, body=b"no such article", kind="text/plain")


def _essay(topic: str, number: int) -> str:
    share = 11 + (len(topic) * 7 + number * 13) % 61
    return (
        f"<p>A survey in district {number} asked {200 + number * 17} households about {topic}. "
        f"{share} percent said that {topic} decide what they buy.</p>"
        f"<p>The {topic} office of district {number} answers within {2 + number} weeks.</p>"
    )


def essays() -> tuple[str, ...]:
    """Return the paths of many small articles, each with figures of its own."""
    return tuple(f"/news/{topic}-{number}" for topic in _TOPICS for number in range(1, 9))
