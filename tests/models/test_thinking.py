from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.inference import ReasoningDelta, TextDelta, Unsaid
from homarus.models.thinking import ThinkSplitter

WORDS = [
    "<think>",
    "</think>",
    "<thinking>",
    "</thinking>",
    "[THINK]",
    "[/THINK]",
    "\n",
    " ",
    "```",
    "a",
    "<",
    "</",
    "thi",
    "b>",
]


def split(chunks: list[str], *, is_thinking: bool = False) -> tuple[str, str]:
    """Return thinking and answer as a reader of the stream ends up with them."""
    splitter = ThinkSplitter(is_thinking=is_thinking)
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)] + splitter.close()
    thought, said = "", ""
    for piece in pieces:
        match piece:
            case TextDelta(text=text):
                said += text
            case ReasoningDelta(text=text):
                thought += text
            case Unsaid():
                thought, said = thought + said, ""
    return thought, said


@given(
    st.lists(st.sampled_from(WORDS), max_size=14),
    st.lists(st.integers(0, 80), max_size=10),
    st.sampled_from(["inside", "outside"]),
)
def test_any_chunking_gives_the_same_result(words: list[str], places: list[int], begins: str) -> None:
    text, is_thinking = "".join(words), begins == "inside"
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    chunks = [text[start:end] for start, end in pairwise(edges)]
    assert split(chunks, is_thinking=is_thinking) == split([text], is_thinking=is_thinking)
    assert split(list(text), is_thinking=is_thinking) == split([text], is_thinking=is_thinking)


@pytest.mark.parametrize(
    ("text", "thought", "said"),
    [
        ("<think>hm</think>yes", "hm", "yes"),
        ("<think>\nhm\n</think>\n\nyes", "hm\n", "yes"),
        ("\n <THINK>hm</Think>yes", "hm", "\n yes"),
        ("[THINK]hm[/THINK]yes", "hm", "yes"),
        ("<think>a</think>b\n<think>c</think>d", "ac", "b\nd"),
        ("<think>never closed", "never closed", ""),
        ("hm</think>yes", "hm", "yes"),
        ("plain <b>text</b> < 3", "", "plain <b>text</b> < 3"),
        ("The `<think>` tag", "", "The `<think>` tag"),
        ("```\n<think>\n</think>\n```", "", "```\n<think>\n</think>\n```"),
        ("a <thin", "", "a <thin"),
    ],
)
def test_thinking_and_answer_come_apart(text: str, thought: str, said: str) -> None:
    assert split([text]) == (thought, said)


def test_a_model_known_to_begin_inside_a_thought_says_nothing_twice() -> None:
    splitter = ThinkSplitter(is_thinking=True)
    pieces = splitter.feed("hm</think>yes") + splitter.close()
    assert pieces == [ReasoningDelta(text="hm"), TextDelta(text="yes")]


def test_what_nothing_closed_was_the_answer_after_all() -> None:
    assert split(["no tags here"], is_thinking=True)[1] == "no tags here"


FAMILIES = {
    "magistral": "[THINK]secret[/THINK]Hello.",
    "seed": "<seed:think>secret</seed:think>Hello.",
    "command": "<|START_THINKING|>secret<|END_THINKING|><|START_RESPONSE|>Hello.",
    "kimi": "◁think▷secret◁/think▷Hello.",
    "gemma 4": "<|channel>thought\nsecret<channel|>Hello.",
    "harmony": "<|channel|>analysis<|message|>secret<|end|><|start|>assistant<|channel|>final<|message|>Hello.",
    "apertus": "<|inner_prefix|>secret<|inner_suffix|>Hello.",
    "sky": "<|begin_of_thought|>secret<|end_of_thought|>\n\n<|begin_of_solution|>Hello.",
    "reasoning": "<reasoning>secret</reasoning>\nHello.",
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [1, 3, 7, 200])
def test_the_thoughts_of_every_family_are_told_apart_wherever_they_are_cut(family: str, size: int) -> None:
    splitter = ThinkSplitter()
    text = FAMILIES[family]
    pieces = [piece for at in range(0, len(text), size) for piece in splitter.feed(text[at : at + size])]
    pieces += splitter.close()
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == "Hello."
    assert "".join(piece.text for piece in pieces if isinstance(piece, ReasoningDelta)).strip() == "secret"


@pytest.mark.parametrize(
    "thought",
    [
        "<denken>hm</denken>",
        "<pensamiento>hm</pensamiento>",
        "<scratchpad>hm</scratchpad>",
        "\u3010\u601d\u8003\u3011hm\u3010/\u601d\u8003\u3011",
    ],
)
def test_thoughts_in_other_words_are_thoughts(thought: str) -> None:
    splitter = ThinkSplitter()
    pieces = [piece for letter in f"{thought}Four." for piece in splitter.feed(letter)] + splitter.close()
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == "Four."
