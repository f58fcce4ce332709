from hypothesis import given
from hypothesis import strategies as st

from homarus.models.stuck import Stuck, unstuck


def test_a_piece_said_over_and_over_is_noticed() -> None:
    stuck = Stuck()

    assert any(stuck.hears("\n\n🌌") for _ in range(1000))


def test_it_is_noticed_however_the_stream_is_cut() -> None:
    stuck = Stuck()
    text = "Here it is. " + "and so on, " * 400

    assert any(stuck.hears(text[place : place + 7]) for place in range(0, len(text), 7))


def test_a_long_line_of_a_table_is_an_answer() -> None:
    assert not Stuck().hears("|" + "-" * 1400 + "|\n")


@given(st.lists(st.integers(0, 10**9), min_size=300, max_size=400))
def test_varied_text_is_never_taken_for_repetition(numbers: list[int]) -> None:
    stuck = Stuck()
    text = " ".join(f"{place}:{number}" for place, number in enumerate(numbers))

    assert not any(stuck.hears(text[place : place + 50]) for place in range(0, len(text), 50))


def test_what_came_before_the_repetition_is_kept() -> None:
    assert unstuck("The answer is 4. " + "So it is. " * 300) == "The answer is 4. So it is. So it is. So it is."
