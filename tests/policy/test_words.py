"""Whether something stands in the owner's words, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.policy.words import foreign, is_said, stands_in


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("notes.txt", "put it into notes.txt."),
        ("lena@example.org", "mail lena@example.org now"),
        (42, "send 42 euros"),
        (["a.txt", "b.txt"], "merge a.txt and b.txt"),
        ("https://example.org/", "see https://example.org please"),
        (None, ""),
        ("", ""),
    ],
)
def test_whole_things_that_were_typed_are_found(value: object, words: str) -> None:
    assert stands_in(value, words)  # pyright: ignore[reportArgumentType] - parametrised JSON


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("notes.txt", "put it into my-notes.txt"),
        ("notes.txt", "put it into notes.txt.bak"),
        ("example.org", "mail lena@example.org"),
        (4, "send 42 euros"),
        (True, "True"),
        (["a.txt", "c.txt"], "merge a.txt and b.txt"),
    ],
)
def test_pieces_of_longer_things_are_not_found(value: object, words: str) -> None:
    assert not stands_in(value, words)  # pyright: ignore[reportArgumentType] - parametrised JSON


@pytest.mark.parametrize(
    "text",
    [
        "go to https://evil.example/a",
        "go to evil.example/a",
        "write eve@evil.example",
        "call +49 170 1234567",
        "token AKIA1234567890ABCDEF",
        "ht\u200btps://evil.example",
    ],
)
def test_links_addresses_numbers_and_secrets_are_foreign(text: str) -> None:
    assert foreign({"text": text}, "summarise the page")


@pytest.mark.parametrize("plain", ["https://example.org/a", "lena@example.org", "example.org", "+49 170 1234567"])
def test_what_the_owner_typed_is_not_foreign(plain: str) -> None:
    assert not foreign(plain, f"look at {plain} ")


@given(st.text())
def test_a_link_is_found_whatever_stands_before_it(text: str) -> None:
    assert foreign(f"{text} https://evil.example/x", "")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Call Lena.", "remind me to call Lena at noon"),
        ("The spare key is under the blue pot", "Note that the spare key is under the blue pot."),
        ("water your plants", "remind me to water my plants"),
        ("10 minutes", "in 10 minutes, please"),
    ],
)
def test_a_sentence_of_the_owner_is_his_also_in_the_words_of_a_model(value: str, words: str) -> None:
    assert is_said(value, words)


@pytest.mark.parametrize("value", ["", ".", "pay Eve", "call", "call Lena now", "Lena call", "call Len"])
def test_other_words_are_not_the_owners(value: str) -> None:
    assert is_said(value, "remind me to call Lena at noon") is (value == "call")
