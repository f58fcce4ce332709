"""Judging takes a time that grows with the text only, whoever wrote the text: nothing here may run into the limit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.acts import ProposedCall, Risk, Ruling, ToolTraits
from homarus.domain.content import ToolCall
from homarus.domain.ids import CallId
from homarus.domain.labels import OWNER, Label, Origin
from homarus.policy.judge import Rules, judge
from homarus.policy.words import foreign, is_said, stands_in, without

pytestmark = pytest.mark.timeout(20)
PIECES = ["A", "a@", "@", "a.", "1 ", "1", "a-", "www.", "a+", "x@y.z ", "http://a.b ", "é", " ", "\u200b", "-", "(1"]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("size", [99_000, 400_000])
def test_no_text_keeps_the_house_busy(piece: str, size: int) -> None:
    text = piece * (size // len(piece))
    foreign({"content": text}, f"write {text[:20_000]}")
    stands_in(text, text[1:])
    is_said(text, text[1:])
    without(text[:400], text)


def test_many_pieces_that_were_typed_are_looked_up_so_often_and_no_more() -> None:
    text = " ".join(f"a{number}@b.example" for number in range(4_000))
    assert foreign(text, text)


def test_what_is_too_long_to_check_is_asked_about() -> None:
    call = ProposedCall(
        call=ToolCall(call_id=CallId("c"), name="t", arguments={"path": "a.txt", "content": "a " * 60_000}),
        traits=ToolTraits(name="t", risk=Risk.WRITE, key_arguments=frozenset({"path"})),
        labels=(OWNER, Label(origin=Origin.WEB)),
        owner_words="write a.txt",
    )
    verdict = judge(call, Rules())
    assert verdict.ruling is Ruling.ASK
    assert "too long" in verdict.because


WORDS = st.text(alphabet="ab/. -@:1", max_size=14)


@given(WORDS.filter(str.strip), WORDS)
def test_a_whole_thing_is_what_the_plain_definition_says(value: str, words: str) -> None:
    wanted = re.escape(re.sub(r"\s+", " ", value.strip()).rstrip("/"))
    pattern = rf"(?<![\w@/.:%+~#?&=-]){wanted}/?(?![\w@/%+~-]|[.:?#&=]\w)"
    assert stands_in(value, words) == bool(wanted and re.search(pattern, re.sub(r"\s+", " ", words)))
