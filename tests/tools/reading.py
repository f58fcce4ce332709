"""A source of ours over the real door, on the farm of sites: reads it as a playbook would."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from homarus.domain.content import Json, JsonObject
from homarus.domain.sources import Fetched, Item, Source, SourceContext
from homarus.net.door import OpenDoor
from homarus.testing.clock import FakeClock
from homarus.testing.playbooks import FakeBlobs
from homarus.testing.sites import SiteFarm
from homarus.tools.sources.courier import Courier, Manners


class Naps:
    """Sleep that takes no time, and remembers how long it was to be."""

    def __init__(self) -> None:
        """Begin awake."""
        self.now_s = 1_000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.slept.append(round(seconds, 3))
        self.now_s += seconds

    def now(self) -> float:
        """Return the time."""
        return self.now_s


@dataclass(slots=True, kw_only=True)
class Reading:
    """One source, with what it gets."""

    farm: SiteFarm
    door: OpenDoor
    blobs: FakeBlobs = field(default_factory=FakeBlobs)
    naps: Naps = field(default_factory=Naps)
    watermark: JsonObject | None = None

    def courier(self, manners: Manners) -> Courier:
        """Return a courier that waits in no time."""
        return Courier(manners, sleep=self.naps.sleep, now=self.naps.now)

    def context(self, **options: Json) -> SourceContext:
        """Return what a source gets."""
        return SourceContext(name="market", door=self.door, blobs=self.blobs, clock=FakeClock(), options=options)

    async def fetch(self, source: Source, **options: Json) -> Fetched:
        """Read what is new, and keep how far."""
        fetched = await source.fetch(self.context(**options), since=self.watermark)
        self.watermark = fetched.watermark
        return fetched

    async def items(self, source: Source, **options: Json) -> tuple[Item, ...]:
        """Return what is new."""
        return (await self.fetch(source, **options)).items


@asynccontextmanager
async def reading() -> AsyncGenerator[Reading]:
    """Grow a farm and open a door."""
    async with SiteFarm() as farm, OpenDoor() as door:
        yield Reading(farm=farm, door=door)
