"""What is made of several pieces is as foreign as the most foreign of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.labels import HOUSE, OWNER, Label, Origin, Reach, least_trusted

LABELS = st.builds(Label, origin=st.sampled_from(Origin), reach=st.sampled_from(Reach), source=st.just("s"))


@given(st.lists(LABELS, min_size=1))
def test_a_mixture_is_never_better_than_a_piece_of_it(labels: list[Label]) -> None:
    mixed = least_trusted(labels)
    assert mixed.is_clean == all(label.is_clean for label in labels)
    assert mixed.is_trusted == all(label.is_trusted for label in labels)
    assert mixed.reach == min(label.reach for label in labels)


def test_nothing_is_the_houses() -> None:
    assert least_trusted([]) == HOUSE


@pytest.mark.parametrize("origin", [Origin.WEB, Origin.FILE, Origin.TOOL, Origin.ALLOWED, Origin.JOB])
def test_the_models_own_words_before_it_do_not_hide_a_page(origin: Origin) -> None:
    assert least_trusted([OWNER, Label(origin=Origin.MODEL), Label(origin=origin)]).origin is origin
