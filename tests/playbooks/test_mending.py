"""Answers are read as they were meant, and never made up."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from homarus.playbooks.core.answers import fitted
from homarus.playbooks.core.mending import Unreadable, mended

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=8), JSON, max_size=5)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ('{"a": 1}', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Sure! Here it is:\n{"a": 1}\nHope that helps.', {"a": 1}),
        ('{"a": 1, "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
        ("{'a': 'it\\'s', 'b': \"x\"}", {"a": "it's", "b": "x"}),
        ("{'a': 'don't do it', 'b': 1}", {"a": "don't do it", "b": 1}),
        ("{a: 1, b: True, c: None}", {"a": 1, "b": True, "c": None}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ('{"a": 1, "b": "cut of', {"a": 1, "b": "cut of"}),
        ('{"a": [1, 2, {"b": 3', {"a": [1, 2, {"b": 3}]}),
        ('{"a": 1, "b":', {"a": 1}),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": 1, // why\n "b": 2}', {"a": 1, "b": 2}),
        ('[{"a": 1}]', [{"a": 1}]),
    ],
)
def test_what_is_plainly_meant_is_read(said: str, meant: object) -> None:
    assert mended(said).value == meant


@pytest.mark.parametrize("said", ["", "I do not know.", "}{", "no json ```here```"])
def test_what_is_no_json_is_said_to_be_none(said: str) -> None:
    with pytest.raises(Unreadable, match="JSON"):
        mended(said)


@given(OBJECTS)
def test_json_in_a_fence_is_the_same_json(value: dict[str, object]) -> None:
    assert mended(f"Well:\n```json\n{json.dumps(value)}\n```\n").value == value


@given(OBJECTS, st.integers(0, 400))
def test_a_cut_answer_invents_no_key(value: dict[str, object], at: int) -> None:
    whole = json.dumps(value, ensure_ascii=False)
    try:
        found = mended(whole[:at]).value
    except Unreadable:
        return
    if isinstance(found, dict):
        assert set(found) <= set(value)  # pyright: ignore[reportUnknownArgumentType] - any JSON object


@given(st.text(alphabet="{}[]\"':,\\ abtfn01\n`", max_size=60))
def test_no_answer_breaks_the_reader(text: str) -> None:
    with suppress(Unreadable):
        mended(text)


def test_a_hostile_answer_is_read_in_no_time() -> None:
    for text in ("[" * 50_000, '{"a":' * 20_000, "'" * 100_000, "{" + "a: ," * 50_000, '"' + "\\" * 100_000):
        with suppress(Unreadable):
            mended(text)


class Opinion(BaseModel):
    verdict: str
    score: int


def test_a_misfit_says_which_field_is_wrong() -> None:
    found = fitted('{"verdict": "yes", "score": "very"}', Opinion)

    assert found.value is None
    assert found.problem.startswith("score: ")
