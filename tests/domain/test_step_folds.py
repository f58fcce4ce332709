"""Many steps of a kind are one line, few stay on their own, and none is lost."""

from hypothesis import given
from hypothesis import strategies as some

from homarus.domain.step_folds import FEW, folds_of


def test_many_of_a_kind_are_one_line_where_the_first_of_them_stands() -> None:
    found = folds_of(["begin", "claim:a", "note:a", "claim:b", "claim:c", "claim:d", "end"])

    assert [(fold.word, len(fold.places)) for fold in found] == [("begin", 1), ("claim", 4), ("note", 1), ("end", 1)]


def test_few_of_a_kind_stand_one_by_one() -> None:
    assert not any(fold.is_folded for fold in folds_of([f"group:{place}" for place in range(FEW)]))


@given(some.lists(some.sampled_from(["a:1", "a:2", "b:1", "c", ""])))
def test_every_step_is_in_one_line(keys: list[str]) -> None:
    places = [place for fold in folds_of(keys) for place in fold.places]

    assert sorted(places) == list(range(len(keys)))
