"""What counts as a change, and what never does."""

from datetime import UTC, datetime

import pytest

from homarus.domain.content import Json
from homarus.domain.sources import Item
from homarus.playbooks.research.likeness import are_alike, print_of, stories
from homarus.playbooks.research.records import (
    Change,
    Compared,
    Rule,
    Turn,
    change_from,
    compare,
    record_from,
)
from homarus.playbooks.research.volatile import lasting_lines

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
RULE = Rule()


def _price(price: str, currency: str = "EUR", **more: Json) -> Item:
    fields: dict[str, Json] = {"price": price, "currency": currency, "availability": "InStock", **more}
    return Item(key="https://s.example/a#price", kind="price", title="Kit", url="https://s.example/a", fields=fields)


def _page(text: str) -> Item:
    return Item(key="https://s.example/a", kind="page", title="Page", url="https://s.example/a", text=text)


def _then(before: list[Item], after: list[Item], rule: Rule = RULE) -> Compared:
    first = compare(None, before, rule, at=AT)
    return compare(first.records, after, rule, at=AT)


def test_a_price_that_moves_far_enough_is_a_change_with_its_percentage() -> None:
    (change,) = _then([_price("549.00")], [_price("499.00")]).changes

    assert (change.what, change.before, change.after, change.unit) == ("price", "549.00", "499.00", "EUR")
    assert change.percent == -9.1
    assert change.is_significant


def test_a_price_that_hardly_moves_is_counted_and_not_told() -> None:
    (change,) = _then([_price("100.00")], [_price("100.50")]).changes

    assert not change.is_significant


def test_amounts_in_two_currencies_are_never_compared() -> None:
    (change,) = _then([_price("619.00", "GBP")], [_price("499.00", "USD")]).changes

    assert (change.what, change.percent) == ("currency", None)


def test_fields_that_change_by_themselves_are_not_looked_at() -> None:
    assert _then([_price("1.00", priceValidUntil="a")], [_price("1.00", priceValidUntil="b", views=7)]).changes == ()


def test_a_part_that_is_read_for_the_first_time_has_no_news() -> None:
    first = compare(None, [_price("1.00")], RULE, at=AT)

    assert [change.turn for change in first.changes] == [Turn.FIRST]


def test_a_page_that_is_gone_takes_what_stood_on_it_along_as_one_change() -> None:
    gone = Item(key="https://s.example/a", kind="page", title="Page", is_gone=True)
    compared = _then([_page("A kit for balconies."), _price("351.00")], [gone])

    assert [(change.turn, change.before) for change in compared.changes] == [(Turn.GONE, "351.00 EUR")]
    assert compared.records == ()


def test_a_job_that_is_missing_on_its_page_is_gone_and_on_an_unread_page_it_is_not() -> None:
    job = Item(key="https://s.example/a#job:1", kind="job", title="Engineer", fields={"title": "Engineer"})

    assert [change.turn for change in _then([_page("Jobs here"), job], [_page("Jobs here")]).changes] == [Turn.GONE]
    assert _then([_page("Jobs here"), job], []).changes == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Last updated: 2026-11-19 03:11", "Last updated: 2026-11-20 03:12"),
        ("1237 views today", "1274 views today"),
        ("Advertisement 7919: buy a kettle", "Advertisement 15838: buy a kettle"),
        ("Posted 3 hours ago by Mira", "Posted 19 hours ago by Mira"),
        ("The fair is on 18.11.2026 in Leer", "The fair is on 19.11.2026 in Leer"),
        ("Copyright 2025 Kestrel", "Copyright 2026 Kestrel"),
        ("Only 8 people look at this now.", "Only 9 people look at this now."),
    ],
)
def test_dates_counters_and_adverts_are_no_change(before: str, after: str) -> None:
    said = "We sell kits for balconies.\n"

    assert _then([_page(said + before)], [_page(said + after)]).changes == ()


def test_a_figure_that_means_something_is_a_change() -> None:
    (change,) = _then([_page("We have 240 employees.")], [_page("We have 120 employees.")]).changes

    assert (change.what, change.after) == ("text", "we have 120 employees.")


def test_lines_with_words_of_the_owner_are_ignored() -> None:
    rule = Rule(ignored=("Newsletter",))

    assert _then([_page("A kit.\nNewsletter 1")], [_page("A kit.\nNewsletter 2")], rule).changes == ()
    assert lasting_lines("Newsletter 1\nA kit", ignored=("newsletter",)) == ("a kit",)


def test_records_and_changes_are_remembered_as_they_are() -> None:
    compared = _then([_price("549.00"), _page("One two three.")], [_price("499.00"), _page("Four five six.")])

    assert tuple(record_from(record.as_json()) for record in compared.records) == compared.records
    assert tuple(change_from(change.as_json()) for change in compared.changes) == compared.changes
    assert all(isinstance(change, Change) for change in compared.changes)


PRESS = (
    "Halvorsen Energi opens a second plant in Narvik, Norway. It will make 120,000 inverters a year and employ 240 "
    "people. Production begins in March 2027."
)


def test_an_edited_copy_is_the_same_story_and_other_figures_are_another() -> None:
    copy = f"NARVIK - {PRESS} (agency)"
    other = PRESS.replace("120,000", "90,500").replace("240", "75").replace("2027", "2031")

    assert are_alike(print_of(PRESS), print_of(copy))
    assert not are_alike(print_of(PRESS), print_of(other))
    assert stories([print_of(text) for text in (PRESS, other, copy)]) == [0, 1, 0]


def test_nothing_is_like_an_empty_text() -> None:
    assert not are_alike(print_of(""), print_of(""))
