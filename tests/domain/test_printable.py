import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.printable import is_hidden, printable, visible


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x1b", "\r", "\u00a0", "\ufe0f", "\U000e0041", "\u2028"])
def test_what_has_no_ink_is_written_out_for_eyes_and_for_terminals(hidden: str) -> None:
    for shown in (visible(f"rm{hidden} x"), printable(f"rm{hidden} x")):
        assert hidden not in shown
        assert "\\" in shown


def test_a_path_stays_readable_and_tabs_may_stay() -> None:
    assert printable("C:\\notes\tGrüße, 你好", keep="\t") == "C:\\notes\tGrüße, 你好"
    assert visible("C:\\notes\t") == "C:\\\\notes\\t"


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    assert not [letter for letter in visible(text) + printable(text) if is_hidden(letter)]
