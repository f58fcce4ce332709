"""How long the same model is asked again, seen without waiting."""

import pytest

from homarus.domain.errors import Failure, ModelCallError
from homarus.models.retrying import Retries


def fails(failure: Failure, words: str = "no", *, retry_after_s: float | None = None) -> ModelCallError:
    return ModelCallError(failure, words, hint="", retry_after_s=retry_after_s)


def patient(*, has_next: bool = False, patience_s: float = 90.0, is_watched: bool = True) -> Retries:
    return Retries(has_next=has_next, patience_s=patience_s, is_watched=is_watched, spread=lambda pause_s: pause_s)


def pauses(retries: Retries, *errors: ModelCallError) -> list[float | None]:
    return [retries.pause_s(error) for error in errors]


def test_a_rate_limit_is_met_ten_times_with_longer_and_longer_pauses() -> None:
    found = pauses(patient(patience_s=600.0), *[fails(Failure.RATE_LIMITED)] * 10)
    assert found == [1, 2, 4, 8, 16, 30, 30, 30, 30, None]


def test_what_a_server_asks_for_is_waited_and_not_less() -> None:
    assert patient().pause_s(fails(Failure.RATE_LIMITED, retry_after_s=7)) == 7
    assert patient().pause_s(fails(Failure.RATE_LIMITED, retry_after_s=3600)) is None


def test_a_busy_server_is_asked_eight_times_within_the_patience() -> None:
    found = pauses(patient(), *[fails(Failure.OVERLOADED)] * 9)
    assert found[-1] is None
    assert sum(pause for pause in found if pause) <= 90
    assert len([pause for pause in found if pause is not None]) == 8


def test_the_same_broken_words_three_times_are_no_accident() -> None:
    assert pauses(patient(), *[fails(Failure.SERVER_ERROR, "CUDA error")] * 3) == [0.0, 0.5, None]
    assert pauses(patient(), *[fails(Failure.SERVER_ERROR, f"try {n}") for n in range(4)])[-1] is not None


@pytest.mark.parametrize("failure", [Failure.SERVER_DOWN, Failure.AUTH, Failure.MODEL_MISSING, Failure.BILLING])
def test_what_does_not_pass_is_told_to_a_person_at_once(failure: Failure) -> None:
    assert patient().pause_s(fails(failure)) is None


def test_a_job_waits_for_a_server_that_is_being_started() -> None:
    assert patient(is_watched=False).pause_s(fails(Failure.SERVER_DOWN)) == 0.5


@pytest.mark.parametrize("failure", [Failure.OVERLOADED, Failure.RATE_LIMITED, Failure.SERVER_ERROR])
def test_while_another_model_stands_ready_there_is_one_quick_try(failure: Failure) -> None:
    first, second = pauses(patient(has_next=True), *[fails(failure)] * 2)
    assert first is not None
    assert first <= 4
    assert second is None


def test_a_server_that_hung_has_used_the_patience_up() -> None:
    retries = patient()
    retries.took(95.0)
    assert retries.pause_s(fails(Failure.STALLED)) is None


def test_a_model_that_is_loading_is_waited_for_and_not_for_ever() -> None:
    found = pauses(patient(), *[fails(Failure.LOADING)] * 60)
    assert 60 <= sum(pause for pause in found if pause) <= 90
    assert found[-1] is None
