"""Which sites there are, and the pages of theirs that are worth watching."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from homarus.testing.sites.boards import hub, lemming, orange, seek, talk, tusk
from homarus.testing.sites.market import kits
from homarus.testing.sites.press import essays, press
from homarus.testing.sites.shops import shop
from homarus.testing.sites.speech import Asked, Farm, Given
from homarus.testing.sites.traps import busy, closed, slowly, trap, unwell

Site: TypeAlias = Callable[[Asked, Farm], Given]

SITES: Mapping[str, Site] = {
    "solmark": shop,
    "kestrel": shop,
    "brightnook": shop,
    "press": press,
    "agency": press,
    "orange": orange,
    "talk": talk,
    "lemming": lemming,
    "tusk": tusk,
    "hub": hub,
    "seek": seek,
    "trap": trap,
    "busy": busy,
    "closed": closed,
    "unwell": unwell,
    "slowly": slowly,
}


def price_pages(farm: Farm) -> tuple[str, ...]:
    """Return every product page of the three shops, as they were in the first night."""
    shops = ("solmark", "kestrel", "brightnook")
    return tuple(farm.url(name, f"/kits/{kit.slug}") for name in shops for kit in kits(name, 1))


def news_pages(farm: Farm) -> tuple[str, ...]:
    """Return many small articles."""
    return tuple(farm.url("press", path) for path in essays())
