"""Thoughts without tags: taken off where their own words give them away, left where they may be the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.models.glued import parted


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Okay, the user wants to know the time. I should be brief.\n\nIt is noon.", "It is noon."),
        ("Hmm, the user is asking about bread.\n\nWait, I should ask which.\n\nWhich bread?", "Which bread?"),
        ("The user wants bread. I should answer in German.\n\nBrot!", "Brot!"),
        ("Let me think about this.\n\nThe answer is 4.", "The answer is 4."),
        ("We need to answer politely.\n\nGood morning.", "Good morning."),
        ("Reasoning:\n_It is about food._\n\nEat bread.", "Eat bread."),
        ("**Reasoning:** He asks X.\n\n**Answer:** Y.", "Y."),
        ("Here is my thought process: hm\n\nHere is my response: Yes.", "Yes."),
    ],
)
def test_a_thought_that_gives_itself_away_is_taken_off(text: str, answer: str) -> None:
    found = parted(text)
    assert found is not None
    assert found.answer == answer


@pytest.mark.parametrize(
    "text",
    [
        "The user guide is on the desk.\n\nRead it.",
        "The user wants to log in.\n\nAcceptance criteria: a password.",
        "Reasoning: it is cheap.\n\nThat is why I would buy it.",
        "Analysis:\n\nThe market grew.\n\nIt will grow.",
        "Okay, the user wants bread.",
        "Let me know when you are there.\n\nI wait.",
        "I think you should go.\n\nIt is late.",
        "Okay! Here is the list:\n\n- bread",
        '{"reasoning": "x", "answer": "y"}',
        "",
    ],
)
def test_what_may_be_the_answer_stays(text: str) -> None:
    assert parted(text) is None


def test_a_model_that_is_known_to_think_needs_less_to_give_itself_away() -> None:
    found = parted("The user wants to log in.\n\nHere is how.", thinks=True)
    assert found is not None
    assert found.answer == "Here is how."


@given(st.text(alphabet=st.sampled_from("Okay, the user wantsI should\n:.*_"), max_size=80))
def test_nothing_is_lost_and_no_answer_is_empty(text: str) -> None:
    found = parted(text)
    assert found is None or (found.answer and found.thought)
