import pytest

from homarus.domain.inference import Finish, Finished, ModelRef, Usage
from homarus.models.pace import Pace

pytestmark = pytest.mark.anyio
REF = ModelRef(provider="lab", model_id="m")


def end(read: int, prefill_ms: float | None, cached: int = 0) -> Finished:
    return Finished(
        reason=Finish.STOP, usage=Usage(prompt_tokens=read + cached, cached_tokens=cached), prefill_ms=prefill_ms
    )


async def test_what_came_from_a_cache_was_not_read() -> None:
    pace = Pace()
    await pace.saw(REF, end(500, 5000.0, cached=4000))
    assert pace.of(REF) == pytest.approx(100.0)


async def test_the_newest_answer_moves_the_average() -> None:
    pace = Pace()
    await pace.saw(REF, end(500, 5000.0))
    await pace.saw(REF, end(500, 2500.0))
    assert pace.of(REF) == pytest.approx(130.0)


@pytest.mark.parametrize(
    ("read", "prefill_ms"),
    [(20, 5.0), (500, None), (500, 0.0), (500, 1e308), (500, -5.0), (500, 1e-300), (500, float("nan"))],
)
async def test_too_little_says_nothing(read: int, prefill_ms: float | None) -> None:
    pace = Pace()
    await pace.saw(REF, end(read, prefill_ms))
    assert pace.of(REF) is None
