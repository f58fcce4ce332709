"""Sites as they are on bad days: what they say is read rightly, or said to be missing; no price is made up."""

from datetime import UTC, datetime

import pytest

from homarus.domain.content import Json
from homarus.domain.sources import NoDataError
from homarus.tools.sources.asking import number, refuse_faults
from homarus.tools.sources.courier import Brought
from homarus.tools.sources.feed import entries_of, news
from homarus.tools.sources.offers import read_money
from homarus.tools.sources.pages import Watch, page_read

RSS = '<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{}</channel></rss>'


def price_in(html: str, *, selector: str = "", currency: str = "") -> str | None:
    page = f"<title>x</title><body><p>Some words about the product that is sold here.</p>{html}</body>"
    brought = Brought(url="https://s.example/p", status=200, kind="text/html", body=page.encode())
    watch = Watch(url=brought.url, name="", price=selector, currency=currency)
    found = page_read(watch, brought, blob="b", at=datetime(2026, 11, 20, tzinfo=UTC)).items
    return next((str(item.fields["price"]) for item in found if item.kind == "price"), None)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("<del>1299 €</del> 999 €", "999.00"),
        ("<span class='old-price'>1.299,00 €</span> <b>999,00 €</b>", "999.00"),
        ("Statt 1.299,00 € jetzt 999,00 €", None),
        ("1299 999", None),
        ("-20% 79,00 €", "79.00"),
        ("3 for 9.99 $", "9.99"),
        ("12,99 € (2,60 € / 100 g)", "12.99"),
        ("1 299,00 €", "1299.00"),
        ("CHF 1'299.-", "1299.00"),
        ("£1,299", "1299.00"),
        ("49", "49.00"),
        ("49,-", "49.00"),
        ("Price on request, call 030 123456", None),
        ("sold out until 2027", None),
    ],
)
def test_the_price_of_an_element_is_the_one_that_is_asked(text: str, amount: str | None) -> None:
    assert price_in(f"<p class=price>{text}</p>", selector=".price", currency="EUR") == amount


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ("549.999", "550.00"),
        ('"19.9900"', "19.99"),
        ('"1,299.00"', "1299.00"),
        ('""', None),
        ("1e400", None),
        ("-5", None),
    ],
)
def test_a_price_for_machines_keeps_its_point(price: str, amount: str | None) -> None:
    offer = f'{{"@type": "Product", "name": "A", "offers": {{"price": {price}, "priceCurrency": "EUR"}}}}'

    assert price_in(f'<script type="application/ld+json">{offer}</script>') == amount


def test_a_figure_with_another_sign_is_no_price() -> None:
    assert read_money("20 %") is None


def test_entries_that_share_an_id_are_not_new_every_night() -> None:
    body = RSS.format("<item><guid>1</guid><title>A</title></item><item><guid>1</guid><title>B</title></item>")
    first = news(entries_of(body.encode(), url="https://f.example"), {})
    second = news(entries_of(body.encode(), url="https://f.example"), first.watermark)

    assert (len(first.items), len(second.items)) == (2, 0)


def test_the_end_of_a_feed_that_was_cut_off_is_no_entry() -> None:
    body = RSS.format("<item><guid>1</guid><title>A</title></item><item><guid>2</guid><title>B</title></item>")

    assert [item.title for item in entries_of(body[:-60].encode(), url="https://f.example")] == ["A"]


@pytest.mark.parametrize(
    "answer",
    [
        {"message": "API rate limit exceeded", "documentation_url": "https://docs.example"},
        {"errors": ["You need to be logged in"], "error_type": "not_logged_in"},
        {"error": {"code": 401}},
    ],
)
def test_a_message_of_a_fault_is_not_nothing_new(answer: Json) -> None:
    with pytest.raises(NoDataError, match="fault"):
        refuse_faults(answer, "https://a.example")


@pytest.mark.parametrize("value", ["--5", "9" * 400, "", "x", 1e300])
def test_a_count_that_is_none_is_zero(value: Json) -> None:
    assert number({"a": value}, "a") == 0
