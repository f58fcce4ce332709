import json

import pyjson5
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.state.config.scanner import KeyPath, Place, scan

_NAMES = st.text(min_size=1, max_size=8) | st.from_regex(r"[A-Za-z_$][A-Za-z0-9_$]{0,8}", fullmatch=True)
_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=20,
)
_BLANKS = st.sampled_from(["", " ", "\n", "\t", "// { a: [\n", "/* ] } , */", "\r\n", "\u2028"])


@st.composite
def _json5(draw: st.DrawFn, value: Json) -> str:
    """Write a value as JSON5, with comments, loose keys, single quotes and trailing commas."""
    if isinstance(value, dict):
        parts = [f"{draw(_key(key))}{draw(_BLANKS)}:{draw(_json5(item))}" for key, item in value.items()]
        return _wrapped(draw, "{", parts, "}")
    if isinstance(value, list):
        return _wrapped(draw, "[", [draw(_json5(item)) for item in value], "]")
    return draw(_BLANKS) + json.dumps(value) + draw(_BLANKS)


def _wrapped(draw: st.DrawFn, opening: str, parts: list[str], closing: str) -> str:
    tail = "," if parts and draw(st.booleans()) else ""
    return draw(_BLANKS) + opening + ",".join(parts) + tail + draw(_BLANKS) + closing + draw(_BLANKS)


@st.composite
def _key(draw: st.DrawFn, name: str) -> str:
    is_plain = name.isascii() and name.isidentifier()
    if is_plain and draw(st.booleans()):
        return draw(_BLANKS) + name
    return draw(_BLANKS) + json.dumps(name, ensure_ascii=draw(st.booleans()))


def _paths(value: Json, path: KeyPath = ()) -> set[KeyPath]:
    found: set[KeyPath] = {path} if path else set()
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in pairs:
        found |= _paths(item, (*path, step))
    return found


@given(st.data(), _VALUES)
def test_every_key_of_the_values_has_a_place_and_no_other(data: st.DataObject, value: Json) -> None:
    text = data.draw(_json5(value))

    assert set(scan(text).of) == _paths(pyjson5.decode(text))


@given(st.data(), st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=3))
def test_a_place_is_where_the_key_is_written(data: st.DataObject, value: dict[str, Json]) -> None:
    text = data.draw(_json5(value))
    places = scan(text).of

    for name in value:
        place = places[(name,)]
        line = text.replace("\r\n", "\n").replace("\u2028", "\n").split("\n")[place.line - 1]
        assert line[place.column - 1] in {name[0], '"'}


@given(st.text(alphabet="{}[]:,'\"\\/* \nau0", max_size=60))
def test_any_text_can_be_scanned(text: str) -> None:
    scan(text)


def test_lines_end_as_windows_and_unix_end_them() -> None:
    places = scan("{\r\n  a: 1,\r\n  'b c': [\n    2],\n}").of

    assert places[("a",)] == Place(line=2, column=3)
    assert places[("b c",)] == Place(line=3, column=3)
    assert places["b c", 0] == Place(line=4, column=5)


def test_a_key_that_stands_twice_is_found_with_both_lines() -> None:
    repeated = scan("{a: {b: 1},\n a: {b: 2}}").repeated

    assert [(repeat.path, repeat.first.line, repeat.last.line) for repeat in repeated] == [(("a",), 1, 2)]


def test_deep_nesting_costs_no_recursion() -> None:
    assert len(scan("[" * 5000 + "]" * 5000).of) == 4999
