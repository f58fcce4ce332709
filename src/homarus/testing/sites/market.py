"""An invented market, balcony solar kits, as it is in two nights; and the truths that a good report must find in it."""

from dataclasses import dataclass
from random import Random

FIRST_NIGHT = 1
SECOND_NIGHT = 2
DAYS = {1: "2026-11-18", 2: "2026-11-19", 3: "2026-11-20"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A product of a shop."""

    shop: str
    slug: str
    name: str
    cents: int
    currency: str
    watts: int
    in_stock: bool = True

    @property
    def price(self) -> str:
        """As a machine reads it."""
        return f"{self.cents // 100}.{self.cents % 100:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Something that changed between the first night and the second."""

    what: str
    kind: str
    """`price`, `availability`, `currency`, `gone`, `new`, `release`, `job`, `edit`, `mention`."""
    site: str
    path: str
    before: str = ""
    after: str = ""


_MAKERS = {"solmark": ("Solmark", "EUR"), "kestrel": ("Kestrel", "EUR"), "brightnook": ("Brightnook", "GBP")}
_LINES = ("Duo", "Solo", "Trio", "Rail", "Terrace", "Loggia", "Garden", "Flat", "Roof", "Camp", "Winter", "Mini")
_WATTS = (400, 600, 800)

PLANTED = (
    Planted(
        what="Solmark Duo 800 is cheaper",
        kind="price",
        site="solmark",
        path="/kits/duo-800",
        before="549.00",
        after="499.00",
    ),
    Planted(what="Kestrel Rail 600 is sold out", kind="availability", site="kestrel", path="/kits/rail-600"),
    Planted(
        what="Brightnook Trio 800 is asked for in another currency",
        kind="currency",
        site="brightnook",
        path="/kits/trio-800",
        before="GBP",
        after="USD",
    ),
    Planted(what="Kestrel Camp 400 is gone", kind="gone", site="kestrel", path="/kits/camp-400"),
    Planted(
        what="inverter-firmware 2.1.0 is out",
        kind="release",
        site="hub",
        path="/repos/halvorsen/inverter-firmware/releases",
    ),
    Planted(what="Kestrel seeks a grid engineer", kind="job", site="kestrel", path="/jobs"),
    Planted(what="The recall was corrected", kind="edit", site="press", path="/feed.xml"),
    Planted(what="Halvorsen opens a plant in Narvik", kind="new", site="press", path="/feed.xml"),
    Planted(
        what="People complain about the Duo 800 bracket", kind="mention", site="orange", path="/api/v1/search_by_date"
    ),
)


def kits(shop: str, night: int) -> tuple[Kit, ...]:
    """Return what a shop sells in a night."""
    maker, currency = _MAKERS[shop]
    chance = Random(f"{shop} prices")  # noqa: S311 - invented prices, the same every time
    sold = [
        Kit(
            shop=shop,
            slug=f"{line.lower()}-{watts}",
            name=f"{maker} {line} {watts}",
            cents=watts * 60 + chance.randrange(20, 240) * 100 - 1_00 * (watts // 100),
            currency=currency,
            watts=watts,
        )
        for line in _LINES
        for watts in _WATTS
    ]
    return tuple(changed for kit in sold if (changed := _in_night(kit, night)) is not None)


def _in_night(kit: Kit, night: int) -> Kit | None:
    from dataclasses import replace

    is_later = night >= SECOND_NIGHT
    match (kit.shop, kit.slug):
        case ("solmark", "duo-800"):
            return replace(kit, cents=49_900 if is_later else 54_900)
        case ("kestrel", "rail-600"):
            return replace(kit, in_stock=not is_later)
        case ("kestrel", "camp-400"):
            return None if is_later else kit
        case ("brightnook", "trio-800"):
            return replace(kit, cents=61_900, currency="USD" if is_later else "GBP")
        case _:
            return kit


def kit(shop: str, slug: str, night: int) -> Kit | None:
    """Return a product, if the shop has it in that night."""
    return next((one for one in kits(shop, night) if one.slug == slug), None)
