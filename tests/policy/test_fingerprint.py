"""An approval holds for exactly one call."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import JsonObject
from homarus.domain.ids import SessionKey
from homarus.policy.fingerprint import canonical, fingerprint

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(st.text(max_size=4), json_values, max_size=3)


def mark(given_arguments: JsonObject, *, tool: str = "t", session: str = "s", level: str = "bubblewrap") -> str:
    return fingerprint(tool, given_arguments, workspace=Path("/w"), session=SessionKey(session), sandbox_level=level)


@given(arguments, arguments)
def test_other_arguments_have_another_fingerprint(one: JsonObject, other: JsonObject) -> None:
    assert (mark(one) == mark(other)) == (canonical(one) == canonical(other))


@given(st.text(min_size=1), st.integers(min_value=0, max_value=0x7F))
def test_any_changed_letter_changes_it(text: str, code: int) -> None:
    changed = text[:-1] + chr(code)
    assert (mark({"command": text}) == mark({"command": changed})) == (text == changed)


def test_the_order_of_arguments_does_not_matter() -> None:
    assert mark({"a": 1, "b": 2}) == mark({"b": 2, "a": 1})


def test_one_true_and_text_are_three_things() -> None:
    assert len({mark({"a": 1}), mark({"a": True}), mark({"a": "1"})}) == 3


def test_place_tool_session_and_sandbox_count() -> None:
    marks = {mark({}), mark({}, tool="u"), mark({}, session="z"), mark({}, level="off")}
    assert len(marks) == 4
