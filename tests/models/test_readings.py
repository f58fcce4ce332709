"""A server that reads less than it was sent is found out, and an honest one is never accused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Message, Role, Text, system, user
from homarus.domain.inference import ModelRef, ModelRequest, Usage
from homarus.domain.labels import OWNER
from homarus.models.readings import Readings, about, words

REF = ModelRef(provider="lab", model_id="m")
PROSE = "The harbour was quiet that morning, and nobody had thought of bringing a rope. "


def asking(*texts: str) -> ModelRequest:
    said = [
        user(text, OWNER) if place % 2 == 0 else Message(role=Role.ASSISTANT, parts=(Text(text=text),))
        for place, text in enumerate(texts)
    ]
    return ModelRequest(model=REF, messages=(system("You are helpful."), *said))


def read(tokens: int) -> Usage:
    return Usage(prompt_tokens=tokens)


def test_fewer_tokens_than_words_is_a_cut_prompt() -> None:
    request = asking(PROSE * 500)
    assert words(request.messages) > 7_000
    assert Readings().window_of_cut(REF, request, read(4_090)) == 4_096


def test_a_longer_conversation_that_is_read_shorter_was_cut() -> None:
    readings = Readings()
    readings.note(REF, first := asking(PROSE * 200), read(3_600))
    longer = ModelRequest(model=REF, messages=(*first.messages, *asking(PROSE).messages[1:]))
    assert readings.window_of_cut(REF, longer, read(2_040)) == 2_048


def test_a_server_that_counts_only_what_is_new_is_not_accused() -> None:
    readings = Readings()
    readings.note(REF, first := asking(PROSE * 200), read(3_600))
    longer = ModelRequest(model=REF, messages=(*first.messages, *asking(PROSE * 50).messages[1:]))
    assert readings.window_of_cut(REF, longer, read(800)) is None


def test_how_a_model_counted_before_tells_a_small_cut() -> None:
    readings = Readings()
    short = asking(PROSE * 30)
    readings.note(REF, short, read(int(0.8 * about(short.messages))))
    other = asking("Hello. " + PROSE * 250)
    assert readings.window_of_cut(REF, other, read(4_000)) == 4_096
    assert readings.window_of_cut(REF, other, read(int(0.8 * about(other.messages)))) is None


@given(
    texts=st.lists(st.text(alphabet="abc xyz äß 漢字 019 {}_\n", min_size=1, max_size=4000), min_size=1, max_size=6),
    share=st.floats(min_value=0.75, max_value=1.4),
)
def test_whoever_reads_all_of_it_is_believed(texts: list[str], share: float) -> None:
    readings = Readings()
    for number in range(1, len(texts) + 1):
        request = asking(*texts[:number])
        usage = read(int(max(share * about(request.messages), words(request.messages))))
        assert readings.window_of_cut(REF, request, usage) is None
        readings.note(REF, request, usage)


@pytest.mark.parametrize("tokens", [0, 10, 300])
def test_a_count_that_nobody_could_mean_says_nothing(tokens: int) -> None:
    assert Readings().window_of_cut(REF, asking(PROSE * 500), read(tokens)) is None


def test_only_what_follows_the_known_beginning_is_new() -> None:
    readings = Readings()
    readings.note(REF, first := asking(PROSE * 100), read(2_000))
    longer = ModelRequest(model=REF, messages=(*first.messages, *asking(PROSE).messages[1:]))
    assert readings.new_tokens(REF, longer) < 50
    assert readings.new_tokens(REF, asking("Other. " + PROSE * 100)) > 2_000
