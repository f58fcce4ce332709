"""Feeds, code hosts, forums, searches and folders: what is new, what was edited, and what cannot be read."""

from pathlib import Path

import pytest

from homarus.domain.labels import Reach
from homarus.domain.sources import NoDataError
from homarus.tools.sources.feed import FeedSettings, FeedSource, entries_of
from homarus.tools.sources.files import FilesSettings, FilesSource
from homarus.tools.sources.forum import ForumSettings, ForumSource
from homarus.tools.sources.github import GithubSettings, GithubSource
from homarus.tools.sources.search import SearchSettings, SearchSource
from tools.reading import Reading, reading

pytestmark = pytest.mark.anyio


def _feed(at: Reading, *paths: str) -> FeedSource:
    feeds = tuple(at.farm.url("press", path) for path in paths)
    settings = FeedSettings(feeds=feeds, own_places=at.farm.places)
    return FeedSource(settings, courier=at.courier(settings))


def _github(at: Reading, *repos: str, **more: object) -> GithubSource:
    settings = GithubSettings.model_validate(
        {"repos": repos, "base_url": at.farm.url("hub", ""), "own_places": at.farm.places, **more}
    )
    return GithubSource(settings, courier=at.courier(settings))


def _forum(at: Reading, site: str, place: str, query: str) -> ForumSource:
    settings = ForumSettings.model_validate(
        {"site": site, "base_url": at.farm.url(place, ""), "queries": (query,), "own_places": at.farm.places}
    )
    return ForumSource(settings, courier=at.courier(settings))


@pytest.mark.parametrize("path", ["/feed.xml", "/atom.xml"])
async def test_a_feed_has_new_entries_and_edited_ones(path: str) -> None:
    async with reading() as at:
        source = _feed(at, path)
        assert len(await at.items(source)) == 2
        assert await at.items(source) == ()
        at.farm.night = 2
        plant, recall = await at.items(source)

        assert (plant.fields["is_edit"], recall.fields["is_edit"]) == (False, True)
        assert "5,200" in recall.text
        assert plant.url == at.farm.url("press", "/news/plant")


async def test_an_empty_feed_is_empty_and_a_broken_one_is_named() -> None:
    async with reading() as at:
        assert await at.items(_feed(at, "/empty.xml")) == ()
        for path in ("/missing.xml", "/news/recall"):
            with pytest.raises(NoDataError):
                await at.fetch(_feed(at, path))


def test_a_feed_may_not_define_entities() -> None:
    with pytest.raises(NoDataError, match="entities"):
        entries_of(b'<!DOCTYPE r [<!ENTITY a "aaaa">]><rss version="2.0"><channel/></rss>', url="https://x.example/")


def test_a_feed_that_is_called_like_a_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        entries_of(str(tmp_path).encode(), url="https://x.example/")


async def test_a_repository_has_releases_issues_and_stars() -> None:
    async with reading() as at:
        source = _github(at, "halvorsen/inverter-firmware")
        first = await at.items(source)
        at.farm.night = 2
        second = await at.items(source)

        assert {item.kind for item in first} == {"release", "issue", "count"}
        assert [item.fields["tag"] for item in second if item.kind == "release"] == ["v2.1.0"]
        assert [item.fields["stars"] for item in second if item.kind == "count"] == [128]


async def test_a_repository_that_did_not_change_costs_no_answer() -> None:
    async with reading() as at:
        source = _github(at, "halvorsen/inverter-firmware")
        await at.fetch(source)

        assert await at.items(source) == ()
        assert {hit.status for hit in at.farm.hits[-3:]} == {304}


async def test_a_used_up_allowance_says_what_would_raise_it() -> None:
    async with reading() as at:
        with pytest.raises(NoDataError, match="used up") as caught:
            await at.fetch(_github(at, "halvorsen/limited"))

        assert "token" in caught.value.hint


@pytest.mark.parametrize(
    ("site", "place", "query"),
    [
        ("hackernews", "orange", "solmark"),
        ("discourse", "talk", "*"),
        ("lemmy", "lemming", "solmark"),
        ("mastodon", "tusk", "solmark"),
    ],
)
async def test_forums_are_read_through_interfaces_of_their_own(site: str, place: str, query: str) -> None:
    async with reading() as at:
        source = _forum(at, site, place, query)
        (first,) = await at.items(source)
        at.farm.night = 2
        (second,) = await at.items(source)

        assert "runs without a fault" in first.text
        assert "bracket" in second.text
        assert second.url


async def test_places_without_an_interface_say_so() -> None:
    async with reading() as at:
        with pytest.raises(NoDataError, match="no interface"):
            await at.fetch(_forum(at, "linkedin", "talk", "solmark"))
        assert at.farm.hits == []


async def test_a_search_brings_addresses_and_opens_none_of_them() -> None:
    async with reading() as at:
        settings = SearchSettings(provider="searxng", base_url=at.farm.url("seek", ""), queries=("balcony kits",))
        items = await at.items(SearchSource(settings))

        assert [item.url for item in items] == [
            at.farm.url("press", "/news/plant-agency"),
            "https://kits.example/offer",
        ]
        assert {hit.host for hit in at.farm.hits} == {"seek"}


async def test_a_search_without_a_provider_says_what_to_set() -> None:
    async with reading() as at:
        with pytest.raises(NoDataError, match="no source is configured"):
            await at.fetch(SearchSource(SearchSettings(queries=("kits",))))


async def test_folders_have_texts_and_name_what_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("Kestrel asked for a quote.", encoding="utf-8")
    (tmp_path / "offer.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / ".secret.txt").write_text("hidden", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to("/etc/passwd")
    async with reading() as at:
        source = FilesSource(FilesSettings(folders=(str(tmp_path),)))
        fetched = await at.fetch(source)
        (tmp_path / "notes.md").unlink()
        later = await at.items(source)

    assert [item.title for item in fetched.items] == ["notes.md"]
    assert [missing.what for missing in fetched.missing] == [str(tmp_path / "offer.pdf")]
    assert fetched.label.reach is Reach.LOCAL_ONLY
    assert [(item.title, item.is_gone) for item in later] == [("notes.md", True)]


async def test_one_part_that_fails_does_not_keep_the_others() -> None:
    async with reading() as at:
        fetched = await at.fetch(_feed(at, "/missing.xml", "/feed.xml"))

        assert len(fetched.items) == 2
        assert [missing.what for missing in fetched.missing] == [at.farm.url("press", "/missing.xml")]


@pytest.mark.parametrize("day", ["0000-00-00T00:00:00Z", "Mon, 01 Jan 99999 00:00:00 GMT"])
def test_an_entry_of_no_day_is_an_entry(day: str) -> None:
    feed = f'<rss version="2.0"><channel><item><title>x</title><pubDate>{day}</pubDate></item></channel></rss>'
    assert [item.at for item in entries_of(feed.encode(), url="https://x.example/")] == [None]
