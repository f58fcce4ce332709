import json

import pytest
from dirty_equals import IsPartialDict

from homarus.domain.errors import (
    ConnectionFailedError,
    EgressRefusedError,
    Stage,
    ToolArgumentError,
    ToolFailedError,
)
from homarus.domain.labels import Origin, Reach
from homarus.domain.tooling import ToolContext
from homarus.testing.door import FakeAnswer, FakeDoor, Reaction
from homarus.testing.rooms import FakeRooms, fake_rooms
from homarus.tools import web_fetch, web_search

pytestmark = pytest.mark.anyio
PAGE = "https://example.org/page"
SEARXNG = "http://127.0.0.1:8888/search?q=red+lobster&format=json"
BRAVE = "https://api.search.brave.com/res/v1/web/search?q=red+lobster&count=5"


def answering(rooms: FakeRooms, reaction: Reaction, *, url: str = PAGE, **settings: str | int) -> ToolContext:
    return fake_rooms(rooms.workspace, door=FakeDoor({url: reaction})).context(settings=settings)


def page(body: str | bytes, kind: str = "text/html; charset=utf-8") -> FakeAnswer:
    content = body if isinstance(body, bytes) else body.encode()
    return FakeAnswer(body=content, headers={"Content-Type": kind})


# --- fetch --------------------------------------------------------------------------------------------------------


async def test_a_page_comes_as_text_labelled_with_its_address(rooms: FakeRooms) -> None:
    context = answering(rooms, page("<title>Fish</title><body><p>A lobster.</p></body>"))
    output = await web_fetch.fetch(context, url=PAGE)
    assert output.text == "# Fish\n\nA lobster."
    assert (output.label.origin, output.label.source) == (Origin.WEB, f"web.fetch {PAGE}")
    assert output.facts == IsPartialDict(url=PAGE, host="example.org", type="text/html")


async def test_the_door_is_told_that_a_model_named_the_address(rooms: FakeRooms) -> None:
    door = FakeDoor({PAGE: page("x")})
    await web_fetch.fetch(fake_rooms(rooms.workspace, door=door).context(reach=Reach.LOCAL_ONLY), url=PAGE + "#part")
    assert (door.opened[0].is_guarded, door.opened[0].reach, door.opened[0].url) == (True, Reach.LOCAL_ONLY, PAGE)
    assert door.closed == 1


async def test_an_address_without_scheme_is_https(rooms: FakeRooms) -> None:
    assert (await web_fetch.fetch(answering(rooms, page("x", "text/plain")), url="example.org/page")).text == "x"


@pytest.mark.parametrize(
    "url", ["", "ftp://example.org", "file:///etc/passwd", "https://", "http://a b", "http://[::1"]
)
async def test_what_is_no_web_address_is_refused(rooms: FakeRooms, url: str) -> None:
    with pytest.raises(ToolArgumentError, match="not a web address"):
        await web_fetch.fetch(rooms.context(), url=url)


async def test_json_and_markdown_come_as_they_are(rooms: FakeRooms) -> None:
    output = await web_fetch.fetch(answering(rooms, page('{"a":[1]}', "application/json")), url=PAGE)
    assert json.loads(output.text) == {"a": [1]}
    output = await web_fetch.fetch(answering(rooms, page("# <b>Hi</b>", "text/markdown")), url=PAGE)
    assert output.text == "# <b>Hi</b>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Grüße".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        ("Grüße".encode(), "text/plain"),
        ("Grüße".encode("cp1252"), "text/plain"),
        ("<meta charset='windows-1252'><body>Grüße".encode("cp1252"), "text/html"),
        ("Grüße".encode("utf-8-sig"), "text/plain"),
        ("Grüße".encode(), "text/plain; charset=no-such"),
    ],
)
async def test_the_encoding_is_found(rooms: FakeRooms, body: bytes, kind: str) -> None:
    assert (await web_fetch.fetch(answering(rooms, page(body, kind)), url=PAGE)).text == "Grüße"


@pytest.mark.parametrize("kind", ["application/pdf", "application/octet-stream", "image/png"])
async def test_what_is_not_text_is_said_so(rooms: FakeRooms, kind: str) -> None:
    with pytest.raises(ToolFailedError, match=r"PDF|not text"):
        await web_fetch.fetch(answering(rooms, page(b"%PDF-", kind)), url=PAGE)


async def test_a_long_page_is_cut_and_says_so(rooms: FakeRooms) -> None:
    context = answering(rooms, page("x" * 3000, "text/plain"), max_chars=1000)
    assert (await web_fetch.fetch(context, url=PAGE)).text == "x" * 1000 + "\n[cut: 1000 of 3000 characters]"


async def test_links_are_listed_when_asked(rooms: FakeRooms) -> None:
    context = answering(rooms, page("<body><p><a href='/next'>Next</a></p></body>"))
    output = await web_fetch.fetch(context, url=PAGE, links=True)
    assert output.text.endswith("Links:\n[Next](https://example.org/next)")


@pytest.mark.parametrize(
    "reaction",
    [
        FakeAnswer(status=404),
        FakeAnswer(status=503),
        EgressRefusedError("127.0.0.1 is this machine.", hint="No."),
        ConnectionFailedError(Stage.RESOLVE, "No such host.", hint="Check the name."),
        FakeAnswer(
            body=b"x",
            headers={"Content-Type": "text/plain"},
            cut_after=ConnectionFailedError(Stage.CUT, "It broke off.", hint="Again."),
        ),
    ],
)
async def test_whatever_goes_wrong_is_a_sentence_for_the_model(rooms: FakeRooms, reaction: Reaction) -> None:
    with pytest.raises(ToolFailedError) as caught:
        await web_fetch.fetch(answering(rooms, reaction), url=PAGE)
    assert PAGE in caught.value.message
    assert caught.value.hint


# --- search -------------------------------------------------------------------------------------------------------

HIT = {"title": "Lobster\u200b", "url": "https://example.org/l", "content": "A red\nlobster.", "engine": "x"}


async def test_a_searxng_is_asked_for_json(rooms: FakeRooms) -> None:
    answer = page(json.dumps({"results": [HIT, {"url": "javascript:x"}]}), "application/json")
    context = answering(rooms, answer, url=SEARXNG, base_url="http://127.0.0.1:8888/")
    output = await web_search.search(context, query=" red \n lobster")
    assert output.text == "Lobster\nhttps://example.org/l\nA red lobster."
    assert output.label.origin is Origin.WEB
    assert output.facts == {"query": "red lobster", "host": "127.0.0.1", "results": 1}


async def test_brave_is_asked_with_its_key(rooms: FakeRooms) -> None:
    hit = {"title": "Lobster", "url": "https://example.org/l", "description": "Red."}
    door = FakeDoor({BRAVE: page(json.dumps({"web": {"results": [hit]}}), "application/json")})
    context = fake_rooms(rooms.workspace, door=door).context(settings={"provider": "brave", "api_key": "k"})
    assert (await web_search.search(context, query="red lobster")).text == "Lobster\nhttps://example.org/l\nRed."
    assert door.opened[0].headers["X-Subscription-Token"] == "k"


@pytest.mark.parametrize(
    "reaction",
    [
        FakeAnswer(status=403),
        page("<html>"),
        page('{"results": 7}'),
        page("[" * 100_000),
        ConnectionFailedError(Stage.CONNECT, "Nobody answers.", hint="Start it."),
    ],
)
async def test_a_source_that_does_not_answer_well_is_a_sentence(rooms: FakeRooms, reaction: Reaction) -> None:
    with pytest.raises(ToolFailedError, match="search source"):
        await web_search.search(
            answering(rooms, reaction, url=SEARXNG, base_url="http://127.0.0.1:8888"), query="red lobster"
        )


async def test_without_a_source_nothing_is_asked(rooms: FakeRooms) -> None:
    with pytest.raises(ToolFailedError, match="no source is configured"):
        await web_search.search(rooms.context(), query="red lobster")
