"""Prices as pages state them, and addresses as they are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.tools.sources.addresses import canonical, is_same_site
from homarus.tools.sources.offers import Money, offers_of, openings_of, parsed, plain_amount, read_money


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1.299,00 €", "1299.00", "EUR"),
        ("£1,299", "1299.00", "GBP"),
        ("from CHF 1'299.50 on", "1299.50", "CHF"),
        ("US$ 19.9", "19.90", "USD"),
        ("CA$ 20", "20.00", "CAD"),
        ("12 345,6 SEK", "12345.60", "SEK"),
        ("1.234.567", "1234567.00", ""),
        ("0.125 EUR", "0.12", "EUR"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: str, currency: str) -> None:
    assert read_money(text) == Money(amount=amount, currency=currency)


def test_words_without_a_figure_are_no_price() -> None:
    assert read_money("ask us") is None


@given(st.text(alphabet="0123456789.,' \u00a0", max_size=20))
def test_any_figure_becomes_a_decimal_or_nothing(text: str) -> None:
    amount = plain_amount(text)

    assert amount is None or float(amount) >= 0


@given(st.text(max_size=300))
def test_no_page_breaks_the_reading_of_offers(text: str) -> None:
    page = parsed(f"<html><script type='application/ld+json'>{text}</script>{text}</html>")

    assert isinstance(offers_of(page), tuple)
    assert isinstance(openings_of(page), tuple)


def test_offers_in_a_graph_and_with_a_range_are_found() -> None:
    page = parsed(
        """<script type="application/ld+json">{"@graph": [{"@type": ["Product"], "name": "A", "offers":
        {"@type": "AggregateOffer", "lowPrice": 10, "highPrice": 20, "priceCurrency": "eur"}}]}</script>"""
    )

    (offer,) = offers_of(page)
    assert (offer.name, offer.money) == ("A", Money(amount="10.00", currency="EUR"))


@pytest.mark.parametrize(
    "url",
    [
        "http://Shop.Example:80/a?b=2&a=1&utm_source=x#top",
        "http://shop.example/a?a=1&b=2&fbclid=1",
        "http://shop.example/a?gclid=3&a=1&b=2",
    ],
)
def test_a_page_has_one_address(url: str) -> None:
    assert canonical(url) == "http://shop.example/a?a=1&b=2"


@given(st.text(max_size=60))
def test_the_one_address_stays_what_it_is(text: str) -> None:
    url = canonical(f"https://shop.example/{text}")

    assert canonical(url) == url


def test_www_is_the_same_site_and_a_neighbour_is_not() -> None:
    assert is_same_site("https://shop.example/", "https://www.shop.example/a")
    assert is_same_site("http://shop.example/", "https://shop.example/")
    assert not is_same_site("https://shop.example/", "https://shop.example.evil.example/")
    assert not is_same_site("http://127.0.0.1:8080/", "http://127.0.0.1:8081/")
