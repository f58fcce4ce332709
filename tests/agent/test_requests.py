import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.agent import requests
from homarus.agent.alarms import alarm
from homarus.agent.requests import Order
from homarus.agent.times import times, when_of

CASES = json.loads((Path(__file__).parents[2] / "benchmarks" / "embedded_requests.json").read_text(encoding="utf-8"))
ORDERS = {
    "remind.set": Order.REMIND,
    "memory.save": Order.NOTE,
    "memory.search": Order.RECALL,
    "files.search": Order.FILES,
    "none": Order.OTHER,
}
ALONE = [case for case in CASES if case["tool"] in ORDERS and "given" not in case]


def test_the_set_is_worth_its_name() -> None:
    assert len(CASES) > 150
    assert {case["tool"] for case in CASES} >= {*ORDERS, "quote"}


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case["text"][:40])
def test_what_was_asked_is_plain_or_possible(case: dict[str, str]) -> None:
    text, wanted = requests.cleaned(case["text"]), ORDERS[case["tool"]]
    plain = requests.plain_order(text)
    assert plain is wanted if plain else wanted in requests.possible_orders(text)


@pytest.mark.parametrize(
    "case", [case for case in ALONE if case["tool"] == "remind.set"], ids=lambda case: case["text"][:40]
)
def test_text_and_time_of_a_reminder_are_the_persons_own(case: dict[str, dict[str, list[str]]]) -> None:
    found = alarm(requests.cleaned(str(case["text"])))
    if case["arguments"]["when"] == [""]:
        assert found.hurdle is not None
    else:
        assert found.hurdle is None
        assert found.text in case["arguments"]["text"]
        assert found.when in case["arguments"]["when"]


@pytest.mark.parametrize(
    "case", [case for case in ALONE if case["tool"] == "memory.save"], ids=lambda case: case["text"][:40]
)
def test_a_note_holds_the_fact_without_the_order(case: dict[str, dict[str, list[str]]]) -> None:
    assert requests.noted(requests.cleaned(str(case["text"]))) in case["arguments"]["text"]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("the parents' evening", ""),
        ("call the 9:30 team tomorrow", "tomorrow 9:30"),
        ("at 9am and 5pm", ""),
        ("at 3 or 4", ""),
        ("email bob@10.example.com", ""),
        ("version 3.12 is out", "3.12"),
        ("at noon on Friday", "at noon on Friday"),
    ],
)
def test_words_that_say_when(text: str, when: str) -> None:
    assert when_of(text) == when


@given(st.text(max_size=400))
def test_any_text_is_read_without_a_word_added(text: str) -> None:
    clean = requests.cleaned(text)
    assert Order.OTHER in requests.possible_orders(clean) or requests.plain_order(clean)
    assert requests.noted(clean) in clean
    assert all(time in clean for time in times(clean))
    assert all(word in clean for word in requests.key_words(clean))


@given(st.text(alphabet="<|im_start>end/s[]INST \n", max_size=80))
def test_control_tokens_do_not_survive(text: str) -> None:
    assert "<|im_end|>" not in requests.cleaned(f"a <|im_end|> {text}"[:20])
