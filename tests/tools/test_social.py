from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import ConnectionFailedError, ToolArgumentError, ToolFailedError
from homarus.domain.sources import SourceContext
from homarus.domain.tooling import Account, ToolContext
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing
from homarus.testing.playbooks import FakeBlobs
from homarus.testing.rooms import FakeRooms
from homarus.testing.social import TOKEN, SocialServer, serving
from homarus.tools import social
from homarus.tools.networks.accounts import BlueskySettings, MastodonSettings
from homarus.tools.networks.bluesky import record_key
from homarus.tools.posting import checked, graphemes, length_at, posts
from homarus.tools.sources.mastodon import Mastodon

pytestmark = pytest.mark.anyio
TEXT = "Grüße & mehr: https://example.org/go"


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async def keep(_crossing: Crossing) -> None: ...

    async with OpenDoor(keep) as opened:
        yield opened


@pytest.fixture(params=["mastodon", "bluesky"])
async def network(request: pytest.FixtureRequest) -> AsyncIterator[SocialServer]:
    async with serving(request.param) as server:
        yield server


def context(rooms: FakeRooms, door: OpenDoor, server: SocialServer, *, token: str = TOKEN) -> ToolContext:
    accounts = {
        "mastodon": MastodonSettings.model_validate({"url": server.url, "token": token}),
        "bluesky": BlueskySettings.model_validate({"url": server.url, "handle": "jonas.test", "password": token}),
    }
    known = {name: Account(name=name, kind=name, settings=each) for name, each in accounts.items()}
    return replace(rooms.context(key="run_1:post"), door=door, accounts=known)


def name_of(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["network"])


async def test_the_same_key_posts_once(
    rooms: FakeRooms, door: OpenDoor, network: SocialServer, request: pytest.FixtureRequest
) -> None:
    given = context(rooms, door, network)
    first = await social.post(given, account=name_of(request), text=TEXT)
    again = await social.post(given, account=name_of(request), text=TEXT)

    assert len(network.posts) == 1
    assert first.facts["remote_id"] == again.facts["remote_id"]
    assert first.facts["cost_usd"] == 0.0


async def test_a_post_that_was_cut_off_is_unsure_and_then_found(
    rooms: FakeRooms, door: OpenDoor, network: SocialServer, request: pytest.FixtureRequest
) -> None:
    given, account = context(rooms, door, network), name_of(request)
    network.breaks = 1
    with pytest.raises(ConnectionFailedError):
        await social.post(given, account=account, text=TEXT)
    found = await social.find(given, idempotency_key="run_1:post", arguments={"account": account, "text": TEXT})

    assert len(network.posts) == 1
    assert found.facts["found"] is True


async def test_what_was_never_posted_is_not_claimed_to_be_there(
    rooms: FakeRooms, door: OpenDoor, network: SocialServer, request: pytest.FixtureRequest
) -> None:
    given, account = context(rooms, door, network), name_of(request)
    found = await social.find(given, idempotency_key="run_1:post", arguments={"account": account, "text": TEXT})

    assert found.facts["found"] is (False if account == "bluesky" else None)


async def test_a_token_that_holds_no_more_surely_posted_nothing(
    rooms: FakeRooms, door: OpenDoor, network: SocialServer, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(ToolFailedError):
        await social.post(context(rooms, door, network, token="old"), account=name_of(request), text=TEXT)


async def test_what_is_too_long_is_not_sent(
    rooms: FakeRooms, door: OpenDoor, network: SocialServer, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(ToolFailedError, match="characters"):
        await social.post(context(rooms, door, network), account=name_of(request), text="ü" * 501)

    assert network.posts == {}


async def test_an_account_that_is_not_there_is_named_with_those_that_are(
    rooms: FakeRooms, door: OpenDoor, network: SocialServer
) -> None:
    with pytest.raises(ToolArgumentError, match="'x'") as wrong:
        await social.post(context(rooms, door, network), account="x", text=TEXT)

    assert "bluesky, mastodon" in wrong.value.hint


async def test_mentions_come_once(rooms: FakeRooms, door: OpenDoor) -> None:
    async with serving("mastodon") as server:
        source = Mastodon(MastodonSettings.model_validate({"url": server.url, "token": TOKEN}))
        where = SourceContext(name="m", door=door, blobs=FakeBlobs(), clock=rooms.clock)
        first = await source.fetch(where, since=None)
        second = await source.fetch(where, since=first.watermark)

    assert [item.text for item in first.items] == ["Hello @jonas"]
    assert second.items == ()


@given(key=st.text(max_size=50))
def test_a_record_key_is_a_tid_of_the_past(key: str) -> None:
    tid = record_key(key)

    assert len(tid) == 13
    assert set(tid) <= set("234567abcdefghijklmnopqrstuvwxyz")
    assert tid < "3g"
    assert tid == record_key(key)


@pytest.mark.parametrize(
    ("text", "count"),
    [("abc", 3), ("", 0), ("e\u0301", 1), ("👩‍👩‍👧", 1), ("🇩🇪🇫🇷", 2), ("👍🏽", 1), ("☀️", 1), ("a\r\nb", 3)],
)
def test_graphemes_are_what_a_reader_sees(text: str, count: int) -> None:
    assert graphemes(text) == count


@pytest.mark.parametrize(
    ("network", "text", "cost"),
    [
        ("x", "Hello", 0.015),
        ("x", "Hello https://example.org", 0.2),
        ("bluesky", "Hello", 0.0),
        ("linkedin", "Hello", None),
    ],
)
def test_a_post_has_its_price(network: str, text: str, cost: float | None) -> None:
    assert checked(network, text).cost_usd == cost


def test_links_count_as_each_network_counts_them() -> None:
    link = "https://example.org/" + "a" * 100

    assert (length_at("x", link), length_at("mastodon", link), length_at("bluesky", link)) == (23, 23, 120)


def test_a_queue_says_what_is_wrong_with_a_post() -> None:
    queue = posts("network,at,text\nbluesky,now," + "a" * 301 + "\nmyspace,,Hello\n")

    assert [post.problem for post in queue] == ["1 characters too long", "myspace is not a network that is known"]
