from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.state.config.nodes import Node, Origin, Source, grow, merge, plain

_KEYS = st.sampled_from(["a", "b", "c"])
_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=10,
)
_OBJECTS = st.dictionaries(_KEYS, _VALUES, max_size=3)


def _node(value: Json, name: str = "file") -> Node:
    return grow(value, Origin(source=Source(name, "")))


@given(_OBJECTS)
def test_merging_with_nothing_or_itself_changes_nothing(value: dict[str, Json]) -> None:
    assert plain(merge(_node(value), _node({}))) == value
    assert plain(merge(_node({}), _node(value))) == value
    assert plain(merge(_node(value), _node(value))) == value


@given(_OBJECTS, _OBJECTS, _OBJECTS)
def test_merging_objects_again_and_again_ends_with_what_is_on_top(
    low: dict[str, Json], middle: dict[str, Json], top: dict[str, Json]
) -> None:
    merged = merge(merge(_node(low), _node(middle)), _node(top))

    assert plain(merge(merged, _node(top))) == plain(merged)


@given(_OBJECTS, _OBJECTS)
def test_every_key_of_either_side_is_in_the_merge(low: dict[str, Json], top: dict[str, Json]) -> None:
    merged = plain(merge(_node(low), _node(top), joins_lists=True))

    assert isinstance(merged, dict)
    assert merged.keys() == low.keys() | top.keys()


def test_a_merged_value_keeps_the_file_it_comes_from() -> None:
    merged = merge(_node({"a": 1, "b": {"c": 2}}, "low"), _node({"b": {"d": 3}}, "top"))

    assert merged.members["a"].origin.where().file == "low"
    assert merged.members["b"].members["c"].origin.where().file == "low"
    assert merged.members["b"].members["d"].origin.where().file == "top"


def test_lists_are_joined_only_where_it_is_said() -> None:
    assert plain(merge(_node([1]), _node([2]))) == [2]
    assert plain(merge(_node([1]), _node([2]), joins_lists=True)) == [1, 2]
