"""The sample: the same sources, over the files that homarus ships, on the day for which they were written."""

import hashlib
import json
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import EgressRefusedError
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.playbooks import House
from homarus.domain.ports import Dial, Outbound
from homarus.domain.sources import Fetched, Source, SourceContext
from homarus.playbooks.briefing.gathered import Gathered, sort_in
from homarus.playbooks.briefing.settings import Settings
from homarus.playbooks.sampling import sample_folder, sample_now

ZONE = ZoneInfo("Europe/Berlin")
VIPS = ("katrin@sommer-partner.example",)
ME = frozenset({"jonas@weber-studio.example"})


class _Closed:
    """A door that does not open: a sample asks nobody."""

    def open(self, outbound: Outbound) -> object:
        """Refuse."""
        raise _refused(outbound.url)

    def dial(self, dial: Dial) -> object:
        """Refuse."""
        raise _refused(dial.host)


def _refused(place: str) -> EgressRefusedError:
    return EgressRefusedError(
        _("A sample opens no connection to {place!r}.").format(place=place), hint=_("Use your own sources.")
    )


class _Kept:
    """Blobs that the house keeps."""

    def __init__(self, house: House[Settings]) -> None:
        self._house = house

    async def put(self, content: bytes) -> str:
        """Return the hash; the content is in the package, so it need not be kept twice."""
        return hashlib.sha256(content).hexdigest()

    async def get(self, digest: str, /) -> bytes:
        """Return what the house kept."""
        return await self._house.blob(digest)


class _Then:
    """The sample's own time."""

    zone = ZONE

    def now(self) -> datetime:
        """Return it."""
        return sample_now("briefing").astimezone(ZONE)


async def sample(house: House[Settings]) -> Gathered:
    """Return what the sample's sources hold."""
    now = _Then().now()
    found = Gathered(now=now, zone=ZONE, mine=ME, is_sample=True)
    fetched: list[tuple[str, Fetched]] = []
    for name, (kind, source) in _sources().items():
        found.read[name] = kind
        fetched.append((name, await _read(house, name, source)))
    await sort_in(house, found, fetched)
    return found


async def _read(house: House[Settings], name: str, source: Source) -> Fetched:
    async def fetch() -> JsonObject:
        context = SourceContext(
            name=name,
            door=_Closed(),  # pyright: ignore[reportArgumentType] - it never opens, so what it would yield does not matter
            blobs=_Kept(house),
            clock=_Then(),
            options={"days_ahead": house.settings.days_ahead, "days_before": 0},
        )
        fetched = codec.dump(await source.fetch(context, since=None))
        kept = await house.keep(
            json.dumps(fetched).encode(), url=f"sample:{name}", label=Label(origin=Origin.FILE, source=f"sample {name}")
        )
        return {"sha256": kept.sha256}

    kept = await house.step(f"sample:{name}", fetch, said=_("Sample: {name}").format(name=name))
    return codec.load(Fetched, json.loads(await house.blob(str(kept["sha256"]))))


def _sources() -> "dict[str, tuple[str, Source]]":
    from homarus.tools.sources.campaigns import Campaigns, CampaignSettings
    from homarus.tools.sources.ics import Ics, IcsSettings
    from homarus.tools.sources.maildir import Maildir, MaildirSettings
    from homarus.tools.sources.tasks import Tasks, TaskSettings
    from homarus.tools.sources.utm import Utm, UtmSettings

    folder = sample_folder("briefing")

    def at(name: str) -> str:
        return str(folder / name)

    found = {
        "mail": ("maildir", Maildir(MaildirSettings(path=at("inbox.mbox"), sent=at("sent.mbox")))),
        "calendar": ("ics", Ics(IcsSettings(where=at("calendar.ics")))),
        "todo": ("tasks", Tasks(TaskSettings(where=at("todo.txt")))),
        "project": ("tasks", Tasks(TaskSettings(where=at("tasks.md")))),
        "newsletter": ("campaigns", Campaigns(CampaignSettings(where=at("newsletter.csv"), channel="newsletter"))),
        "ads": ("campaigns", Campaigns(CampaignSettings(where=at("ads.csv"), channel="google ads"))),
        "website": ("campaigns", Campaigns(CampaignSettings(where=at("website.csv"), channel="website"))),
        "links": ("utm", Utm(UtmSettings(where=at("clicks.log")))),
    }
    return cast("dict[str, tuple[str, Source]]", found)
