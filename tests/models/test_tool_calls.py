import json
from collections.abc import Mapping
from itertools import pairwise

import pytest
from dirty_equals import IsStr
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import JsonObject, ToolCall
from homarus.models.tool_calls import CallCollector, read_arguments
from homarus.models.tool_names import ToolNames, wire_name


def collect(*pieces: Mapping[str, object]) -> list[ToolCall]:
    collector = CallCollector(ToolNames(["web.fetch", "time.now"]))
    for piece in pieces:
        fields = {"index": None, "call_id": None, "name": None, "arguments": None} | dict(piece)
        collector.add(**fields)  # pyright: ignore[reportArgumentType] - shapes as servers send them
    return collector.finish()


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3), st.lists(st.integers(0, 60), max_size=6))
def test_arguments_in_pieces_become_whole(arguments: JsonObject, places: list[int]) -> None:
    raw = json.dumps(arguments)
    edges = [0, *sorted(place % (len(raw) + 1) for place in places), len(raw)]
    pieces = [{"index": 0, "arguments": raw[a:b]} for a, b in pairwise(edges)]
    (call,) = collect({"index": 0, "call_id": "c", "name": "web_fetch", "arguments": ""}, *pieces)
    assert (call.name, call.arguments, call.malformed) == ("web.fetch", arguments, None)


def test_parallel_calls_keep_apart_by_index() -> None:
    calls = collect(
        {"index": 0, "call_id": "a", "name": "web_fetch", "arguments": '{"u":'},
        {"index": 1, "call_id": "b", "name": "time_now", "arguments": ""},
        {"index": 0, "arguments": "1}"},
        {"index": 1, "arguments": "{}"},
    )
    assert [(call.call_id, call.name, call.arguments) for call in calls] == [
        ("a", "web.fetch", {"u": 1}),
        ("b", "time.now", {}),
    ]


def test_parallel_calls_keep_apart_although_every_index_is_zero() -> None:
    calls = collect(
        {"index": 0, "call_id": "a", "name": "time_now", "arguments": "{}"},
        {"index": 0, "call_id": "b", "name": "time_now", "arguments": '{"x":1}'},
    )
    assert [call.arguments for call in calls] == [{}, {"x": 1}]


def test_a_second_call_with_the_same_id_is_not_lost() -> None:
    calls = collect(
        {"index": 0, "call_id": "a", "name": "time_now", "arguments": "{}"},
        {"index": 1, "call_id": "a", "name": "time_now", "arguments": "{}"},
    )
    assert len({call.call_id for call in calls}) == 2


def test_whole_calls_without_id_and_index_are_two() -> None:
    calls = collect({"name": "time_now", "arguments": {"a": 1}}, {"name": "time_now", "arguments": {"a": 2}})
    assert [(call.call_id, call.arguments) for call in calls] == [
        (IsStr(regex="call_.+"), {"a": 1}),
        (IsStr(regex="call_.+"), {"a": 2}),
    ]


def test_a_name_in_every_piece_is_still_one_call() -> None:
    (call,) = collect(
        {"index": 0, "name": "web_fetch", "arguments": ""}, {"index": 0, "name": "web_fetch", "arguments": '{"u":1}'}
    )
    assert call.arguments == {"u": 1}


@pytest.mark.parametrize(
    ("raw", "arguments"),
    [
        ("", {}),
        ("  ", {}),
        ("null", {}),
        ('{"a":1}', {"a": 1}),
        ('"{\\"a\\":1}"', {"a": 1}),
        ('{"a":1}{"a":1}', {"a": 1}),
    ],
)
def test_odd_arguments_are_understood(raw: str, arguments: JsonObject) -> None:
    assert read_arguments(raw) == arguments


@pytest.mark.parametrize("raw", ['{"a":', "[1]", "7", "rm -rf", '{"a": NaN}', '{"a":1}{"b":2}', "{" * 5000])
def test_what_is_no_object_is_malformed_and_kept(raw: str) -> None:
    (call,) = collect({"index": 0, "name": "web_fetch", "arguments": raw})
    assert (call.arguments, call.malformed) == ({}, raw)


def test_names_go_out_without_dots_and_come_back_with_them() -> None:
    names = ToolNames(["web.fetch", "web_fetch", "x" * 80])
    wires = [names.wire(name) for name in ("web.fetch", "web_fetch", "x" * 80)]
    assert wires[:2] == ["web_fetch", "web_fetch_2"]
    assert all(len(name) <= 64 for name in wires)
    assert [names.real(name) for name in wires] == ["web.fetch", "web_fetch", "x" * 80]


@pytest.mark.parametrize("said", ["web_fetch", "web.fetch", "functions.web_fetch", "functions.web_fetch:0"])
def test_models_may_write_a_name_their_way(said: str) -> None:
    assert ToolNames(["web.fetch"]).real(said) == "web.fetch"


@given(st.text(max_size=100))
def test_every_name_becomes_one_that_protocols_allow(name: str) -> None:
    assert wire_name(name).replace("-", "_").replace("_", "a").isalnum()
    assert len(wire_name(name)) <= 64
