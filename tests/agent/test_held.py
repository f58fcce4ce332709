import pytest

from homarus.agent.held import about, waiting
from homarus.models.dispatch import Queued


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.2, "about 1 s"),
        (7.4, "about 7 s"),
        (38.0, "about 40 s"),
        (89.0, "about 90 s"),
        (100.0, "about 2 min"),
        (1300.0, "about 22 min"),
    ],
)
def test_a_wait_is_told_no_more_exactly_than_it_is_known(seconds: float | None, words: str) -> None:
    assert about(seconds) == words


def test_who_waits_hears_the_place_and_the_time() -> None:
    told = waiting(Queued(position=3, expected_wait_s=41.0))
    assert (told.phase, told.total, told.detail) == ("queued", 3, "about 40 s")
