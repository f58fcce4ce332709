"""Arguments that are mended, and those that are not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json, JsonObject
from homarus.models.repair import fitted, mended

ONE: JsonObject = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
MANY: JsonObject = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "start": {"type": "integer"},
        "share": {"type": "number"},
        "regex": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "about": {"type": "object"},
        "due_date": {"type": "string"},
        "kind": {"type": "string", "enum": ["Note", "Task"]},
    },
    "required": ["path"],
}


@pytest.mark.parametrize(
    "raw",
    [
        '{"text": "a"',
        '{"text": "a",}',
        "{'text': 'a'}",
        "{\u201ctext\u201d: \u201ca\u201d}",
        '"a"',
        '"{\\"text\\": \\"a\\"}"',
        '```json\n{"text": "a"}\n```',
    ],
)
def test_what_can_only_mean_one_thing_is_mended(raw: str) -> None:
    assert mended(raw, ONE) == {"text": "a"}


@pytest.mark.parametrize(
    "raw",
    ["", "a", '{"text": "a', '{"text"', '{"text":', '{"text": "a", ', '{"text": 12', "[1", "{]"],
)
def test_what_may_have_gone_on_stays_broken(raw: str) -> None:
    assert mended(raw, ONE) is None


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=12) | st.integers() | st.booleans(), max_size=3))
def test_no_beginning_of_arguments_is_read_as_other_values(whole: dict[str, Json]) -> None:
    raw = json.dumps(whole)
    for cut in range(1, len(raw)):
        found = mended(raw[:cut], MANY)
        assert found is None or {key: whole.get(key) for key in found} == found


@pytest.mark.parametrize(
    ("given_now", "wanted"),
    [
        ({"start": "3"}, {"start": 3}),
        ({"start": 3.0}, {"start": 3}),
        ({"share": "0.5"}, {"share": 0.5}),
        ({"regex": "True"}, {"regex": True}),
        ({"path": 7}, {"path": "7"}),
        ({"path": ["a.md"]}, {"path": "a.md"}),
        ({"tags": "home"}, {"tags": ["home"]}),
        ({"tags": '["a", "b"]'}, {"tags": ["a", "b"]}),
        ({"about": '{"a": 1}'}, {"about": {"a": 1}}),
        ({"dueDate": "noon"}, {"due_date": "noon"}),
        ({"arguments": {"path": "a"}}, {"path": "a"}),
        ({"kind": "note"}, {"kind": "Note"}),
        ({"path": "a", "nothing": None}, {"path": "a"}),
    ],
)
def test_names_and_types_are_brought_into_shape(given_now: JsonObject, wanted: JsonObject) -> None:
    assert fitted(given_now, MANY, frozenset()) == wanted


@pytest.mark.parametrize("given_now", [{"start": "three"}, {"start": "03"}, {"regex": "maybe"}, {"where": "x"}])
def test_what_is_not_clear_stays_as_it_was(given_now: JsonObject) -> None:
    assert fitted(given_now, MANY, frozenset()) == given_now


@given(st.text(max_size=20) | st.integers() | st.booleans() | st.lists(st.text(max_size=3), max_size=2))
def test_a_key_is_never_another_value_than_the_model_wrote(value: Json) -> None:
    for name in ("path", "kind", "tags", "start"):
        made = fitted({name: value}, MANY, frozenset({name}))[name]
        assert (
            made == value
            or json.dumps(made) == value
            or made == json.dumps(value)
            or [made] == value
            or (isinstance(value, str) and json.dumps(made) == value.strip())
            or (isinstance(value, str) and isinstance(made, list) and json.loads(value) == made)
        )


def test_what_was_mended_is_json_through_and_through() -> None:
    assert mended("{1: (2, 3)}", MANY) == {"1": [2, 3]}
    assert mended("{'share': 1e999}", MANY) is None
