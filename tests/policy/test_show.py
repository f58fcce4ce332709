"""What a person sees of a call before saying yes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.policy.show import arguments_shown, visible


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u200b", "\u2066", "\x1b", "\r", "\u00a0", "\ufe0f", "\U000e0041", "\u2028"]
)
def test_what_has_no_ink_is_written_out(hidden: str) -> None:
    shown = visible(f"rm{hidden} x")
    assert hidden not in shown
    assert "\\" in shown


def test_ordinary_letters_of_all_scripts_stay_as_they_are() -> None:
    assert visible("Grüße, 你好, Ελλάδα!") == "Grüße, 你好, Ελλάδα!"


def test_nothing_is_cut() -> None:
    assert "x" * 100_000 in arguments_shown({"text": "x" * 100_000})


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
def test_what_is_shown_reads_back_as_the_same_arguments(arguments: dict[str, object]) -> None:
    assert json.loads(arguments_shown(arguments)) == arguments  # pyright: ignore[reportArgumentType] - JSON by construction


@given(st.text(), st.text())
def test_different_texts_never_look_the_same(one: str, other: str) -> None:
    assert (visible(one) == visible(other)) == (one == other)
