"""The sample: an invented market as pages that were saved in two nights, read by the real sources without a network."""

import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, NotFoundError, Stage
from homarus.domain.i18n import _
from homarus.domain.playbooks import House
from homarus.domain.ports import Dial, Inlet, Outbound
from homarus.domain.sources import Fetched, NoDataError, Source, SourceContext
from homarus.playbooks.research.collecting import Part
from homarus.playbooks.research.settings import ResearchSettings
from homarus.playbooks.sampling import sample_folder, sample_now

if TYPE_CHECKING:
    import socket

_NIGHT = "sample night"
_MARKS = "sample watermark"
_NIGHTS = 2
_UNCHANGED = 304
QUESTIONS = ("What do people complain about?", "Who grows, and where?")
KEYWORDS = ("Solmark", "Kestrel", "Brightnook", "Halvorsen")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """An answer as it was saved."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _SavedInlet:
    """A `domain.ports.Inlet` over a saved answer."""

    def __init__(self, saved: _Saved, url: str) -> None:
        self._saved = saved
        self.url = url
        self.status = saved.status
        self.headers = saved.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body."""
        yield self._saved.body

    async def read(self, limit_bytes: int) -> bytes:
        """Return the body, cut at the limit."""
        return self._saved.body[:limit_bytes]


class SavedDoor:
    """A `domain.ports.Door` that leads into a folder: nothing leaves the machine."""

    def __init__(self, folder: Path, night: int) -> None:
        """Open the pages of a night."""
        self._folder = folder
        self._pages = cast("dict[str, JsonObject]", json.loads((folder / f"night-{night}.json").read_text("utf-8")))

    def open(self, outbound: Outbound) -> AbstractAsyncContextManager[Inlet]:
        """Answer with the saved page."""
        return self._opened(outbound)

    def dial(self, dial: Dial) -> AbstractAsyncContextManager["socket.socket"]:
        """Refuse: a sample has no servers.

        Raises:
            EgressRefusedError: always.
        """
        raise EgressRefusedError(
            _("The sample calls nobody, {host!r} neither.").format(host=dial.host), hint=_("Use sources of your own.")
        )

    @asynccontextmanager
    async def _opened(self, outbound: Outbound) -> AsyncGenerator[Inlet]:
        page = self._pages.get(outbound.url)
        if page is None and not outbound.url.endswith("/robots.txt"):
            raise ConnectionFailedError(
                Stage.CONNECT,
                _("{url!r} is not part of the sample.").format(url=outbound.url),
                hint=_("Use sources of your own."),
            )
        yield _SavedInlet(self._saved(page or {"status": 404}, outbound), outbound.url)

    def _saved(self, page: JsonObject, outbound: Outbound) -> _Saved:
        etag = str(page.get("etag") or "")
        headers = {"Content-Type": str(page.get("kind") or "text/plain"), **({"ETag": etag} if etag else {})}
        if etag and outbound.headers.get("If-None-Match") == etag:
            return _Saved(status=_UNCHANGED, headers=headers, body=b"")
        body = (self._folder / "pages" / str(page["file"])).read_bytes() if page.get("file") else b""
        return _Saved(status=int(str(page["status"])), headers=headers, body=body)


class _Hashes:
    """A `domain.ports.Blobs` that only names what is in the package anyway."""

    async def put(self, content: bytes) -> str:
        """Return the hash."""
        return hashlib.sha256(content).hexdigest()

    async def get(self, digest: str, /) -> bytes:
        """Have nothing.

        Raises:
            NotFoundError: always.
        """
        raise NotFoundError(_("{digest!r} is not kept.").format(digest=digest), hint=_("See `examples/data/research`."))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stopped:
    """A clock that stands at the sample's own time."""

    at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The sample's zone."""
        return ZoneInfo("UTC")

    def now(self) -> datetime:
        """Return the time."""
        return self.at


class SampleReader:
    """Reads the saved pages of a night through the real sources."""

    def __init__(self, house: House[ResearchSettings], night: int, marks: Mapping[str, JsonObject]) -> None:
        """Take the night and how far earlier runs read."""
        folder = sample_folder("research")
        self.night = night
        self.at = sample_now("research") + timedelta(days=night - 1)
        self._house = house
        self._marks = marks
        self._door = SavedDoor(folder, min(night, _NIGHTS))
        self._sources = _sources(cast("JsonObject", json.loads((folder / "sources.json").read_text("utf-8"))))

    async def parts(self) -> Sequence[Part]:
        """Return what the sample's sources have."""
        found: list[Part] = []
        for name, named in self._sources.items():
            planned = await named.source.fetch(self._context(name, {"plan": True}), since=None)
            found += [
                Part(source=name, kind=named.kind, name=item.key, queue=str(item.fields.get("host") or name))
                for item in planned.items
            ]
        return found

    async def fetch(self, part: Part) -> Fetched:
        """Read a part as a step of its own.

        Raises:
            NoDataError: when it cannot be read.
        """
        source = self._sources[part.source].source
        since = self._marks.get(part.key)

        async def read() -> JsonObject:
            try:
                fetched = await source.fetch(self._context(part.source, {"part": part.name}), since=since)
            except NoDataError as error:
                return {"no_data": error.message, "hint": error.hint}
            return {"fetched": codec.dump(fetched)}

        came = await self._house.step(f"read:{part.key}", read, said=part.key)
        if "no_data" in came:
            raise NoDataError(str(came["no_data"]), hint=str(came["hint"]))
        fetched = codec.load(Fetched, came["fetched"])
        await self._house.remember(_MARKS, part.key, fetched.watermark)
        return fetched

    async def passed(self) -> None:
        """Note that this night is over."""
        await self._house.remember(_NIGHT, "last", {"night": self.night})

    def _context(self, name: str, options: JsonObject) -> SourceContext:
        return SourceContext(name=name, door=self._door, blobs=_Hashes(), clock=_Stopped(at=self.at), options=options)


async def sample_reader(house: House[ResearchSettings]) -> SampleReader:
    """Return the reader of the night after the last one that was read."""
    last = (await house.remembered(_NIGHT)).get("last", {}).get("night")
    night = last + 1 if isinstance(last, int) else 1
    return SampleReader(house, night, await house.remembered(_MARKS))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    kind: str
    source: Source


def _sources(said: JsonObject) -> dict[str, _Named]:
    from homarus.tools.sources.feed import FeedSettings, FeedSource
    from homarus.tools.sources.forum import ForumSettings, ForumSource
    from homarus.tools.sources.github import GithubSettings, GithubSource
    from homarus.tools.sources.web import PriceSettings, PriceSource, WebSettings, WebSource

    made: dict[str, _Named] = {}
    for name, settings in said.items():
        given = cast("JsonObject", {**cast("JsonObject", settings), "delaySeconds": 0})
        match given.get("kind"):
            case "web":
                made[name] = _Named(kind="web", source=WebSource(WebSettings.model_validate(given)))
            case "prices":
                made[name] = _Named(kind="prices", source=PriceSource(PriceSettings.model_validate(given)))
            case "feed":
                made[name] = _Named(kind="feed", source=FeedSource(FeedSettings.model_validate(given)))
            case "github":
                made[name] = _Named(kind="github", source=GithubSource(GithubSettings.model_validate(given)))
            case _:
                made[name] = _Named(kind="forum", source=ForumSource(ForumSettings.model_validate(given)))
    return made
