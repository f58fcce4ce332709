"""What is let through while it streams, and what is left of it."""

from hypothesis import given
from hypothesis import strategies as st

from homarus.agent.speech import Sieve, without_silence, without_thoughts

pieces = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "NO_", "REPLY", "HEARTBEAT_OK", "Hello ", "a", "\n", " ", "<", "thi", "nk>"]
    ),
    max_size=12,
)


@given(pieces, st.data())
def test_nothing_silent_or_thought_is_ever_let_through(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cut = data.draw(st.integers(min_value=0, max_value=len(text)))
    sieve = Sieve(())
    shown = sieve.feed(text[:cut]) + sieve.feed(text[cut:])
    assert "<think>" not in shown
    assert not shown.rstrip().endswith("NO_REPLY")


@given(st.text(alphabet="abc .!\n", max_size=60), st.integers(min_value=1, max_value=7))
def test_plain_words_come_through_unchanged_but_for_blanks_around_them(text: str, size: int) -> None:
    sieve = Sieve(())
    shown = "".join(sieve.feed(text[at : at + size]) for at in range(0, len(text), size))
    assert text.strip().startswith(shown.rstrip())
    assert len(text.strip()) - len(shown.rstrip()) <= 12


def test_thoughts_are_cut_wherever_their_tags_are() -> None:
    assert without_thoughts("a <think>b</think> c") == "a  c"
    assert without_thoughts("b</think> c") == "c"
    assert without_thoughts("a <think>b") == "a"


def test_words_that_merely_contain_a_token_stay() -> None:
    assert without_silence("Say NO_REPLY_NOW to stop") == "Say NO_REPLY_NOW to stop"
    assert without_silence("MY_NO_REPLY") == "MY_NO_REPLY"
