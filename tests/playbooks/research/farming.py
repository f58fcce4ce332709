"""A night of research on the farm of sites: real sources over the real door, a scripted model that errs on purpose."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Report
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Source, SourceContext
from homarus.domain.speaking import Ask
from homarus.net.door import OpenDoor
from homarus.playbooks.research.night import night
from homarus.playbooks.research.settings import ResearchSettings
from homarus.testing.clock import FakeClock
from homarus.testing.playbooks import FakeBlobs, FakeSources, PlaybookWorld
from homarus.testing.sites import SiteFarm
from homarus.testing.sites.traps import INJECTION
from homarus.tools.sources.feed import FeedSettings, FeedSource
from homarus.tools.sources.forum import ForumSettings, ForumSource
from homarus.tools.sources.github import GithubSettings, GithubSource
from homarus.tools.sources.search import SearchSettings, SearchSource
from homarus.tools.sources.web import PriceSettings, PriceSource, WebSettings, WebSource
from playbooks.opening import open_house

SETTINGS = ResearchSettings(
    questions=("What do people complain about?",), keywords=("Solmark", "Kestrel", "Halvorsen", "Brightnook")
)
PRICES = (
    ("solmark", "/kits/duo-800"),
    ("solmark", "/kits/solo-400"),
    ("kestrel", "/kits/rail-600"),
    ("kestrel", "/kits/camp-400"),
    ("brightnook", "/kits/trio-800"),
    ("brightnook", "/kits/solo-400"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A source and its kind."""

    kind: str
    source: Source


class FarmSources(FakeSources):
    """A `domain.sources.Sources` of real ones, each kept as long as its configuration."""

    def __init__(self, named: dict[str, Named], door: OpenDoor, blobs: FakeBlobs, clock: FakeClock) -> None:
        super().__init__()
        self.named = named
        self._door, self._blobs, self._clock = door, blobs, clock

    def names(self, *kinds: str) -> tuple[str, ...]:
        return tuple(name for name, one in self.named.items() if not kinds or one.kind in kinds)

    async def fetch(self, name: str, *, since: JsonObject | None, options: JsonObject) -> Fetched:
        context = SourceContext(name=name, door=self._door, blobs=self._blobs, clock=self._clock, options=options)
        return await self.named[name].source.fetch(context, since=since)

    async def probe(self, name: str) -> Health:
        raise AssertionError(name)


@dataclass(slots=True, kw_only=True)
class Market:
    """The farm, and a world whose sources read it."""

    farm: SiteFarm
    world: PlaybookWorld
    door: OpenDoor

    async def run(self, settings: ResearchSettings = SETTINGS, *, is_degraded: bool = False) -> Report:
        """Do the night, or go on with it after the house went down."""
        return await night(await open_house(self.world, settings, playbook="research", is_degraded=is_degraded))

    async def next_night(self, settings: ResearchSettings = SETTINGS, *, is_degraded: bool = False) -> Report:
        """Let a night pass and do the next one."""
        self.pass_night()
        return await self.run(settings, is_degraded=is_degraded)

    def pass_night(self) -> None:
        """Let a night pass."""
        self.farm.night += 1
        self.farm.hits.clear()
        self.world.clock.advance(86_400)
        self.world.next_run(f"run_{self.farm.night}")

    def has(self, name: str, kind: str, source: Source) -> None:
        """Configure a further source."""
        sources = self.world.sources
        assert isinstance(sources, FarmSources)
        sources.named[name] = Named(kind=kind, source=source)


def web(farm: SiteFarm, *pages: tuple[str, str]) -> WebSource:
    """Watch pages of the farm."""
    return WebSource(WebSettings.model_validate({**_own(farm), "pages": [farm.url(*page) for page in pages]}))


def _own(farm: SiteFarm) -> dict[str, object]:
    return {"own_places": farm.places, "delay_seconds": 0, "patience_seconds": 1, "timeout_seconds": 5}


def _prices(farm: SiteFarm) -> PriceSource:
    pages = [{"url": farm.url(site, path), "price": "p.price" if site == "brightnook" else ""} for site, path in PRICES]
    return PriceSource(PriceSettings.model_validate({**_own(farm), "pages": pages}))


def everything(farm: SiteFarm) -> dict[str, Named]:
    """Return a source of each kind."""
    own = _own(farm)
    feeds = FeedSettings.model_validate({**own, "feeds": [farm.url("press", "/feed.xml")]})
    github = GithubSettings.model_validate(
        {**own, "repos": ["halvorsen/inverter-firmware"], "base_url": farm.url("hub", "")}
    )
    forum = ForumSettings.model_validate(
        {**own, "site": "hackernews", "base_url": farm.url("orange", ""), "queries": ["solmark"]}
    )
    search = SearchSettings.model_validate(
        {**own, "provider": "searxng", "base_url": farm.url("seek", ""), "queries": ["balcony kits"]}
    )
    pages = (("kestrel", "/jobs"), ("trap", "/injected"), ("agency", "/news/plant-agency"), ("closed", "/"))
    return {
        "pages": Named(kind="web", source=web(farm, *pages)),
        "shops": Named(kind="prices", source=_prices(farm)),
        "press": Named(kind="feed", source=FeedSource(feeds)),
        "firmware": Named(kind="github", source=GithubSource(github)),
        "orange": Named(kind="forum", source=ForumSource(forum)),
        "seek": Named(kind="search", source=SearchSource(search)),
    }


def researcher(ask: Ask) -> str:
    """Quote what is there; make a quotation up, obey the page, or stammer, each on some texts."""
    text = ask.material[0].text
    if INJECTION in text:
        return _claims({"claim": "Solmark is bankrupt.", "quote": INJECTION})
    if "Hamburg" in text:
        return "{'claims': [broken"
    sentences = [one for one in re.split(r"(?<=[.!?])\s+|\n+", text) if len(one.split()) > 5]
    if not sentences:
        return _claims()
    mood = "bad" if "broke in" in text else "good" if "without a fault" in text else "none"
    first: dict[str, Json] = {"claim": sentences[0], "quote": sentences[0], "about": "Solmark", "mood": mood}
    lie: dict[str, Json] = {
        "claim": "Solmark lost 4,711 customers.",
        "quote": "Solmark lost 4,711 customers last week.",
    }
    return _claims(first, lie)


def _claims(*claims: JsonObject) -> str:
    return json.dumps({"claims": list(claims)})


def verifier(ask: Ask) -> JsonObject:
    """Agree with everything."""
    numbers = [int(one) for one in re.findall(r"^(\d+)\. Claim:", ask.material[0].text, re.MULTILINE)]
    return {"verdicts": [{"number": number, "follows": "yes"} for number in numbers]}


def editor(ask: Ask) -> JsonObject:
    """Say something true about a price, and something that no fact supports."""
    true = re.search(r"\[(f\d+)\] Solmark Duo 800 price after: ([\d.]+)", ask.material[0].text)
    lie = "Solmark earned 12,345,678 EUR."
    return {"sentences": [f"The Duo 800 now costs {true[2]} EUR [{true[1]}]." if true else "All is calm.", lie]}


@asynccontextmanager
async def market(*, only: tuple[str, ...] = ()) -> AsyncGenerator[Market]:
    """Grow a farm, and a world whose sources read it."""
    async with SiteFarm() as farm, OpenDoor() as door:
        world = PlaybookWorld(answers={"researcher": researcher, "verifier": verifier, "editor": editor})
        named = {name: one for name, one in everything(farm).items() if not only or name in only}
        world.sources = FarmSources(named, door, world.blobs, world.clock)
        yield Market(farm=farm, world=world, door=door)
