"""Sources are built once, and how they are is known by whether reading works."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from homarus.domain.errors import NotFoundError
from homarus.domain.sources import NoDataError
from homarus.gateway.configure import Configuration
from homarus.gateway.discover import Discovery, discover
from homarus.gateway.playing.source_sections import SourceSections
from homarus.gateway.playing.sources import ConfiguredSources
from homarus.state.blobs import Blobs
from homarus.state.books.readings import StoredReadings
from homarus.state.store import SqliteStore, open_store
from homarus.testing.clock import FakeClock
from homarus.testing.door import FakeDoor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(home: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(home)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def discovery(tmp_path_factory: pytest.TempPathFactory) -> Discovery:
    return discover(tmp_path_factory.mktemp("home"), approved={})


def sections_of(discovery: Discovery, home: Path, text: str) -> tuple[dict[str, BaseModel], list[str]]:
    (home / "homarus.json5").write_text(text)
    configuration = Configuration(home, environment={}, find_sources=SourceSections(discovery))
    configuration.load()
    problems = [f"{one.where} {one.sentence}" for one in configuration.problems]
    return dict(configuration.loaded.reading.extra), problems


def registry(discovery: Discovery, store: SqliteStore, home: Path, sections: dict[str, BaseModel]) -> ConfiguredSources:
    return ConfiguredSources(
        discovery=discovery,
        sections=lambda: sections,
        readings=StoredReadings(store),
        store=store,
        door=FakeDoor(),
        blobs=Blobs(home / "blobs"),
        clock=FakeClock(),
    )


FEED = '{sources: {news: {kind: "feed", feeds: ["https://nowhere.example/feed.xml"]}}}'


def test_a_kind_that_is_none_is_told_with_its_line_and_those_there_are(discovery: Discovery, home: Path) -> None:
    sections, problems = sections_of(discovery, home, '{\n  sources: {\n    news: {kind: "feeed"},\n  },\n}')

    assert sections == {}
    assert any("sources.news.kind" in problem and "feed" in problem for problem in problems)
    assert any(":3" in problem or "line=3" in problem for problem in problems)


def test_a_setting_that_is_none_is_told(discovery: Discovery, home: Path) -> None:
    _sections, problems = sections_of(discovery, home, '{sources: {news: {kind: "feed", adress: 1}}}')

    assert any("adress" in problem for problem in problems)


async def test_a_source_whose_settings_do_not_fit_is_one_that_cannot_be_read(
    discovery: Discovery, store: SqliteStore, home: Path
) -> None:
    text = '{sources: {news: {kind: "imap", port: 993}, off: {kind: "imap", enabled: false}}}'
    sections, _problems = sections_of(discovery, home, text)
    sources = registry(discovery, store, home, sections)
    sources.written = lambda: {"news": {"kind": "imap"}, "off": {"kind": "imap", "enabled": False}}

    assert sources.names("imap") == ("news",)
    assert sources.kind_of("news") == "imap"
    assert not (await sources.probe("news")).is_well
    with pytest.raises(NoDataError, match="do not fit") as caught:
        await sources.fetch("news", since=None, options={})
    assert "config check" in caught.value.hint
    assert (await StoredReadings(store).state("news")).last_error


async def test_a_failure_is_remembered_until_reading_works(
    discovery: Discovery, store: SqliteStore, home: Path
) -> None:
    folder = home / "in"
    folder.mkdir()
    text = f'{{sources: {{own: {{kind: "files", folders: ["{folder}"]}}}}}}'
    sections, problems = sections_of(discovery, home, text)
    assert problems == []
    sources = registry(discovery, store, home, sections)
    folder.rmdir()
    with pytest.raises(NoDataError):
        await sources.fetch("own", since=None, options={})
    broken = await sources.readings.state("own")
    assert broken.last_error
    assert broken.failed_since is not None
    folder.mkdir()
    (folder / "a.txt").write_text("hello")
    assert len((await sources.fetch("own", since=None, options={})).items) == 1
    well = await sources.readings.state("own")
    assert (well.last_error, well.failed_since, well.counts) == ("", None, {"items": 1})


async def test_a_name_that_is_none_has_a_near_one(discovery: Discovery, store: SqliteStore, home: Path) -> None:
    sections, _problems = sections_of(discovery, home, FEED)
    sources = registry(discovery, store, home, sections)

    assert (sources.names(), sources.names("imap"), sources.kind_of("news")) == (("news",), (), "feed")
    with pytest.raises(NotFoundError) as missed:
        sources.kind_of("new")
    assert "'news'" in missed.value.hint
    assert sources.accounts()["news"].kind == "feed"
