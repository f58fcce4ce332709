"""Who is next before a model server that several processes ask."""

from homarus.state.postgres.engine_order import AGEING_US, Row, granted

PERSON, JOB, SWARM = 0, 2, 4


def row(place: int, *, priority: int = JOB, model: str = "a", held: bool = False, since_us: int = 0) -> Row:
    return Row(place=place, priority=priority, slots=2, model=model, is_swapping=True, since_us=since_us, is_held=held)


def test_a_person_comes_before_whoever_waits_longer() -> None:
    assert granted([row(1, held=True), row(2, priority=SWARM), row(3, priority=PERSON)], now_us=0) == (3,)


def test_never_more_than_there_are_slots() -> None:
    assert granted([row(number) for number in range(1, 6)], now_us=0) == (1, 2)


def test_whose_model_is_loaded_goes_first() -> None:
    line = [row(1, model="b", held=True), row(2, model="a"), row(3, model="b")]
    assert granted(line, now_us=0) == (3,)


def test_whoever_has_waited_too_long_is_not_passed_any_more() -> None:
    line = [row(1, model="b", held=True), row(2, model="a"), row(3, model="b", since_us=AGEING_US)]
    assert granted(line, now_us=AGEING_US + 1) == ()
    assert granted(line[1:], now_us=AGEING_US + 1) == (2,)


def test_another_model_waits_until_the_loaded_one_is_idle() -> None:
    assert granted([row(1, model="b", held=True), row(2, model="a", priority=PERSON)], now_us=0) == ()
