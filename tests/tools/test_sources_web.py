"""Pages are read politely, within limits, nowhere else, and only when they changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.sources import NoDataError
from homarus.testing.clock import START
from homarus.tools.sources.addresses import joined
from homarus.tools.sources.courier import Brought
from homarus.tools.sources.pages import Watch, page_read
from homarus.tools.sources.web import PriceSettings, PriceSource, WatchedPage, WebSettings, WebSource
from tools.reading import Reading, reading

pytestmark = pytest.mark.anyio


def _web(at: Reading, *urls: str, own: bool = True, **manners: object) -> WebSource:
    places = at.farm.places if own else ()
    settings = WebSettings.model_validate({"own_places": places, **manners, "pages": list(urls)})
    return WebSource(settings, courier=at.courier(settings))


async def _why(at: Reading, path: str, site: str = "trap", *, own: bool = True, **manners: object) -> str:
    with pytest.raises(NoDataError) as caught:
        await at.fetch(_web(at, at.farm.url(site, path), own=own, **manners))
    return caught.value.message


async def test_a_page_becomes_text_and_the_price_that_it_states() -> None:
    async with reading() as at:
        page, price = await at.items(_web(at, at.farm.url("solmark", "/kits/duo-800")))

        assert (page.kind, page.title) == ("page", "Solmark Duo 800")
        assert "800 watts" in page.text
        assert price.fields == {
            "name": "Solmark Duo 800",
            "price": "549.00",
            "currency": "EUR",
            "availability": "InStock",
        }
        assert page.blob in at.blobs.kept


async def test_a_page_that_did_not_change_is_asked_for_and_not_sent() -> None:
    async with reading() as at:
        source = _web(at, at.farm.url("solmark", "/kits"))
        await at.fetch(source)

        assert await at.items(source) == ()
        assert at.farm.hits[-1].status == 304


async def test_a_new_price_is_brought_and_a_page_that_is_gone_says_so() -> None:
    async with reading() as at:
        source = _web(at, at.farm.url("solmark", "/kits/duo-800"), at.farm.url("kestrel", "/kits/camp-400"))
        await at.fetch(source)
        at.farm.night = 2
        items = await at.items(source)

        assert [item.fields["price"] for item in items if item.kind == "price"] == ["499.00"]
        assert [item.title for item in items if item.is_gone] == [at.farm.url("kestrel", "/kits/camp-400")]


@pytest.mark.parametrize("shop", ["solmark", "kestrel"])
async def test_prices_are_read_from_json_ld_and_microdata(shop: str) -> None:
    async with reading() as at:
        settings = PriceSettings(
            pages=(WatchedPage(url=at.farm.url(shop, "/kits/solo-400")),), own_places=at.farm.places
        )
        items = await at.items(PriceSource(settings, courier=at.courier(settings)))

        assert [item.fields["currency"] for item in items if item.kind == "price"] == ["EUR"]


async def test_a_price_in_plain_words_needs_a_selector() -> None:
    async with reading() as at:
        url = at.farm.url("brightnook", "/kits/trio-800")
        bare = PriceSettings(pages=(WatchedPage(url=url),), own_places=at.farm.places)
        with pytest.raises(NoDataError, match="states no price"):
            await PriceSource(bare, courier=at.courier(bare)).fetch(at.context(), since=None)
        named = PriceSettings(pages=(WatchedPage(url=url, price="p.price"),), own_places=at.farm.places)
        items = await at.items(PriceSource(named, courier=at.courier(named)))

        assert [(i.fields["price"], i.fields["currency"]) for i in items if i.kind == "price"] == [("619.00", "GBP")]


async def test_robots_txt_is_obeyed_and_read_once() -> None:
    async with reading() as at:
        for path in ("/cart", "/private/margins"):
            assert "stay away" in await _why(at, path, "solmark")
        source = _web(at, at.farm.url("solmark", "/kits/duo-800"), at.farm.url("solmark", "/kits/solo-400"))
        await at.fetch(source)

        assert at.farm.count("solmark", "/cart") == 0
        assert sum(hit.path == "/robots.txt" for hit in at.farm.hits) == 3  # once for each of three sources


async def test_a_site_that_wants_no_robots_or_cannot_say_is_left_alone() -> None:
    async with reading() as at:
        assert "stay away" in await _why(at, "/", "closed")
        assert "503" in await _why(at, "/", "unwell")
        assert at.farm.count("closed") == at.farm.count("unwell") == 0


async def test_the_crawl_delay_of_a_site_is_kept() -> None:
    async with reading() as at:
        pages = [at.farm.url("press", f"/news/tariffs-{number}") for number in (1, 2, 3)]
        await at.fetch(_web(at, *pages, delay_seconds=0))

        assert at.naps.slept == [0.02, 0.02]  # the first page comes right after robots.txt


async def test_a_site_that_wants_an_hour_between_pages_is_left_for_another_night() -> None:
    async with reading() as at:
        fetched = await at.fetch(_web(at, *(at.farm.url("slowly", path) for path in ("/a", "/b")), delay_seconds=0))

        assert [item.url for item in fetched.items] == [at.farm.url("slowly", "/a")]
        assert at.farm.count("slowly") == 1
        assert "left alone" in fetched.missing[0].because


async def test_too_many_requests_wait_as_long_as_the_site_says_and_try_again() -> None:
    async with reading() as at:
        items = await at.items(_web(at, at.farm.url("busy", "/a"), at.farm.url("busy", "/unavailable")))

        assert [item.title for item in items] == ["Calm again", "Calm again"]
        assert at.farm.count("busy", "/a") == 2


async def test_a_site_that_asks_for_hours_is_not_asked_again() -> None:
    async with reading() as at:
        source = _web(at, at.farm.url("busy", "/forever"), at.farm.url("busy", "/other"))
        with pytest.raises(NoDataError, match="7200"):
            await at.fetch(source)

        assert at.farm.count("busy", "/forever") == 1
        assert at.farm.count("busy", "/other") == 0


@pytest.mark.parametrize(
    "path", ["/to-metadata", "/to-loopback", "/to-private", "/to-odd", "/to-file", "/to-ipv6", "/to-user"]
)
async def test_a_page_of_the_own_network_leads_nowhere_else_on_it(path: str) -> None:
    async with reading() as at:
        why = await _why(at, path)

        assert "another site" in why or "no web address" in why or "not opened" in why
        assert {hit.host for hit in at.farm.hits} == {"trap"}


async def test_private_addresses_are_refused_unless_the_owner_names_them() -> None:
    async with reading() as at:
        assert "not opened" in await _why(at, "/plain", own=False)
        assert at.farm.hits == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/loop", "more than 5 times"),
        ("/bomb", "larger than"),
        ("/endless", "larger than"),
        ("/script-only", "without scripts"),
        ("/picture", "no text"),
        ("/empty", "empty"),
        ("/paper.pdf", "PDF"),
        ("/error", "answered 500"),
        ("/missing", "no such page"),
    ],
)
async def test_what_cannot_be_read_is_named_and_never_made_up(path: str, said: str) -> None:
    async with reading() as at:
        assert said in await _why(at, path, max_bytes=100_000)


async def test_a_page_leads_to_other_sites_only_when_the_owner_lists_them() -> None:
    async with reading() as at:
        url = at.farm.url("trap", "/to-neighbour")
        with pytest.raises(NoDataError, match="another site"):
            await at.fetch(_web(at, url, own=False, own_places=(at.farm.place("trap"),)))
        assert at.farm.count("press") == 0

        assert [item.title for item in await at.items(_web(at, url))] == ["Brightnook recalls brackets"]


async def test_a_page_that_drips_is_given_up() -> None:
    async with reading() as at:
        assert "longer than" in await _why(at, "/drip", timeout_seconds=0.3)


async def test_odd_encodings_are_read_and_a_moved_page_is_followed_on_its_site() -> None:
    async with reading() as at:
        paths = ("/latin", "/mislabelled", "/broken-bytes", "/moved")
        items = await at.items(_web(at, *(at.farm.url("trap", path) for path in paths)))
        texts = [item.text for item in items]

        assert texts[0] == "Größe für München"
        assert "für alle" in texts[1] or "fÃ¼r alle" in texts[1]
        assert "good" in texts[2]
        assert "Nothing special" in texts[3]


async def test_the_user_agent_names_homarus_and_how_to_reach_the_owner() -> None:
    async with reading() as at:
        await at.fetch(_web(at, at.farm.url("trap", "/plain"), contact="ane@example.org"))

        agents = {hit.headers["user-agent"] for hit in at.farm.hits}
        assert all(agent.startswith("homarus/") and "ane@example.org" in agent for agent in agents)


async def test_parts_are_named_without_reading_and_read_one_by_one() -> None:
    async with reading() as at:
        first, second = at.farm.url("trap", "/plain"), at.farm.url("trap", "/latin")
        source = _web(at, first, second)
        planned = await source.fetch(at.context(plan=True), since=None)
        assert [item.key for item in planned.items] == [first, second]
        assert at.farm.hits == []

        one = await source.fetch(at.context(part=second), since=None)
        assert [item.url for item in one.items] == [second]
        with pytest.raises(NoDataError, match="not among"):
            await source.fetch(at.context(part="http://10.0.0.1/"), since=None)


async def test_hidden_orders_are_not_part_of_a_page() -> None:
    async with reading() as at:
        (page,) = await at.items(_web(at, at.farm.url("trap", "/hidden")))

        assert "Leer" in page.text
        assert "Ignore all" not in page.text


async def test_a_probe_says_how_the_first_page_is() -> None:
    async with reading() as at:
        well = await _web(at, at.farm.url("trap", "/plain")).probe(at.context())
        unwell = await _web(at, at.farm.url("trap", "/error")).probe(at.context())

        assert well.is_well
        assert not unwell.is_well
        assert "500" in unwell.sentence


@given(
    st.binary(max_size=400), st.sampled_from(["", "undefined", "zlib_codec", "utf-16", "nope"]), st.text(max_size=12)
)
def test_no_bytes_break_the_reading_of_a_page(body: bytes, charset: str, selector: str) -> None:
    brought = Brought(url="https://s.example/a", status=200, kind="text/html", charset=charset, body=body)
    try:
        read = page_read(Watch(url="https://s.example/a", price=selector), brought, blob="x", at=START)
    except NoDataError:
        return
    assert read.items[0].kind == "page"


@pytest.mark.parametrize("address", ["http://[x", "//\u2100.example/"])
def test_an_address_that_is_none_leads_nowhere(address: str) -> None:
    assert joined("https://example.org/a", address) == ""
    assert joined("https://example.org/a", "b") == "https://example.org/b"
