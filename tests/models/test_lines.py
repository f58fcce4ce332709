from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import Failure, ModelCallError
from homarus.models.lines import Lines
from homarus.models.ndjson import NdjsonReader, as_count, as_number, read_json
from homarus.models.sse import SseEvent, SseReader


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.lists(st.sampled_from(["data: ä", "event: x", ": hi", "", "data:{}", "id: 7"])), st.data())
def test_events_are_the_same_wherever_the_bytes_are_cut(lines: list[str], data: st.DataObject) -> None:
    ends = data.draw(st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=len(lines), max_size=len(lines)))
    raw = "".join(line + end for line, end in zip(lines, ends, strict=True)).encode()
    whole, cut_up = SseReader(), SseReader()
    expected = whole.feed(raw) + whole.close()
    pieces = cut(raw, data.draw(st.lists(st.integers(min_value=0, max_value=200), max_size=8)))
    assert [event for piece in pieces for event in cut_up.feed(piece)] + cut_up.close() == expected


def test_an_event_has_a_name_and_all_its_lines() -> None:
    reader = SseReader()
    assert reader.feed(b"\xef\xbb\xbfevent: a\r\ndata: 1\r\ndata:2\r\n: comment\r\n\r\n") == [
        SseEvent(name="a", data="1\n2")
    ]


def test_the_last_event_counts_although_nothing_ended_it() -> None:
    reader = SseReader()
    assert reader.feed(b"data: [DONE]") == []
    assert reader.close() == [SseEvent(data="[DONE]")]


def test_a_letter_cut_in_two_comes_out_whole() -> None:
    reader = SseReader()
    assert reader.feed(b"data: \xc3") == []
    assert reader.feed(b"\xa4\n\n") == [SseEvent(data="ä")]


def test_a_line_that_never_ends_is_not_believed() -> None:
    lines = Lines(limit_bytes=1000)
    with pytest.raises(ModelCallError) as caught:
        lines.feed(b"x" * 2000)
    assert caught.value.failure is Failure.BAD_ANSWER


def test_empty_lines_between_json_texts_are_passed_over() -> None:
    reader = NdjsonReader()
    assert reader.feed(b'{"a":1}\n\n \n{"b"') == ['{"a":1}']
    assert reader.close() == ['{"b"']


def test_nan_is_read_as_nothing_and_deep_nesting_as_no_json() -> None:
    assert read_json('{"a": NaN, "b": -Infinity}') == {"a": None, "b": None}
    with pytest.raises(ValueError, match="deep"):
        read_json("[" * 100_000)


@pytest.mark.parametrize("text", ["1e999", "-1e999", "NaN", "-5", "true", '"7"', "[]", "{}", "null"])
def test_what_is_no_count_is_none(text: str) -> None:
    assert as_count(read_json(text)) == 0
    assert as_number(read_json(text)) == 0.0


def test_an_absurd_count_stays_one_that_can_be_reckoned_with() -> None:
    assert as_count(read_json("1" + "0" * 4000)) / 3 < 1e16
    assert as_count(read_json("1e308")) == as_count(10**40)
    assert as_number(read_json("1" + "0" * 4000)) == 0.0
