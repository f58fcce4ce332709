"""Whoever typed a name that is none is told others."""

from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.nearness import nearest


def test_the_nearest_come_first() -> None:
    assert nearest("qwen3:9b", ["gemma3:4b", "qwen3:14b", "qwen3:8b"], most=2) == ["qwen3:8b", "qwen3:14b"]


def test_case_does_not_keep_names_apart() -> None:
    assert nearest("LLAMA3.2:3B", ["llama3.2:3b"]) == ["llama3.2:3b"]


def test_the_typed_name_takes_no_place_from_others() -> None:
    assert nearest("llama3.2:3b", ["llama3.2:3b", "llama3.2:1b"], most=1) == ["llama3.2:1b"]


@given(st.text(), st.lists(st.text()))
def test_the_very_name_that_was_typed_is_never_suggested(typed: str, known: list[str]) -> None:
    assert typed not in nearest(typed, [*known, typed])
