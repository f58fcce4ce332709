"""Schemas in the words of each server: weaker where they must be, and the same where they can."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json, JsonObject
from homarus.models.dialects import BY_PROFILE, GRAMMAR, PLAIN, Dialect, dialect_of, in_dialect, portable
from homarus.tools.marked import tool_of
from homarus.tools.offer import own_tools
from models.hostile_schemas import HOSTILE, of

KNOWN = {"type", "properties", "required", "items", "enum", "anyOf", "description", "minItems", "maxItems"} | {
    *("minimum", "maximum", "additionalProperties", "nullable")
}


def keywords(schema: Json) -> set[str]:
    """Every keyword of a schema, names of properties apart."""
    found: set[str] = set()
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            inner = list(value.values()) if key == "properties" and isinstance(value, Mapping) else value
            found |= {key} | (set[str]() if key in ("enum", "required") else keywords(inner))
    elif isinstance(schema, list | tuple):
        for item in schema:
            found |= keywords(item)
    return found


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("profile", ["llamacpp", "openai-strict", "gemini"])
def test_a_hostile_schema_becomes_a_small_object_of_known_words(name: str, profile: str) -> None:
    made = in_dialect(HOSTILE[name], BY_PROFILE[profile])
    assert made["type"] == "object"
    assert keywords(made) <= KNOWN
    assert len(json.dumps(made)) < 17_000


@pytest.mark.parametrize("function", own_tools(), ids=lambda made: made.__name__)
def test_the_tools_of_the_house_need_no_change(function: object) -> None:
    parameters = tool_of(function).spec.parameters  # pyright: ignore[reportArgumentType] - they are tools
    assert portable(parameters) == parameters


def test_what_can_be_held_is_kept() -> None:
    schema = of(
        kind={"enum": ["a", "b"]},
        many={"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 5}, "maxItems": 3},
        where={"$ref": "#/$defs/Place", "description": "Where to."},
        maybe={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "Maybe"},
    )
    place = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    made = portable({**schema, "$defs": {"Place": place}})
    assert made["properties"] == {
        "kind": {"type": "string", "enum": ["a", "b"]},
        "many": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 5}, "maxItems": 3},
        "where": {**place, "description": "Where to."},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    }


def test_parts_that_belong_together_become_one() -> None:
    made = portable(of(a={"allOf": [of(x={"type": "string"}), of(y={"type": "integer"})]}))
    both: dict[str, Json] = {"x": {"type": "string"}, "y": {"type": "integer"}}
    assert made["properties"] == {"a": {"type": "object", "properties": both, "required": ["x", "y"]}}


def test_strict_mode_requires_everything_and_lets_the_rest_be_null() -> None:
    schema: JsonObject = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
    made = in_dialect({**schema, "required": ["a"]}, BY_PROFILE["openai-strict"])
    assert made["properties"] == {"a": {"type": "string"}, "b": {"type": ["integer", "null"]}}
    assert made["required"] == ["a", "b"]
    assert made["additionalProperties"] is False


def test_gemini_has_nullable_and_only_texts_to_choose_from() -> None:
    schema = of(a={"type": ["string", "null"]}, b={"enum": [1, 2]}, c={"const": "x"})
    assert in_dialect(schema, BY_PROFILE["gemini"])["properties"] == {
        "a": {"type": "string", "nullable": True},
        "b": {},
        "c": {"type": "string", "enum": ["x"]},
    }


def test_a_hosted_server_gets_the_schema_as_it_is_but_for_what_the_owner_names() -> None:
    schema = of(format={"type": "string", "format": "date", "pattern": "x"})
    assert in_dialect(schema, dialect_of("", is_local=False)) == schema
    dropped = dialect_of("", is_local=False, dropped=frozenset({"format"}))
    assert in_dialect(schema, dropped) == of(format={"type": "string", "pattern": "x"})
    assert dialect_of("", is_local=True) == GRAMMAR
    assert dialect_of("openai", is_local=True) == PLAIN


words = st.sampled_from(["type", "properties", "items", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "required"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["string", "object", "array", "#", "#/properties/type"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(words, values, max_size=6), st.sampled_from([*BY_PROFILE.values()]))
def test_no_heap_of_keywords_breaks_the_rewriting(schema: dict[str, Json], dialect: Dialect) -> None:
    made = in_dialect(schema, dialect)
    assert dialect.form == "plain" or made["type"] == "object"
    json.dumps(made)
